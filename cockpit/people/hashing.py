"""Passwords are hashed two at a time: each takes a core for a while and 64 MiB, and devices need both."""

from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, Semaphore, to_thread

from layers.problem import Problem

AT_ONCE = 2
WAITING = 32
PATIENCE_S = 3
RETRY_S = 2

T = TypeVar("T")


class Hashing:
    """Where whoever needs a hash waits for a turn, for a short while."""

    def __init__(self) -> None:
        self._turns = Semaphore(AT_ONCE)
        self._threads = CapacityLimiter(AT_ONCE)
        self._waiting = 0

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
            with anyio.fail_after(PATIENCE_S):
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
    return Problem(503, "busy", "正在登录的人太多，请稍后再试", retry_after=RETRY_S)
