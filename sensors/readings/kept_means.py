"""Means of what devices measure, kept by difference: a change costs what changed, not how many devices there are.

What one device says of one metric is taken out of a sum and what it says now put in; a value that grows stale
leaves when its time comes. The figures are those of `sensors.readings.summary.means`, which reads them all.

Sums are whole numbers of 2**-60, so that what was put in comes out again to the last bit, however often.
"""

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sensors.quality import Quality, word_of
from sensors.readings.summary import SHOWN, standing

SCALE = 2**60
GOOD = word_of(int(Quality.GOOD))
ROOM = 4
"""A heap may hold so many times as much as counts before what is out of date is thrown away."""


class Key(NamedTuple):
    """One mean: of a metric in an area, or of the whole community where the area is None."""

    area: str | None
    metric: str


@dataclass(slots=True)
class One:
    """What one device says of one metric: times in epoch milliseconds; ``value`` None where it does not count."""

    ts: int
    until: int
    value: float | None
    source: str | None
    is_connected: bool
    is_present: bool = False


class Greatest:
    """The greatest of numbers that come and go; what went is thrown away when it comes up."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._numbers)

    def put(self, who: str, number: int) -> None:
        """Somebody's number from now on."""
        self._numbers[who] = number
        heapq.heappush(self._heap, (-number, who))
        if len(self._heap) > ROOM * len(self._numbers) + ROOM:
            self._heap = [(-number, who) for who, number in self._numbers.items()]
            heapq.heapify(self._heap)

    def drop(self, who: str) -> None:
        """Somebody has no number any more."""
        del self._numbers[who]

    def top(self) -> str:
        """Who has the greatest; somebody must have one."""
        while self._numbers.get(self._heap[0][1]) != -self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][1]


@dataclass(slots=True)
class Group:
    """Those that measure one metric in one place, real ones or replayed ones."""

    ones: dict[str, One] = field(default_factory=dict)
    total: int = 0
    sources: Counter[str] = field(default_factory=Counter)
    said: Greatest = field(default_factory=Greatest)
    """When each of those that are present spoke."""
    valid: Greatest = field(default_factory=Greatest)
    """Until when each of those that are present counts."""
    said_of_all: Greatest = field(default_factory=Greatest)
    """When each spoke, present or not."""

    def put(self, device: str, one: One) -> None:
        """Count one in; it was not in."""
        self.ones[device] = one
        self.said_of_all.put(device, one.ts)
        if one.is_present:
            self._count(device, one)

    def take(self, device: str) -> None:
        """Count one out, if it is in."""
        one = self.ones.pop(device, None)
        if one is not None:
            self.said_of_all.drop(device)
            if one.is_present:
                self._discount(device, one)

    def leave(self, device: str) -> None:
        """One has become stale: it is known, and does not count."""
        one = self.ones[device]
        self._discount(device, one)
        one.is_present = False

    def _count(self, device: str, one: One) -> None:
        self.total += _scaled(one)
        if one.source is not None:
            self.sources[one.source] += 1
        self.said.put(device, one.ts)
        self.valid.put(device, one.until)

    def _discount(self, device: str, one: One) -> None:
        self.total -= _scaled(one)
        if one.source is not None:
            self.sources[one.source] -= 1
        self.said.drop(device)
        self.valid.drop(device)

    def mean(self, moment: int) -> dict[str, Any] | None:
        """As `sensors.readings.summary.means` has it; None where nobody measures."""
        present = len(self.said)
        if present:
            return {
                "value": self.total / (present * SCALE),
                "n": present,
                "of": len(self.ones),
                "sources": sorted(source for source, n in self.sources.items() if n),
                "ts": self.ones[self.said.top()].ts,
                "stale_at": self.ones[self.valid.top()].until,
            }
        if not self.ones:
            return None
        one = self.ones[self.said_of_all.top()]
        return {
            "value": one.value,
            "n": 0,
            "of": len(self.ones),
            "sources": [] if one.source is None else [one.source],
            "ts": one.ts,
            "stale_at": min(one.until, moment - 1),
        }


@dataclass(slots=True)
class Pair:
    """The real and the replayed ones of a mean: once a real one measures, replayed ones are left out."""

    real: Group = field(default_factory=Group)
    replayed: Group = field(default_factory=Group)
    measured: int = 0
    """How many real devices have said anything of the metric there, doubtful or not."""

    def group(self, one: One) -> Group:
        """Where one belongs."""
        return self.real if one.source is None else self.replayed

    def mean(self, moment: int) -> dict[str, Any] | None:
        """The mean of those that count."""
        return (self.real if self.measured else self.replayed).mean(moment)


