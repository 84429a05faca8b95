"""Festivals (节会): plans, when they are on by the lunar calendar or by hand, thresholds, posts and who is on duty."""

from layers.visitors.festivals.state import on, surge, thresholds

__all__ = ["on", "surge", "thresholds"]
