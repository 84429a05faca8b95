"""The live channel: one state for each community, each frame encoded once and sent to all.

A browser first gets a snapshot, then deltas, at most ten a second, numbered; and a heartbeat when nothing changes. One
that is too slow is not queued for: it gets the latest state as a new snapshot when it can take one.
"""

from cockpit.live.hub import LiveHub

__all__ = ["LiveHub"]
