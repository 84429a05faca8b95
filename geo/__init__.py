"""The ground: communities, areas, sites, buildings and their coordinates."""
