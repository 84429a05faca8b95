"""How far long work has come that a request waits for, and a word by which whoever asked for it stops it.

It is kept in this process's memory: no row could tell of it, while the work itself holds the database's one lock of
those who write. Whoever works says so by `step` or `counted`, and need not know whether anybody looks.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, TypeVar

Stage = Literal["reading", "checking", "writing"]
Item = TypeVar("Item")
EVERY = 50
"""Rows after which it is told how far it is."""


class Stopped(Exception):
    """Whoever asked for the work does not want it any more."""


@dataclass(slots=True)
class Work:
    """``done`` of ``total`` rows of a stage; of no total it is not known how far it is."""

    stage: Stage = "reading"
    done: int = 0
    total: int = 0
    is_stopped: bool = False


_works: dict[tuple[str, str], Work] = {}
"""(whose, under which name) -> what is being done."""
_own: ContextVar[Work | None] = ContextVar("work", default=None)


@contextmanager
def watched(owner: str, name: str) -> Iterator[None]:
    """Have what is done here told under a name to whoever asked for it."""
    work = _works[owner, name] = Work()
    token = _own.set(work)
    try:
        yield
    finally:
        _own.reset(token)
        if _works.get((owner, name)) is work:
            del _works[owner, name]


def step(stage: Stage, done: int = 0, total: int = 0) -> None:
    """Say how far it is.

    Raises
    ------
    Stopped
        If nobody wants it any more.
    """
    work = _own.get()
    if work is None:
        return
    if work.is_stopped:
        raise Stopped
    work.stage, work.done, work.total = stage, done, total


def counted(stage: Stage, rows: Sequence[Item]) -> Iterator[Item]:
    """The rows, one after the other, saying how far that is; raises `Stopped` as `step` does."""
    for number, row in enumerate(rows):
        if number % EVERY == 0:
            step(stage, number, len(rows))
        yield row
    step(stage, len(rows), len(rows))


def of(owner: str, name: str) -> Work | None:
    """What is being done for somebody under a name; None where nothing is."""
    return _works.get((owner, name))


def stop(owner: str, name: str) -> bool:
    """Have it end at its next step; whether there is any."""
    work = of(owner, name)
    if work is not None:
        work.is_stopped = True
    return work is not None