class KeptMeans:
    """The means of a community: by area, or (``whole``) of all its areas together."""

    def __init__(self, *, whole: bool, drawn: bool) -> None:
        self._whole = whole
        self._drawn = drawn
        self._pairs: dict[str | None, dict[str, Pair]] = {}
        self._known: dict[str, dict[Key, One]] = {}
        self._due: list[tuple[int, str, Key]] = []
        self._touched: set[Key] = set()

    def put(self, device: str, record: Mapping[str, Any] | None, moment: int) -> None:
        """What is known of a device from now on, as the live channel tells it; None: it is gone."""
        before = self._known.get(device, {})
        after = {} if record is None else dict(self._said(record))
        for key, one in before.items():
            if not _is_same(after.get(key), one):
                self._take(device, key, one)
        for key, one in after.items():
            if not _is_same(before.get(key), one):
                self._put(device, key, one, moment)
            else:
                after[key] = before[key]
        if after:
            self._known[device] = after
        else:
            self._known.pop(device, None)

    def _said(self, record: Mapping[str, Any]) -> Iterator[tuple[Key, One]]:
        area = record.get("area")
        if self._drawn and area is None:
            return
        source, is_connected = record.get("source"), record.get("connected") is not False
        for metric, (ts, value, word, *kept) in record.get("latest", {}).items():
            if metric in SHOWN:
                # As of the mean that is read: what the device itself said, and what is not doubtful.
                counts = word == GOOD and not kept and not isinstance(value, str)
                one = One(int(ts), int(ts) + record["silence"], float(value) if counts else None, source, is_connected)
                yield Key(None if self._whole else area, metric), one

    def _put(self, device: str, key: Key, one: One, moment: int) -> None:
        of_area = self._pairs.setdefault(key.area, {})
        # Made only where there is none: a pair is six objects, and one is put with each value that comes.
        pair = of_area.get(key.metric) or of_area.setdefault(key.metric, Pair())
        self._touched.add(key)
        pair.measured += one.source is None
        if one.value is None:
            return
        one.is_present = one.is_connected and one.until >= moment
        pair.group(one).put(device, one)
        if one.is_present:
            heapq.heappush(self._due, (one.until, device, key))

    def _take(self, device: str, key: Key, one: One) -> None:
        pair = self._pairs[key.area][key.metric]
        self._touched.add(key)
        pair.measured -= one.source is None
        pair.group(one).take(device)

    def pass_time(self, moment: int) -> None:
        """Let those leave that have grown stale; costs as much as leave. What is asked below is of the time passed."""
        while self._due and self._due[0][0] < moment:
            until, device, key = heapq.heappop(self._due)
            one = self._known.get(device, {}).get(key)
            if one is not None and one.is_present and one.until == until:
                self._pairs[key.area][key.metric].group(one).leave(device)
                self._touched.add(key)

    def changed(self, moment: int) -> dict[str | None, dict[str, Any]]:
        """area -> metric -> its mean, of those that changed since this was asked last; None: nobody measures it now."""
        touched, self._touched = self._touched, set()
        found: dict[str | None, dict[str, Any]] = {}
        for key in touched:
            mean = self._pairs[key.area][key.metric].mean(moment)
            found.setdefault(key.area, {})[key.metric] = standing(key.area, mean)
        return found

    def of(self, area: str | None, moment: int) -> dict[str, Any]:
        """metric -> its mean, of all that anybody measures in an area; None for the whole."""
        pairs = self._pairs.get(area, {})
        means = {metric: standing(area, pair.mean(moment)) for metric, pair in pairs.items()}
        return {metric: mean for metric, mean in means.items() if mean is not None}


def _scaled(one: One) -> int:
    assert one.value is not None  # noqa: S101 - only such count
    numerator, denominator = one.value.as_integer_ratio()
    return numerator * SCALE // denominator


def _is_same(one: One | None, other: One) -> bool:
    if one is None:
        return False
    said = (one.ts, one.until, one.value, one.source, one.is_connected)
    return said == (other.ts, other.until, other.value, other.source, other.is_connected)
