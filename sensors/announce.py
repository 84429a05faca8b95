"""Telling the screens what was committed: at most twenty times a second, each key once.

It runs beside the ingest, not in it: reading the changed records back never holds up the next
commit, and a device that reports a hundred times a second is read back twenty times.
"""

import threading
import time
from collections.abc import Callable, Sequence

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from sensors.batch import Feed
from sensors.unforeseen import endlessly, note, noted

log = structlog.get_logger(__name__)

PAUSE_S = 0.05
SHARE = 0.2
"""So much of its time it may read: with ten thousand devices it tells less often, and commits go on."""
RETRY_S = 1.0

Touched = dict[str, dict[str, set[str]]]
"""layer -> community -> keys."""
Changed = dict[str, dict[str, dict[str, object]]]
"""community -> layer -> key -> record."""


class Announcer:
    """Collects the keys that commits touched and sends out their records."""

    def __init__(self, engine: Engine, feeds: Sequence[Feed], tell: Callable[[Changed], None]) -> None:
        self._engine = engine
        self._feeds = feeds
        self._tell = tell
        self._touched: Touched = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="announce", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Send out what is left, then end."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout=5)

    def touch(self, touched: Touched) -> None:
        """Note what a commit changed; returns at once."""
        if not touched:
            return
        with self._lock:
            for layer, communities in touched.items():
                for community, keys in communities.items():
                    self._touched.setdefault(layer, {}).setdefault(community, set()).update(keys)
        self._wake.set()

    def _run(self) -> None:
        endlessly("announce", self._take_turn, self._stopping)
        with noted("announce"):
            self._announce()

    def _take_turn(self) -> None:
        self._wake.wait()
        self._wake.clear()
        began = time.monotonic()
        self._announce()
        took = time.monotonic() - began
        self._stopping.wait(max(PAUSE_S, took * (1 / SHARE - 1)))

    def _announce(self) -> None:
        with self._lock:
            touched, self._touched = self._touched, {}
        try:
            changed = self._read(touched)
        except SQLAlchemyError as error:
            # Everything is stored, and these keys are still to be told.
            log.error("delta_not_read", error=str(error).splitlines()[0])
            self._stopping.wait(RETRY_S)
            self.touch(touched)
            return
        for community, layers in changed.items():
            with noted("announce", community=community):
                self._tell({community: layers})

    def _read(self, touched: Touched) -> Changed:
        changed: Changed = {}
        with self._engine.connect() as connection:
            for feed in self._feeds:
                for community, keys in touched.get(feed.layer, {}).items():
                    changed.setdefault(community, {})[feed.layer] = _records(connection, feed, community, keys)
        return changed


def _records(connection: Connection, feed: Feed, community: str, keys: set[str]) -> dict[str, object]:
    """The records of the keys; where one cannot be made, it is found by halves and left out."""
    try:
        return feed.records(connection, community, keys)
    except SQLAlchemyError:
        raise
    except BaseException as error:  # noqa: BLE001 - one record of one layer must not silence the screens
        if len(keys) == 1:
            note("announce", error, layer=feed.layer, community=community, key=min(keys))
            return {}
    found: dict[str, object] = {}
    listed = sorted(keys)
    for half in (listed[: len(listed) // 2], listed[len(listed) // 2 :]):
        found |= _records(connection, feed, community, set(half))
    return found
