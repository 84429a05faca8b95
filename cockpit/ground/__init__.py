"""The ground on screens and in the API: the map's style and tiles, surveys, what is asked of places."""
