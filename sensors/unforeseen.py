"""What nobody foresaw: told aloud, counted, and never the end of what runs as long as its process.

A thread that dies of an exception takes its duty with it, and nobody notices before the screens stand
still. So whatever runs for ever runs in `endlessly`, and what it met is told here: a line in the log
with its trace, a figure for Prometheus, and the check ``unforeseen`` of ``/readyz``.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from sensors.meters import UNFORESEEN, duty
from store.instant import Instant, now

log = structlog.get_logger(__name__)

RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class Fault:
    """The newest error of a part of this process: how many there were, its type, and when it was."""

    part: str
    count: int
    error: str
    at: Instant


_faults: dict[str, Fault] = {}
_lock = threading.Lock()


def note(part: str, error: BaseException, **where: object) -> str:
    """Tell of an error that nobody foresaw; returns its words in one line, of at most 500 characters."""
    why = " ".join(f"{type(error).__name__}: {error}".split())[:500]
    count(part, error)
    log.error("unforeseen", part=part, error=why, exc_info=error, **where)
    return why


def count(part: str, error: BaseException) -> None:
    """Count an error that nobody foresaw and that somebody else logs."""
    UNFORESEEN.labels(part).inc()
    with _lock:
        before = _faults.get(part)
        _faults[part] = Fault(part, before.count + 1 if before else 1, type(error).__name__, now())


def faults() -> list[Fault]:
    """The newest error of each part of this process."""
    with _lock:
        return sorted(_faults.values(), key=lambda fault: fault.part)


class noted:  # noqa: N801 - read as a word, as `contextlib.suppress` is
    """Let nothing out of the block: what nobody foresaw is told, and the caller goes on.

    Also what is no `Exception`: a plug-in that calls `sys.exit`, or panics in a language of its own,
    must not end a thread that has nothing to do with it.
    """

    def __init__(self, part: str, **where: object) -> None:
        self._part, self._where = part, where

    def __enter__(self) -> None:
        pass

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> bool:
        if error is not None:
            note(self._part, error, **self._where)
        return True


def endlessly(part: str, work: Callable[[], None], stopping: threading.Event) -> None:
    """Do a piece of work again and again until told to stop, whatever it meets."""
    while not stopping.is_set():
        done = False
        with noted(part), duty(part):
            work()
            done = True
        if not done:
            stopping.wait(RETRY_S)
