"""Passwords are hashed a few at a time: each takes a core for a while and 64 MiB, and devices need both."""

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, Semaphore, to_thread

from layers.problem import Problem
from store import budgets
from store.language import say

WAITING = 32
RETRY_S = 2

T = TypeVar("T")


class Hashing:
    """Where whoever needs a hash waits for a turn, for a short while."""

    def __init__(self) -> None:
        self._waiting = 0

    # Made at the first use: settings come later than imports.
    @cached_property
    def _turns(self) -> Semaphore:
        return Semaphore(budgets.current().hashes)

    @cached_property
    def _threads(self) -> CapacityLimiter:
        return CapacityLimiter(budgets.current().hashes)

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Do some work that hashes, in a thread of its own.

        Raises
        ------
        Problem
            503 where too many wait, or waited too long.
        """
        if self._waiting >= WAITING:
            raise _busy()
        self._waiting += 1
        try:
            with anyio.fail_after(budgets.current().hash_wait_seconds):
                await self._turns.acquire()
        except TimeoutError:
            raise _busy() from None
        finally:
            self._waiting -= 1
        try:
            return await to_thread.run_sync(work, *arguments, limiter=self._threads)
        finally:
            self._turns.release()


def _busy() -> Problem:
    return Problem(503, "busy", say("正在登录的人太多，请稍后再试"), retry_after=RETRY_S)
