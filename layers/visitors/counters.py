"""The counters of gates: by which metrics they speak, and what of that counts.

A counter is one line of one gate in one direction: ``enter`` and ``enter_total`` are one,
``enter_2`` and ``enter_total_2`` the next.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeGuard

from layers.visitors.counter import Gate
from layers.visitors.steps import Row
from sensors.devices.kinds import kinds
from sensors.devices.registry import Device
from sensors.quality import Quality
from store.instant import Instant

METRIC = re.compile(r"(enter|leave)(_total)?(_[1-9][0-9]?)?")
COUNTED = (int(Quality.GOOD), int(Quality.UNKNOWN_METRIC))
"""A line beyond those of metrics.toml is an unknown metric; what else is doubtful counts nobody."""


class Counter(NamedTuple):
    """A counter of a gate, and which of both a metric says of it."""

    code: str
    says: Literal["total", "single"]


def counter_of(device: Device, metric: str) -> Counter | None:
    """The counter that a device means by a metric; None where it is none."""
    match = METRIC.fullmatch(metric)
    if match is None or kinds()[device.kind].people_a_minute is None:
        return None
    return Counter(match[1] + (match[3] or ""), "total" if match[2] else "single")


def counts(value: object, quality: int) -> TypeGuard[float]:
    """Whether a reading of a counter counts anybody."""
    return quality in COUNTED and isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def row(
    device: Device,
    counter: str,
    ts: Instant,
    told: Mapping[str, float],
    sites: Mapping[str, Sequence[tuple[Instant, str | None]]],
) -> Row:
    """What a counter said of one moment, for the site for which the gate counted then."""
    stood = [site for since, site in sites.get(device.id, []) if since <= ts]
    return Row(
        device_id=device.id,
        counter=counter,
        ts=ts,
        community=device.community,
        site=stood[-1] if stood else device.site,
        total=told.get("total"),
        single=told.get("single"),
    )


def gate(device: Device) -> Gate:
    """What a gate can pass."""
    # What is played back may be played faster than people walk.
    per_minute = None if device.source is not None else kinds()[device.kind].people_a_minute
    return Gate(per_minute, device.interval_s)
