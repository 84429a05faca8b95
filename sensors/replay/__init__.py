"""Recordings of real observations, and their replay through the broker."""
