"""Names of ingesters: stable, so that a restarted one goes on with its session at the broker.

The ingesters of a machine number themselves by locks in the data folder, which the system releases
when a process dies, however it dies. A session of which no process is left is an orphan: its share
of the messages waits for it at the broker until another ingester drains it.
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout


@dataclass(frozen=True)
class Slot:
    """A number that this process holds, and the client id that goes with it."""

    name: str
    lock: BaseFileLock
    session: Path

    def give_back(self, *, drained: bool = False) -> None:
        """Let another process have it; ``drained`` says that the broker holds nothing for it any more."""
        if drained:
            self.session.unlink(missing_ok=True)
        self.lock.release()


class Slots:
    """The numbers of one data folder, for those who subscribe to the same."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        folder.mkdir(parents=True, exist_ok=True)

    def take(self) -> Slot:
        """The least number that nobody holds."""
        return next(slot for number in count() if (slot := self._try(number)) is not None)

    def orphans(self) -> Iterator[Slot]:
        """Sessions that nobody holds, each held by this process from here on."""
        for path in sorted(self._folder.glob(f"{self._name}-[0-9]*.session")):
            slot = self._try(int(path.stem.rpartition("-")[2]))
            if slot is not None:
                yield slot

    def _try(self, number: int) -> Slot | None:
        lock = FileLock(self._folder / f"{self._name}-{number}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return None
        session = self._folder / f"{self._name}-{number}.session"
        session.touch()
        return Slot(f"{self._name}-{socket.gethostname()}-{number}", lock, session)
