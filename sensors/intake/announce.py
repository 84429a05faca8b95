"""Telling the screens what was committed: at most forty times a second, each key once.

What devices said is told as the batch has it. Only what is a sum over more than that is read back, beside the
ingest and not in it, so that it never holds up the next commit.
"""

import threading
import time
from collections.abc import Sequence
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from sensors.bus.live import Changed
from sensors.bus.merging import may_join, merge
from sensors.intake.batch import Batch, Feed
from sensors.unforeseen import endlessly, note, noted
from store.why import first_line

log = structlog.get_logger(__name__)

PAUSE_S = 0.025
SHARE = 0.2
"""So much of its time it may read: with ten thousand devices it tells less often, and commits go on."""
RETRY_S = 1.0
LOOK_S = 0.5
"""How often it looks whether somebody listens now."""

Touched = dict[str, dict[str, set[str]]]
"""layer -> community -> keys."""


class Teller(Protocol):
    """Where it goes: see `sensors.bus.live.Outlet`."""

    def tell(self, changed: Changed, parts: Changed) -> None:
        """Tell the screens."""

    def hears(self, community: str) -> bool:
        """Whether anybody may listen."""

    def look(self) -> bool:
        """Ask again of what was missed; whether there is more to look for, and soon."""


class Announcer:
    """Collects the keys that commits touched and sends out their records."""

    def __init__(self, engine: Engine, feeds: Sequence[Feed], outlet: Teller) -> None:
        self._engine = engine
        self._feeds = feeds
        self._outlet = outlet
        self._touched: Touched = {}
        self._said: list[Changed] = [{}]
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

    def take(self, batch: Batch) -> None:
        """Note what a committed batch changed; asks the database nothing."""
        with self._lock:
            self._touch(batch.touched)
            for feed in self._feeds:
                for community, parts in feed.said(batch).items():
                    self._add(community, feed.layer, parts)
        self._wake.set()

    def _add(self, community: str, layer: str, parts: dict[str, dict[str, Any]]) -> None:
        known = self._said[-1].setdefault(community, {}).setdefault(layer, {})
        if not all(may_join(known[key], part) for key, part in parts.items() if key in known):
            self._said.append({})
            known = self._said[-1].setdefault(community, {}).setdefault(layer, {})
        for key, part in parts.items():
            known[key] = merge(known.get(key), part)

    def _touch(self, touched: Touched) -> None:
        for layer, communities in touched.items():
            for community, keys in communities.items():
                self._touched.setdefault(layer, {}).setdefault(community, set()).update(keys)

    def _run(self) -> None:
        endlessly("announce", self._take_turn, self._stopping)
        with noted("announce"):
            self._announce()

    def _take_turn(self) -> None:
        self._wake.wait(LOOK_S if self._outlet.look() else None)
        self._wake.clear()
        began = time.monotonic()
        self._announce()
        took = time.monotonic() - began
        self._stopping.wait(max(PAUSE_S, took * (1 / SHARE - 1)))

    def _announce(self) -> None:
        with self._lock:
            touched, self._touched = self._touched, {}
            said, self._said = self._said, [{}]
        touched, said = self._of_those_heard(touched, said)
        changed: Changed = {}
        try:
            changed = self._read(touched, said[-1])
        except SQLAlchemyError as error:
            # Everything is stored, and these keys are still to be told.
            log.error("delta_not_read", error=first_line(error))
            self._stopping.wait(RETRY_S)
            with self._lock:
                self._touch(touched)
            self._wake.set()
        for parts in said[:-1]:
            self._tell_all({}, parts)
        self._tell_all(changed, said[-1])

    def _of_those_heard(self, touched: Touched, said: list[Changed]) -> tuple[Touched, list[Changed]]:
        """Where nobody listens nothing is read back, nor encoded."""
        known = {community for communities in touched.values() for community in communities}
        deaf = {one for one in known.union(*said) if not self._outlet.hears(one)}
        if not deaf:
            return touched, said
        heard = {layer: {c: keys for c, keys in of.items() if c not in deaf} for layer, of in touched.items()}
        return heard, [{c: parts for c, parts in one.items() if c not in deaf} for one in said]

    def _tell_all(self, changed: Changed, parts: Changed) -> None:
        for community in changed | parts:
            with noted("announce", community=community):
                self._outlet.tell({community: changed.get(community, {})}, {community: parts.get(community, {})})

    def _read(self, touched: Touched, said: Changed) -> Changed:
        """The records that were touched, by community; those that are told by parts come to what was said."""
        changed: Changed = {}
        if not touched:
            return changed
        with self._engine.connect() as connection:
            for feed in self._feeds:
                for community, keys in touched.get(feed.layer, {}).items():
                    found = _records(connection, feed, community, keys)
                    if feed.tells_parts:
                        known = said.setdefault(community, {}).setdefault(feed.layer, {})
                        known |= {key: merge(known.get(key), part) for key, part in found.items()}
                    else:
                        changed.setdefault(community, {})[feed.layer] = found
        return changed


def _records(connection: Connection, feed: Feed, community: str, keys: set[str]) -> dict[str, Any]:
    """The records of the keys; where one cannot be made, it is found by halves and left out."""
    try:
        return feed.records(connection, community, keys)
    except SQLAlchemyError:
        raise
    except BaseException as error:  # noqa: BLE001 - one record of one layer must not silence the screens
        if len(keys) == 1:
            note("announce", error, layer=feed.layer, community=community, key=min(keys))
            return {}
    found: dict[str, Any] = {}
    listed = sorted(keys)
    for half in (listed[: len(listed) // 2], listed[len(listed) // 2 :]):
        found |= _records(connection, feed, community, set(half))
    return found
