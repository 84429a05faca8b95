"""What gates send becomes people who passed: the words of each counter, told apart and counted on.

A counter is one line of one gate in one direction: ``enter`` and ``enter_total`` are one,
``enter_2`` and ``enter_total_2`` the next. counter.py says what is made of them.

In the same transaction the levels of the sites follow (capacity/state.py), and the feeds that come later are told
of each site what its level is (`LEVEL`, the rank) and its share of the capacity (`RATIO`), nought while it is
closed. What time alone brings about, the reset, a new day, a capacity that begins to count, is due at its time;
what a person changed by another process is seen within `LOOK`.
"""

import re
from collections import defaultdict
from typing import Any

from sqlalchemy import Connection

from layers.visitors import queries, sums
from layers.visitors.capacity import state
from layers.visitors.counter import Gate
from layers.visitors.passing_time import Passing
from layers.visitors.steps import Key, Row, alone, count_on
from sensors.bus.message import Message
from sensors.devices import registry
from sensors.devices.kinds import kinds
from sensors.devices.registry import Device
from sensors.intake.batch import Batch, Parts
from sensors.quality import Quality
from sensors.refusal import Reason, Refused
from store.instant import Instant, now

LEVEL, RATIO, RATIO_DAILY = "visitors.level", "visitors.ratio", "visitors.ratio_daily"
"""Figures of a site: the rank of its level, 0 for the lowest; the share of its capacity at one moment, and of a day."""
METRIC = re.compile(r"(enter|leave)(_total)?(_[1-9][0-9]?)?")
COUNTED = (int(Quality.GOOD), int(Quality.UNKNOWN_METRIC))
"""A line beyond those of metrics.toml is an unknown metric; what else is doubtful counts nobody."""


class VisitorsFeed:
    """Keeps the steps of the counters."""

    layer = "visitors"
    tells_parts = False
    channels: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self._passing = Passing()

    def decode(self, message: Message, device: Device) -> Any:
        """Gates report by telemetry."""
        raise Refused(Reason.BAD_TOPIC, f"visitors take no channel ({message.topic}, {device.id})")

    def store(self, connection: Connection, batch: Batch) -> None:
        """Count on from what was known of each counter, let the levels follow, and touch the sites concerned."""
        said = _said(batch)
        # Time changes what stands at these, so that screens are to be told whether their level changes or not.
        moved = self._passing.sites(connection, batch)
        for community, site in moved:
            batch.touch(self.layer, community, site)
        communities = {of for of, _ in moved} | {batch.devices[device].community for device, _ in said}
        alone(connection, communities)
        sites = moved | (self._count(connection, batch, said) if said else set())
        # After the lock: what somebody counted or decided meanwhile counts.
        moment = now()
        for community in sorted(communities):
            concerned = {site for of, site in sites if of == community}
            for stands in state.follow(connection, community, concerned, moment):
                self._tell(batch, community, stands, moment)

    def _count(
        self, connection: Connection, batch: Batch, said: dict[Key, dict[Instant, dict[str, float]]]
    ) -> set[tuple[str, str]]:
        """Count on; returns (community, site) of what changed."""
        devices = {device: batch.devices[device] for device, _ in said}
        sites = registry.sites_of(connection, devices)
        new = {
            key: [_row(devices[key[0]], key, ts, told, sites) for ts, told in sorted(moments.items())]
            for key, moments in said.items()
        }
        changes = count_on(connection, new, {device: _gate(devices[device]) for device in devices})
        sums.add(connection, changes)
        found = {(change.after.community, change.after.site) for change in changes if change.after.site is not None}
        for community, site in found:
            batch.touch(self.layer, community, site)
        return found

    def _tell(self, batch: Batch, community: str, stands: state.Standing, moment: Instant) -> None:
        if stands.is_new:
            batch.touch(self.layer, community, stands.site)
        figures = ((LEVEL, stands.rank), (RATIO, stands.ratio), (RATIO_DAILY, stands.ratio_daily))
        for metric, value in figures:
            if value is not None:
                # Of a closed site nobody is warned: nobody is let in, and what was told before is over.
                told = 0.0 if stands.is_closed else float(value)
                words = stands.crowd.words if metric == LEVEL and stands.crowd is not None else None
                batch.figure((community, "site", stands.site, metric), moment, told, words)

    def committed(self) -> None:
        """What was looked at for this batch was, and need not be again."""
        self._passing.committed()

    def due(self) -> Instant | None:
        """When the people inside begin again, a day ends, a capacity begins to count, or it is time to look."""
        return self._passing.due

    def said(self, batch: Batch) -> Parts:
        """Nothing: its records are sums over more than a batch."""
        return {}

    def records(self, connection: Connection, community: str, keys: set[str]) -> dict[str, Any]:
        """The touched sites as they now stand."""
        return queries.records(connection, community, keys, None)


def _said(batch: Batch) -> dict[Key, dict[Instant, dict[str, float]]]:
    """counter -> time -> total and single."""
    found: dict[Key, dict[Instant, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for series, begin, end in batch.new.runs():
        match = METRIC.fullmatch(series.metric)
        if match is None or kinds()[batch.devices[series.device].kind].people_a_minute is None:
            continue
        kind, counter = "total" if match[2] else "single", match[1] + (match[3] or "")
        for place in range(begin, end):
            value = batch.new.values[place]
            if batch.new.quality[place] in COUNTED and not isinstance(value, bool | str) and value >= 0:
                found[series.device, counter][batch.new.ts[place]][kind] = float(value)
    return found


def _row(
    device: Device,
    key: Key,
    ts: Instant,
    told: dict[str, float],
    sites: dict[str, list[tuple[Instant, str | None]]],
) -> Row:
    stood = [site for since, site in sites.get(device.id, []) if since <= ts]
    return Row(
        device_id=key[0],
        counter=key[1],
        ts=ts,
        community=device.community,
        site=stood[-1] if stood else device.site,
        total=told.get("total"),
        single=told.get("single"),
    )


def _gate(device: Device) -> Gate:
    # What is played back may be played faster than people walk.
    per_minute = None if device.source is not None else kinds()[device.kind].people_a_minute
    return Gate(per_minute, device.interval_s)
