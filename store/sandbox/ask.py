"""Asking a child: its folder, its limits, its end."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

import msgspec
import structlog

import store
from store import budgets, scratch
from store.sandbox.child import OUT_OF_MEMORY, TOO_LONG, Request

T = TypeVar("T")
ROOT = Path(store.__file__).parent.parent
LOG = structlog.get_logger()
SAID_BYTES = 4_000
WAITING_FOR_EACH = 4
"""How many may wait for each child that may run; who comes then is told to come again at once."""


class Nothing(msgspec.Struct):
    """No question but the task itself."""


class Busy(Exception):
    """Too many files are being read already."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a child may take: memory, seconds of the clock and of the processor, any file it writes, its answer."""

    megabytes: int
    seconds: float
    file_megabytes: int
    answer_megabytes: int


class Failed(Exception):
    """A child that gave no answer; ``reason`` is ``memory``, ``time``, ``answer`` (too long) or ``crash``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def told(self, limits: Limits) -> str:
        """The reason for whoever sent the file."""
        match self.reason:
            case "memory":
                return f"reading it takes more than {limits.megabytes} MiB of memory"
            case "time":
                return f"reading it takes more than {limits.seconds:g} s"
            case "answer":
                return f"what is in it comes to more than {limits.answer_megabytes} MiB"
        return "cannot be read: what reads it gave up"


class _Places:
    """How many children may run at once, and who waits."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running = 0
        self._waiting = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """A place for one child; `Busy` where none comes free in time."""
        numbers = budgets.current()
        with self._changed:
            if self._waiting >= WAITING_FOR_EACH * numbers.children:
                raise Busy
            self._waiting += 1
            try:
                if not self._changed.wait_for(lambda: self._running < numbers.children, numbers.child_wait_seconds):
                    raise Busy
            finally:
                self._waiting -= 1
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify()


_places = _Places()


def run(
    task: str,
    asked: msgspec.Struct,
    answer: type[T],
    *,
    limits: Limits,
    files: Mapping[str, Path | bytes],
    environment: Mapping[str, str] | None = None,
) -> T:
    """Let a child do a task.

    Parameters
    ----------
    task
        One of `store.sandbox.child.TASKS`.
    answer
        The type of what it answers.
    files
        What it sees, by names of ours.
    environment
        What its libraries must know before they load.

    Raises
    ------
    Failed
        If it gave no answer within its limits.
    Busy
        If too many run already.
    """
    with _places.one(), scratch.folder() as folder:
        for name, content in files.items():
            if isinstance(content, Path):
                shutil.copyfile(content, folder / name)
            else:
                (folder / name).write_bytes(content)
        request = Request(
            task,
            str(folder),
            os.getpid(),
            msgspec.msgpack.encode(asked),
            limits.megabytes,
            limits.seconds,
            limits.file_megabytes,
            limits.answer_megabytes,
        )
        content = _answer(msgspec.msgpack.encode(request), limits, folder, environment or {})
    try:
        return msgspec.msgpack.decode(content, type=answer)
    except msgspec.DecodeError as error:
        LOG.warning("foreign_file_answer", task=task, error=str(error)[:200])
        raise Failed("crash") from None


def layers() -> list[str]:
    """What a child gives up on this machine, beside the limits; the words of `store.sandbox.confine`.

    Raises
    ------
    Failed
        If a child cannot even start.
    """
    limits = Limits(megabytes=512, seconds=20, file_megabytes=1, answer_megabytes=1)
    return run("layers", Nothing(), list[str], limits=limits, files={})


def _answer(request: bytes, limits: Limits, folder: Path, environment: Mapping[str, str]) -> bytes:
    # Files without a name: neither side can wait for the other, and the kernel bounds what is written.
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        given.write(request)
        given.seek(0)
        child = subprocess.Popen(
            [sys.executable, "-s", "-P", "-m", "store.sandbox.child"],
            stdin=given,
            stdout=out,
            stderr=said,
            cwd=folder,
            env=_environment(folder) | dict(environment),
            start_new_session=True,
        )
        try:
            code = child.wait(limits.seconds)
        except subprocess.TimeoutExpired:
            raise Failed("time") from None
        finally:
            child.kill()
            child.wait()
        if code != 0:
            raise Failed(_reason(code, said))
        out.seek(0, os.SEEK_END)
        if out.tell() > limits.answer_megabytes << 20:
            raise Failed("answer")
        out.seek(0)
        return out.read()


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of ours: no settings, no secrets, no way to other hosts."""
    return {
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        # A thread that started before would keep what the others give up.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def said_last(said: IO[bytes]) -> str:
    """The end of what a child said."""
    said.seek(0, os.SEEK_END)
    said.seek(max(0, said.tell() - SAID_BYTES))
    return said.read().decode(errors="replace")[-SAID_BYTES:]


def _reason(code: int, said: IO[bytes]) -> str:
    LOG.warning("foreign_file_failed", code=code, said=said_last(said))
    if code == OUT_OF_MEMORY:
        return "memory"
    if code == TOO_LONG:
        return "answer"
    return "time" if code in (-signal.SIGXCPU, -signal.SIGKILL) else "crash"
