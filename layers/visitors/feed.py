"""What gates send becomes people who passed: the words of each counter, told apart and counted on.

A counter is one line of one gate in one direction: ``enter`` and ``enter_total`` are one,
``enter_2`` and ``enter_total_2`` the next. counter.py says what is made of them.
"""

import re
from collections import defaultdict
from typing import Any

from sqlalchemy import Connection

from layers.visitors import queries, sums
from layers.visitors.counter import Gate
from layers.visitors.steps import Key, Row, alone, count_on
from sensors.bus.message import Message
from sensors.devices import registry
from sensors.devices.kinds import kinds
from sensors.devices.registry import Device
from sensors.intake.batch import Batch, Parts
from sensors.quality import Quality
from sensors.refusal import Reason, Refused
from store.instant import Instant

METRIC = re.compile(r"(enter|leave)(_total)?(_[1-9][0-9]?)?")
COUNTED = (int(Quality.GOOD), int(Quality.UNKNOWN_METRIC))
"""A line beyond those of metrics.toml is an unknown metric; what else is doubtful counts nobody."""


class VisitorsFeed:
    """Keeps the steps of the counters."""

    layer = "visitors"
    tells_parts = False
    channels: frozenset[str] = frozenset()

    def decode(self, message: Message, device: Device) -> Any:
        """Gates report by telemetry."""
        raise Refused(Reason.BAD_TOPIC, f"visitors take no channel ({message.topic}, {device.id})")

    def store(self, connection: Connection, batch: Batch) -> None:
        """Count on from what was known of each counter, and touch the sites concerned."""
        said = _said(batch)
        if not said:
            return
        devices = {device: batch.devices[device] for device, _ in said}
        alone(connection, {device.community for device in devices.values()})
        sites = registry.sites_of(connection, devices)
        new = {
            key: [_row(devices[key[0]], key, ts, told, sites) for ts, told in sorted(moments.items())]
            for key, moments in said.items()
        }
        changes = count_on(connection, new, {device: _gate(devices[device]) for device in devices})
        sums.add(connection, changes)
        for change in changes:
            if change.after.site is not None:
                batch.touch(self.layer, change.after.community, change.after.site)

    def due(self) -> Instant | None:
        """Nothing comes about by time alone."""
        return None

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
