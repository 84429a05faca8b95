"""One who watches: what is to be sent to it, or that it needs a snapshot instead."""

import asyncio
from collections import deque
from collections.abc import Iterable

from cockpit.live.frames import Frame

QUEUED_FRAMES = 20


class Browser:
    """One connection."""

    def __init__(self) -> None:
        self.frames: deque[Frame] = deque()
        self.is_behind = False
        self.snapshot_due = 0.0
        self.wake = asyncio.Event()
        self.fall_behind()

    def offer(self, frame: Frame) -> None:
        """Queue a frame; where there is no room, forget them all and mark it as behind."""
        if self.is_behind:
            return
        if len(self.frames) >= QUEUED_FRAMES:
            self.fall_behind()
        else:
            self.frames.append(frame)
            self.wake.set()

    def fall_behind(self) -> None:
        """What comes next is a snapshot."""
        self.frames.clear()
        self.is_behind = True
        self.wake.set()

    def catch_up(self, frames: Iterable[Frame]) -> None:
        """From a snapshot on: these first, then what is offered."""
        self.frames = deque(frames)
        self.is_behind = False
        self.wake.set()
