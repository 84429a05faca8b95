"""What takes its time to find out, found out once for all who ask meanwhile."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from anyio import CapacityLimiter, to_thread

T = TypeVar("T")


class Shared(Generic[T]):
    """A question that is answered in a thread of its own, to be asked in an event loop.

    A part that hangs is asked for as often as anybody likes, and keeps no more than that one thread.
    """

    def __init__(self, find: Callable[[], T]) -> None:
        self._find = find
        self._finding: asyncio.Task[T] | None = None

    def asked(self) -> asyncio.Task[T]:
        """The question as it is asked now, by somebody else just before or anew; not to be cancelled."""
        if self._finding is None or self._finding.done():
            self._finding = asyncio.create_task(to_thread.run_sync(self._find, limiter=CapacityLimiter(1)))
        return self._finding

    async def answer(self) -> T:
        """What was found."""
        return await asyncio.shield(self.asked())
