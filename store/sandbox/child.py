"""The child: a task of the table, an input folder, an answer; run as ``python -m store.sandbox.child``.

Its standard input is the request, its standard output a file for the answer: both are open already, so
that it needs no name of theirs. It loads what the task needs, gives up all else, and only then looks.
"""

import errno
import importlib
import os
import sys
import traceback
from pathlib import Path

import msgspec

from store.sandbox import confine

TASKS = {
    "photo": "store.pictures",
    "survey": "geo.survey.task",
    "table": "layers.sheets.task",
    "layers": "store.sandbox.child",
}
"""A task's name -> the module whose ``task`` does it; there are no others."""
OUT_OF_MEMORY, FAILED, TOO_LONG = 70, 71, 72


class Request(msgspec.Struct):
    """What a child is asked, and within what."""

    task: str
    folder: str
    parent: int
    asked: bytes
    megabytes: int
    seconds: float
    file_megabytes: int
    answer_megabytes: int


class Seal:
    """Given to a task: `close` ends the writing of files, once what was sent lies ready."""

    def __init__(self, folder: Path, answer_megabytes: int, there: list[str]) -> None:
        self._folder, self._answer_megabytes, self.there = folder, answer_megabytes, there

    def close(self) -> None:
        """Nothing is written from here on but the answer, and that within its bound."""
        confine.make_read_only(self._folder)
        confine.limit_files(self._answer_megabytes)


def task(folder: Path, asked: bytes, seal: Seal) -> bytes:
    """Say which layers hold here."""
    seal.close()
    return msgspec.msgpack.encode(seal.there)


def main() -> int:
    """Do what is asked; returns the exit code."""
    request = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Request)
    # Libraries that print must not do so into the answer.
    answer = os.dup(1)
    os.dup2(2, 1)
    try:
        work = importlib.import_module(TASKS[request.task]).task
        folder = Path(request.folder)
        os.chdir(folder)
        confine.limit(request.megabytes, request.seconds, request.file_megabytes)
        seal = Seal(folder, request.answer_megabytes, confine.confine(folder, request.parent))
        content = work(folder, request.asked, seal)
        with os.fdopen(answer, "wb") as out:
            out.write(content)
    except MemoryError:
        return OUT_OF_MEMORY
    except Exception as error:  # noqa: BLE001 - whatever a foreign file does to a library is the operator's to read
        traceback.print_exc()
        return TOO_LONG if getattr(error, "errno", 0) == errno.EFBIG else FAILED
    return 0


if __name__ == "__main__":
    # Nothing is tidied up: a library that was led astray shall not run on.
    code = main()
    sys.stderr.flush()
    os._exit(code)
