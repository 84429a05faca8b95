"""How many requests are worked on at one time, and how many wait for it. More are told to come again at once."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator

from cockpit.edge.refusal import busy
from store import budgets

AGAIN_S = 30.0
"""How long one waits for a place that had one before."""


class Admission:
    """Places for those that are worked on, and a short line before them. All in one event loop.

    ``places``, ``line`` and ``patience`` are the budgets of how many of each there are, and for how long one waits.
    """

    def __init__(self, places: str = "workers", line: str = "waiting", patience: str = "wait_seconds") -> None:
        self._places, self._longest, self._patience = places, line, patience
        self._working = 0
        self._line: deque[asyncio.Future[None]] = deque()

    @property
    def is_free(self) -> bool:
        """Whether who comes now need not wait."""
        return self._working < self._number(self._places)

    async def enter(self, again: bool = False) -> None:
        """Take a place, or wait a moment for one.

        Parameters
        ----------
        again
            Of one that had a place before and stepped out: it does not stand in line behind those that came since,
            nor is it sent away after a moment: what it brought, or had made of it, took longer than that.

        Raises
        ------
        Refused
            503, where the line is full or the wait too long.
        """
        patience_s = AGAIN_S if again else self._number(self._patience)
        if self.is_free:
            self._working += 1
            return
        longest = self._number(self._longest)
        if len(self._line) >= longest and not again:
            raise busy(f"{longest} requests wait already")
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if again:
            self._line.appendleft(called)
        else:
            self._line.append(called)
        try:
            await asyncio.wait_for(asyncio.shield(called), patience_s)
        except BaseException as error:
            if called.done():  # called at the same moment
                self.leave()
            else:
                self._line.remove(called)
            if isinstance(error, TimeoutError):
                raise busy(f"no place within {patience_s:g} s") from None
            raise

    def leave(self) -> None:
        """Give the place to the next in line."""
        if self._line:
            self._line.popleft().set_result(None)
        else:
            self._working -= 1

    @staticmethod
    def _number(name: str) -> float:
        found: float = getattr(budgets.current(), name)
        return found


class Place:
    """The place of one request, which it has at most once and gives back once."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._held = False

    async def take(self, again: bool = False) -> None:
        """As `Admission.enter`."""
        await self._admission.enter(again)
        self._held = True

    def give_back(self) -> None:
        """Let the next one in; of a place that was given back already nothing."""
        if self._held:
            self._held = False
            self._admission.leave()

    @contextlib.asynccontextmanager
    async def stepped_out(self) -> AsyncIterator[None]:
        """Without the place while somebody slow is waited for."""
        held = self._held
        self.give_back()
        yield
        if held:
            await self.take(again=True)
