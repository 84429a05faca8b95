"""Clubs and activities: who comes to what, the calendar of a community, and its wall of photos."""
