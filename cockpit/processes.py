"""One command, several processes: begun by one that does nothing else, begun again where one ends by itself.

Whoever asks pages for more than they can give takes Python's lock and a core from them, and from nobody
else: what devices send is taken and stored in a process of its own.
"""

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from typer.exceptions import Exit

from cockpit.ending import outcome
from store import budgets
from store.sandbox.confine import end_with

log = structlog.get_logger(__name__)

WATCHED = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
ENDING = {signal.SIGTERM, signal.SIGINT}
END_S = 15.0
"""A process that was told to end is killed after this."""
AGAIN_S, AGAIN_AT_MOST_S = 1.0, 30.0
SIGN_S = 1.0
"""How often a process gives a sign of life, and is looked at."""
BEGINNING_S = 600.0
"""One that is begun again has so long until it can do its work: it may have to open a database that is large."""
STEADY_S = 60.0
"""One that ran so long is begun again at once when it ends; else each time later."""
GONE = 0
"""In place of the number of a process that is no more: another may have that number soon."""


_again = 0


def begun_again() -> int:
    """How often what this process runs was begun again, since it had ended by itself or gave no sign of life."""
    return _again


@dataclass(frozen=True)
class Part:
    """What one process runs until it is told to end.

    It calls what it is given once it can do its work, and every few seconds from then on for as long as it can.
    """

    name: str
    run: Callable[[Callable[[], None]], None]


@dataclass
class _Running:
    part: Part
    pid: int
    signs: int
    since: float
    again_s: float = AGAIN_S
    is_ready: bool = False
    silent_looks: int = 0
    times: int = 0
    """How often the part was begun again."""


def run(parts: Sequence[Part]) -> None:
    """Run the parts, each in a process of its own, until told to end; the last begun ends first.

    To be called before this process has threads.

    Raises
    ------
    Exit
        With the code of a part that ended before it was ready; it has said why.
    """
    # Whoever began this may have it ignored; then nobody would hear of an end.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    running: list[_Running] = []
    try:
        for part in parts:
            running.append(_begin(part, before))
            if not _wait_ready(running):
                return
        _watch(running, before)
    finally:
        for one in reversed(running):
            _end(one)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(part: Part, mask: set[int | signal.Signals], times: int = 0) -> _Running:
    global _again
    parent = os.getpid()
    signs, tell = os.pipe()
    os.set_blocking(tell, False)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    pid = os.fork()
    if pid:
        os.close(tell)
        return _Running(part, pid, signs, time.monotonic(), times=times)
    _again = times
    code = 1
    try:
        os.close(signs)
        _belong_to(parent)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        code = outcome(lambda: part.run(lambda: _tell(tell)))
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def _belong_to(parent: int) -> None:
    """Be killed when the parent is; a key pressed at the terminal is for the parent, who tells its children."""
    os.setpgrp()
    end_with(parent)


def _tell(signs: int) -> None:
    # Full where nobody has looked for long, closed where nobody will.
    with contextlib.suppress(OSError):
        os.write(signs, b"1")


def _wait_ready(running: list[_Running]) -> bool:
    """Wait until the newest can do its work; False where this process is told to end meanwhile."""
    newest = running[-1]
    while not select.select([newest.signs], [], [], 0.1)[0]:
        if signal.sigpending() & ENDING:
            return False
    if os.read(newest.signs, 1):
        newest.is_ready = True
        return True
    running.pop()
    os.close(newest.signs)
    _, status = os.waitpid(newest.pid, 0)
    raise Exit(os.waitstatus_to_exitcode(status))


def _watch(running: list[_Running], mask: set[int | signal.Signals]) -> None:
    due: dict[int, float] = {}
    look = time.monotonic()
    while True:
        soonest = min([look, *due.values()])
        got = signal.sigtimedwait(WATCHED, max(0.0, soonest - time.monotonic()))
        if got is not None and got.si_signo in ENDING:
            return
        if time.monotonic() >= look:
            # Counted, not timed: a machine that was put to sleep ends nobody.
            look = time.monotonic() + SIGN_S
            for place, one in enumerate(running):
                if place not in due:
                    _look_at(one)
        for place, one in enumerate(running):
            if place not in due and (code := _ended(one)) is not None:
                wait_s = AGAIN_S if time.monotonic() - one.since > STEADY_S else one.again_s
                one.again_s = min(wait_s * 2, AGAIN_AT_MOST_S)
                due[place] = time.monotonic() + wait_s
                log.error("process_ended", process=one.part.name, code=code, again_in_s=wait_s)
            elif place in due and due[place] <= time.monotonic():
                del due[place]
                os.close(one.signs)
                begun = _begin(one.part, mask, one.times + 1)
                begun.again_s = one.again_s
                running[place] = begun


def _look_at(one: _Running) -> None:
    """End a process that gives no sign of life; that it is begun again follows from its end."""
    if select.select([one.signs], [], [], 0)[0] and os.read(one.signs, 4096):
        one.is_ready, one.silent_looks = True, 0
        return
    one.silent_looks += 1
    patience_s = budgets.current().silent_process_seconds if one.is_ready else BEGINNING_S
    if one.silent_looks * SIGN_S > patience_s and one.pid != GONE:
        log.error("process_silent", process=one.part.name, silent_s=one.silent_looks * SIGN_S)
        one.silent_looks = 0
        os.kill(one.pid, signal.SIGKILL)


def _ended(one: _Running) -> int | None:
    ended, status = os.waitpid(one.pid, os.WNOHANG)
    if not ended:
        return None
    one.pid = GONE
    return os.waitstatus_to_exitcode(status)


def _end(one: _Running) -> None:
    if one.pid == GONE:
        return
    os.kill(one.pid, signal.SIGTERM)
    until = time.monotonic() + END_S
    while _ended(one) is None:
        if time.monotonic() > until:
            os.kill(one.pid, signal.SIGKILL)
        signal.sigtimedwait({signal.SIGCHLD}, 0.1)
