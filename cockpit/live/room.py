"""A community's live state: read once, revised by what changed, with what follows from it kept by difference."""

import asyncio
import time
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection

from cockpit.live.browser import QUEUED_FRAMES, Browser
from cockpit.live.filling import Filling, Looked
from cockpit.live.frames import Frame, encoded, frame
from cockpit.serving.build import build
from layers.declare import Derived, layers
from sensors.bus.live import LiveDelta
from sensors.bus.merging import changes, difference, merge, together
from store.instant import MILLISECOND, Instant, now

log = structlog.get_logger(__name__)

SHARED_S = 0.25
"""So long a snapshot is the one for all who come; what changed meanwhile follows it."""

State = dict[str, dict[str, Any]]
"""layer -> key -> record."""
Kept = list[tuple[str, Derived]]
"""(layer, what of it is kept by difference)."""


class Room:
    """A community's live state and the browsers that watch it."""

    def __init__(self, community: str) -> None:
        self.community = community
        self.state: State | None = None
        self.browsers: set[Browser] = set()
        self.warm_until = 0.0
        """So long it is kept though nobody watches."""
        self.is_outdated = True
        """What is kept is known to differ from what would be read: something was missed, or other devices are there."""
        self.reading: asyncio.Task[None] | None = None
        # What came while the state is being read, and so is newer than what is read.
        self.since: list[LiveDelta] | None = None
        self.looked = Looked()
        # What is read of the first by rank, while that goes on.
        self.filling: Filling | None = None
        self._seq = 0
        self._changed: State = {}
        # Frames that had to end before their time: what is gone and there again is told in two.
        self._ready: list[Frame] = []
        # What was read anew differed from what was known: also by what no message brings.
        self._is_anew = False
        self._derived: Kept = []
        # The state as JSON while nothing changes; the newest snapshot, until when it serves all, and what followed it.
        self._encoded: msgspec.Raw | None = None
        self._snapshot: Frame | None = None
        self._shared_until = 0.0
        self._followed: list[Frame] = []

    @property
    def is_wanted(self) -> bool:
        """Whether somebody watches, or is expected."""
        return bool(self.browsers) or time.monotonic() < self.warm_until

    def take(self, layers_changed: State, parts: State | None = None) -> None:
        """Keep what changed, for the state and for the next frame; parts of what is not known are of no use."""
        if self.since is not None:
            self.since.append(LiveDelta("", 0, self.community, layers_changed, parts or {}))
        if self.state is None:
            return
        moment = now() // MILLISECOND
        for layer, records in layers_changed.items():
            self._take(self.state.setdefault(layer, {}), layer, records, moment)
        for layer, records in (parts or {}).items():
            known = self.state.get(layer, {})
            self._take(known, layer, {key: part for key, part in records.items() if key in known}, moment)

    def _take(self, known: dict[str, Any], layer: str, records: dict[str, Any], moment: int) -> None:
        followers = [derived for _, derived in self._derived if derived.follows == layer]
        for key, record in records.items():
            before = known.get(key)
            if record is None:
                if self.filling is not None:
                    self.filling.ended.add((layer, key))
                known.pop(key, None)
                self._tell(layer, key, None)
            else:
                after = merge(before, record)
                if after is before:  # older than what is known
                    continue
                known[key] = after
                told = changes(before, after, record)
                if told:
                    self._tell(layer, key, told)
            for derived in followers:
                derived.put(key, known.get(key), moment)

    def _tell(self, layer: str, key: str, told: dict[str, Any] | None) -> None:
        self._encoded = None
        if told is not None and self._changed.get(layer, {}).get(key, told) is None:
            self._end_frame()
        changed = self._changed.setdefault(layer, {})
        changed[key] = None if told is None else together(changed.get(key), told)

    def begin_filling(self) -> Filling:
        """What is read from now on is to come to what is known: `fill`."""
        self.filling = Filling()
        return self.filling

    def fill(self, filling: Filling, read: State) -> bool:
        """Take records that were not known; whether they count: not where the state was, or is being, read meanwhile.

        What was told since is newer: what ended does not come back, and of two records the later one is believed.
        """
        if self.filling is not filling:
            return False
        self.filling = None
        if self.state is None or self.since is not None:
            return False
        moment = now() // MILLISECOND
        for layer, records in read.items():
            new = {key: record for key, record in records.items() if (layer, key) not in filling.ended}
            self._take(self.state.setdefault(layer, {}), layer, new, moment)
        return True

    def derive(self) -> None:
        """Bring what follows from the state up to date, by time alone too."""
        if self.state is None:
            return
        moment = now() // MILLISECOND
        for layer, derived in self._derived:
            records = derived.changed(moment)
            if records:
                self._take(self.state.setdefault(layer, {}), layer, records, moment)

    def known(self) -> State:
        """What is known now, to hold a state that was read against; records are replaced, never changed."""
        return {layer: dict(records) for layer, records in (self.state or {}).items()}

    def put(self, state: State, derived: Kept | None = None, differs: State | None = None) -> None:
        """Take a state that was read, and on top of it what came meanwhile; ``differs``: from what was known."""
        before, since, known = self._derived, self.since or [], self.state or {}
        self.state, self._derived, self.since = state, derived or [], None
        self._snapshot = self._encoded = self.filling = None
        for layer, records in (differs or {}).items():
            for key, told in records.items():
                self._tell(layer, key, told)
        # Also where no record differs: what pages draw, the ground itself, may.
        self._is_anew = differs is not None
        for delta in since:
            self.take(delta.layers, delta.parts)
        self.derive()
        self._mend(known, since)
        if not self.is_outdated:
            self._compare(before)
        self.is_outdated = False

    def _mend(self, known: State, since: list[LiveDelta]) -> None:
        """Of what was told while it was held against each other the pages know what may since have proved older."""
        for delta in since:
            for layer in delta.layers.keys() | delta.parts.keys():
                keys = delta.layers.get(layer, {}).keys() | delta.parts.get(layer, {}).keys()
                was, now_known = known.get(layer, {}), (self.state or {}).get(layer, {})
                both = ({key: of[key] for key in keys if key in of} for of in (was, now_known))
                for key, told in difference(*both).items():
                    self._tell(layer, key, told)

    def _compare(self, before: Kept) -> None:
        """What was kept by difference is to be what was read; else it is said, and mended by what was read."""
        moment = now() // MILLISECOND
        for (layer, kept), (_, read) in zip(before, self._derived, strict=False):
            was, is_now = kept.all(moment), read.all(moment)
            wrong = [key for key in is_now if was.get(key) != is_now[key]]
            if wrong:
                log.warning("live_differed", community=self.community, layer=layer, keys=wrong[:5])

    def forget(self) -> None:
        """Nobody watches: what would be missed is read when somebody comes."""
        self.is_outdated = True
        self.state = self._snapshot = self._encoded = self.filling = None
        self._changed, self._is_anew, self._followed, self._ready = {}, False, [], []

    def deltas(self) -> list[Frame]:
        """What changed since the last ones, as the next frames for all: nearly always one, none where nothing did."""
        self.derive()
        self._end_frame()
        ready, self._ready = self._ready, []
        if ready and not self._is_shared():
            self._snapshot = None
        self._followed += ready if self._snapshot is not None else []
        return ready

    def _end_frame(self) -> None:
        if self._changed or self._is_anew:
            self._seq += 1
            anew = {"anew": True, "build": build()} if self._is_anew else {}
            self._ready.append(frame("delta", self.community, self._seq, layers=self._changed, **anew))
            self._changed, self._is_anew = {}, False

    def heartbeat(self) -> Frame:
        """That all is well, and the time."""
        return frame("heartbeat", self.community, self._seq)

    def snapshot(self) -> list[Frame]:
        """The state as a snapshot, made once for all who come within a moment, and what followed it."""
        if self._snapshot is not None and self._is_shared():
            # The time that they tell has passed.
            return [self._snapshot, *self._followed, self.heartbeat()]
        if self._encoded is None:
            self._encoded = encoded(self.state)
        self._snapshot = frame("snapshot", self.community, self._seq, build=build(), layers=self._encoded)
        self._followed = []
        self._shared_until = time.monotonic() + SHARED_S
        return [self._snapshot]

    def _is_shared(self) -> bool:
        return time.monotonic() < self._shared_until and len(self._followed) < QUEUED_FRAMES // 2


def differences(before: State, after: State) -> State:
    """Layer by layer what pages are told that know the one and are to know the other."""
    layers_of_both = before.keys() | after.keys()
    return {layer: difference(before.get(layer, {}), after.get(layer, {})) for layer in layers_of_both}


def read(connection: Connection, community: str, at: Instant | None = None) -> State:
    """The state now, or at a past time, without what follows from another layer's records as a whole (`derive`)."""
    return {
        layer.code: layer.records(connection, community, None, at)
        for layer in layers()
        if layer.derived is None or layer.derived.follows == layer.code
    }


def derive(community: str, state: State, at: Instant | None = None) -> Kept:
    """What is kept by difference of a state that was read, and put into it."""
    moment = (now() if at is None else at) // MILLISECOND
    found: Kept = []
    for layer in layers():
        if layer.derived is not None:
            derived = layer.derived(community)
            for key, record in state.get(derived.follows, {}).items():
                derived.put(key, record, moment)
            derived.changed(moment)  # nothing of it is news
            state.setdefault(layer.code, {}).update(derived.all(moment))
            found.append((layer.code, derived))
    return found
