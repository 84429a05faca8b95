"""Observations: stored once, summed, read back, kept as long as they are to be kept."""
