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
    """Places for those that are worked on, and short lines before them. All in one event loop.

    ``places``, ``line`` and ``patience`` are the budgets of how many of each there are, and for how long one waits;
    ``kept`` is the budget of the places beside those that only who is signed in may have, while others have the rest.
    Who is signed in stands in a line of their own, which goes first.
    """

    def __init__(
        self,
        places: str = "workers",
        line: str = "waiting",
        patience: str = "wait_seconds",
        kept: str = "workers_of_signed_in",
    ) -> None:
        self._places, self._longest, self._patience, self._kept = places, line, patience, kept
        self._working = {True: 0, False: 0}
        self._lines: dict[bool, deque[asyncio.Future[None]]] = {True: deque(), False: deque()}

    @property
    def is_free(self) -> bool:
        """Whether a stranger that comes now need not wait."""
        return self._has_room(is_signed_in=False)

    @property
    def is_idle(self) -> bool:
        """Whether nobody is worked on, and nobody waits."""
        return not any(self._working.values()) and not any(self._lines.values())

    async def enter(self, again: bool = False, *, is_signed_in: bool = False) -> None:
        """Take a place, or wait a moment for one.

        Parameters
        ----------
        again
            Of one that had a place before and stepped out: it does not stand in line behind those that came since,
            nor is it sent away after a moment: what it brought, or had made of it, took longer than that.
        is_signed_in
            Whether it is no stranger.

        Raises
        ------
        Refused
            503, where the line is full or the wait too long.
        """
        patience_s = AGAIN_S if again else self._number(self._patience)
        if self._has_room(is_signed_in):
            self._working[is_signed_in] += 1
            return
        line, longest = self._lines[is_signed_in], self._number(self._longest)
        if len(line) >= longest and not again:
            raise busy(f"{longest} requests wait already")
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if again:
            line.appendleft(called)
        else:
            line.append(called)
        try:
            await asyncio.wait_for(asyncio.shield(called), patience_s)
        except BaseException as error:
            if called.done():  # called at the same moment
                self.leave(is_signed_in=is_signed_in)
            else:
                line.remove(called)
            if isinstance(error, TimeoutError):
                raise busy(f"no place within {patience_s:g} s") from None
            raise

    def leave(self, *, is_signed_in: bool = False) -> None:
        """Give a place of this kind back, and let in who may have it, those who are signed in before strangers."""
        self._working[is_signed_in] -= 1
        for kind, line in self._lines.items():
            while line and self._has_room(kind):
                self._working[kind] += 1
                line.popleft().set_result(None)

    def _has_room(self, is_signed_in: bool) -> bool:
        if sum(self._working.values()) < self._number(self._places):
            return True
        return is_signed_in and self._working[True] < self._number(self._kept)

    @staticmethod
    def _number(name: str) -> float:
        found: float = getattr(budgets.current(), name)
        return found


class Place:
    """The place of one request, which it has at most once and gives back once."""

    def __init__(self, admission: Admission, *, is_signed_in: bool = False) -> None:
        self._admission = admission
        self._is_signed_in = is_signed_in
        self._held = False

    @property
    def is_held(self) -> bool:
        """Whether it has its place."""
        return self._held

    async def take(self, again: bool = False) -> None:
        """As `Admission.enter`."""
        await self._admission.enter(again, is_signed_in=self._is_signed_in)
        self._held = True

    def give_back(self) -> None:
        """Let the next one in; of a place that was given back already nothing."""
        if self._held:
            self._held = False
            self._admission.leave(is_signed_in=self._is_signed_in)

    @contextlib.asynccontextmanager
    async def stepped_out(self) -> AsyncIterator[None]:
        """Without the place while somebody slow is waited for."""
        held = self._held
        self.give_back()
        yield
        if held:
            await self.take(again=True)
