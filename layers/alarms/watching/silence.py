"""Who says nothing: each device's next time at which it would be silent, found without looking at all of them."""

import heapq
from collections.abc import Callable, Iterable, Mapping, Set

from sqlalchemy import Connection, select

from layers.alarms.rules import Rule
from sensors.devices.registry import Device
from sensors.tables import device_state, latest, series
from store.bulk import is_one_of
from store.instant import HOUR, SECOND, Instant

Pending = tuple[str, str, str]
"""(community, rule, device)."""
Pairs = Mapping[Pending, tuple[Rule, Device]]
AFTER_GATEWAY: Instant = SECOND
"""Devices behind a gateway that is as silent as they are wait so much longer than it: its alarm comes first."""

AFTER_PAST: Instant = HOUR
"""Whose last word was of the past is still telling it, and has so long until its first word of now."""


class Silence:
    """When devices were heard, and when each rule would call each of them silent."""

    def __init__(self) -> None:
        self._seen: dict[str, Instant] = {}
        self._dues: list[tuple[Instant, Pending]] = []
        self._pairs: dict[Pending, tuple[Rule, Device]] = {}
        self._keys_of: dict[str, list[Pending]] = {}
        self._gateway_of: dict[str, str] = {}
        # Whose last word was of the past.
        self._of_past: Set[str] = frozenset()

    @property
    def due(self) -> Instant | None:
        """The next time at which somebody might be silent."""
        return self._dues[0][0] if self._dues else None

    def load(self, connection: Connection, pairs: Pairs, rests: Callable[[Pending], bool]) -> None:
        """Begin with these rules and devices, and when each was heard last; what does not rest is silent already."""
        self._pairs, self._keys_of, self._gateway_of, self._dues = {}, {}, {}, []
        self._add(pairs)
        c = device_state.c
        for row in connection.execute(select(c.device_id, c.last_seen).where(c.last_seen.is_not(None))):
            self._see({row.device_id: row.last_seen})
        self._dues = [(due, key) for key in pairs if rests(key) and (due := self._due_of(key)) is not None]
        heapq.heapify(self._dues)

    def change(
        self, connection: Connection, devices: Iterable[str], pairs: Pairs, rests: Callable[[Pending], bool]
    ) -> None:
        """These devices are others now, and these are the rules about them."""
        for device in devices:
            for key in self._keys_of.pop(device, ()):
                del self._pairs[key]
            self._gateway_of.pop(device, None)
        self._add(pairs)
        self._ask(connection, pairs)
        for key in pairs:
            if rests(key):
                self.again(key)

    def _add(self, pairs: Pairs) -> None:
        self._pairs |= pairs
        for key, (_, device) in pairs.items():
            self._keys_of.setdefault(key[2], []).append(key)
            if device.gateway is not None:
                self._gateway_of[device.id] = device.gateway

    def _see(self, seen: Mapping[str, Instant]) -> None:
        for device, at in self.with_gateways(seen).items():
            self._seen[device] = max(at, self._seen.get(device, 0))

    def heard(self, seen: Mapping[str, Instant], of_past: Set[str] = frozenset()) -> None:
        """Devices were heard; their gateways with them. One that was not heard before is watched from now on.

        ``of_past`` are those that told what is long over: what they are filled with from elsewhere, or kept.
        """
        new = (self.with_gateways(seen).keys() & self._keys_of.keys()) - self._seen.keys()
        if self._of_past or of_past:
            new |= (self._of_past & seen.keys() & self._keys_of.keys()) - of_past
            self._of_past = (self._of_past - seen.keys()) | of_past
        self._see(seen)
        for device in new:
            for key in self._keys_of[device]:
                self.again(key)

    def with_gateways(self, seen: Mapping[str, Instant]) -> dict[str, Instant]:
        """When devices were heard, and the gateways that they stand behind."""
        found = dict(seen)
        if self._gateway_of:
            for device, at in seen.items():
                gateway = self._gateway_of.get(device)
                if gateway is not None:
                    found[gateway] = max(at, found.get(gateway, 0))
        return found

    def overdue(
        self, connection: Connection, at: Instant, listening_since: Instant | None
    ) -> list[tuple[Pending, Instant]]:
        """Who is silent by now, and since which time it is an alarm; each is told once, until it is heard again."""
        asked: dict[Pending, None] = {}
        while self._dues and self._dues[0][0] <= at:
            _, key = heapq.heappop(self._dues)
            if key in self._pairs:
                asked[key] = None
        if not asked:
            return []
        if listening_since is None:
            for key in asked:
                heapq.heappush(self._dues, (at + 5 * SECOND, key))
            return []
        self._ask(connection, asked)
        found = []
        for key in asked:
            due = self._due_of(key, listening_since)
            if due is None:
                continue
            if due > at:
                heapq.heappush(self._dues, (due, key))
            else:
                found.append((key, due))
        return found

    def last_heard(self, key: Pending) -> Instant | None:
        """When it last said what a rule waits for, whether we listened then or not; None where it never did."""
        if key not in self._pairs:
            return None
        rule, device = self._pairs[key]
        seen = self._seen.get(device.id)
        return seen if rule.metric is None else self._seen.get(f"{device.id}/{rule.metric}", seen)

    def later(self, key: Pending, at: Instant) -> None:
        """Look at one that is silent once more at a time."""
        heapq.heappush(self._dues, (at, key))

    def again(self, key: Pending) -> None:
        """Watch one that was heard, from then on; one that no rule watches is left alone."""
        due = self._due_of(key) if key in self._pairs else None
        if due is not None:
            heapq.heappush(self._dues, (due, key))

    def _ask(self, connection: Connection, keys: Iterable[Pending]) -> None:
        """What others heard of these: an ingester that shares the work hears a part of it."""
        devices = {key[2] for key in keys}
        devices |= {self._gateway_of[one] for one in devices if one in self._gateway_of}
        c = device_state.c
        query = select(c.device_id, c.last_seen).where(is_one_of(connection, (c.device_id,), [(d,) for d in devices]))
        for row in connection.execute(query):
            if row.last_seen is not None:
                self._see({row.device_id: row.last_seen})
        wanted = [(key[2], rule.metric) for key in keys if (rule := self._pairs[key][0]).metric is not None]
        if wanted:
            self._ask_metrics(connection, wanted)

    def _ask_metrics(self, connection: Connection, wanted: list[tuple[str, str]]) -> None:
        asked = is_one_of(connection, (series.c.device_id, series.c.metric), wanted)
        query = select(series.c.device_id, series.c.metric, latest.c.ts).join(latest, latest.c.series_id == series.c.id)
        for row in connection.execute(query.where(asked)):
            self._seen[f"{row.device_id}/{row.metric}"] = row.ts

    def _due_of(self, key: Pending, listening_since: Instant = 0) -> Instant | None:
        rule, device = self._pairs[key]
        seen = self.last_heard(key)
        if seen is None:
            return None
        due = self._limit(rule, device, max(seen, listening_since))
        if device.id in self._of_past:
            due = max(due, self._seen[device.id] + AFTER_PAST)
        gateway = self._gateway_of.get(device.id)
        other = self._pairs.get((key[0], key[1], gateway)) if gateway is not None else None
        if other is not None and gateway is not None:
            heard = self._seen.get(gateway, 0)
            if heard <= seen:
                due = max(due, self._limit(other[0], other[1], max(heard, listening_since)) + AFTER_GATEWAY)
        return due

    @staticmethod
    def _limit(rule: Rule, device: Device, since: Instant) -> Instant:
        return device.stale_at(since) if rule.value == 0 else since + round(rule.value * SECOND)
