"""What the target holds, as a page may ask: whoever looks waits a moment for it, and for no disk that hangs."""

import threading
from collections.abc import Mapping

from cockpit.backups.names import Name
from cockpit.backups.targets import target_of
from cockpit.errors import BadSetting
from cockpit.settings import Settings
from store.backup import BackupError

WAIT_S = 2.0
"""A folder answers at once. A mount whose server is gone may never, and an S3 that is away takes minutes."""


class There:
    """Asks a target in a thread of its own, one question at a time for all who ask."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._asking: _Question | None = None

    def names(self) -> Mapping[Name, int] | None:
        """The backups that are there now, with their bytes; None where it is away or does not answer in time."""
        with self._lock:
            if self._asking is None or self._asking.is_over.is_set():
                self._asking = _Question(self._settings)
            asking = self._asking
        asking.is_over.wait(WAIT_S)
        return asking.found


class _Question:
    def __init__(self, settings: Settings) -> None:
        self.found: Mapping[Name, int] | None = None
        self.is_over = threading.Event()
        threading.Thread(target=self._ask, args=(settings,), name="backups-there", daemon=True).start()

    def _ask(self, settings: Settings) -> None:
        try:
            self.found = target_of(settings).names()
        except (BackupError, BadSetting):
            return  # that it is away is told by who makes backups
        finally:
            self.is_over.set()
