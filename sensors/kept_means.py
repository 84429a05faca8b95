"""Means of what devices measure, kept by difference: a change costs what changed, not how many devices there are.

What one device says of one metric is taken out of a sum and what it says now put in; a value that grows stale
leaves when its time comes. The figures are those of `sensors.summary.means`, which reads them all.

Sums are whole numbers of 2**-60, so that what was put in comes out again to the last bit, however often.
"""

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sensors.quality import Quality, word_of
from sensors.summary import SHOWN

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
        self._heap: list[tuple[int, str]] = []

    def put(self, number: int, who: str) -> None:
        """Somebody's number from now on."""
        heapq.heappush(self._heap, (-number, who))

    def top(self, numbers: Mapping[str, int]) -> str | None:
        """Who has the greatest, of those that have one; ``numbers`` says what each has now."""
        if len(self._heap) > ROOM * len(numbers) + ROOM:
            self._heap = [(-number, who) for who, number in numbers.items()]
            heapq.heapify(self._heap)
        while self._heap:
            number, who = self._heap[0]
            if numbers.get(who) == -number:
                return who
            heapq.heappop(self._heap)
        return None


@dataclass(slots=True)
class Group:
    """Those that measure one metric in one place, real ones or replayed ones."""

    ones: dict[str, One] = field(default_factory=dict)
    total: int = 0
    present: int = 0
    sources: Counter[str] = field(default_factory=Counter)
    said: dict[str, int] = field(default_factory=dict)
    valid: dict[str, int] = field(default_factory=dict)
    newest: dict[str, int] = field(default_factory=dict)
    last_said: Greatest = field(default_factory=Greatest)
    last_valid: Greatest = field(default_factory=Greatest)
    last_of_all: Greatest = field(default_factory=Greatest)

    def put(self, device: str, one: One) -> None:
        """Count one in; it was not in."""
        self.ones[device] = one
        self.newest[device] = one.ts
        self.last_of_all.put(one.ts, device)
        if one.is_present:
            self._count(device, one)

    def take(self, device: str) -> None:
        """Count one out, if it is in."""
        one = self.ones.pop(device, None)
        if one is not None:
            del self.newest[device]
            if one.is_present:
                self._discount(device, one)

    def leave(self, device: str) -> None:
        """One has become stale: it is known, and does not count."""
        one = self.ones[device]
        self._discount(device, one)
        one.is_present = False

    def _count(self, device: str, one: One) -> None:
        self.total += _scaled(one)
        self.present += 1
        if one.source is not None:
            self.sources[one.source] += 1
        self.said[device], self.valid[device] = one.ts, one.until
        self.last_said.put(one.ts, device)
        self.last_valid.put(one.until, device)

    def _discount(self, device: str, one: One) -> None:
        self.total -= _scaled(one)
        self.present -= 1
        if one.source is not None:
            self.sources[one.source] -= 1
        del self.said[device], self.valid[device]

    def mean(self, moment: int) -> dict[str, Any] | None:
        """As `sensors.summary.means` has it; None where nobody measures."""
        if self.present:
            said, valid = self.last_said.top(self.said), self.last_valid.top(self.valid)
            assert said is not None  # noqa: S101 - as many as are present
            assert valid is not None  # noqa: S101
            return {
                "value": self.total / (self.present * SCALE),
                "n": self.present,
                "of": len(self.ones),
                "sources": sorted(source for source, n in self.sources.items() if n),
                "ts": self.said[said],
                "stale_at": self.valid[valid],
            }
        newest = self.last_of_all.top(self.newest)
        if newest is None:
            return None
        one = self.ones[newest]
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
        self._pairs: dict[Key, Pair] = {}
        self._known: dict[str, dict[Key, One]] = {}
        self._due: list[tuple[int, str, Key]] = []
        self._touched: set[Key] = set()

    def seed(self, records: Mapping[str, Mapping[str, Any]], moment: int) -> None:
        """Begin anew with these devices; ``moment`` in epoch milliseconds."""
        self.__init__(whole=self._whole, drawn=self._drawn)  # type: ignore[misc]
        for device, record in records.items():
            self.put(device, record, moment)
        self._touched.clear()

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
                one = One(ts, ts + record["silence"], float(value) if counts else None, source, is_connected)
                yield Key(None if self._whole else area, metric), one

    def _put(self, device: str, key: Key, one: One, moment: int) -> None:
        pair = self._pairs.setdefault(key, Pair())
        self._touched.add(key)
        pair.measured += one.source is None
        if one.value is None:
            return
        one.is_present = one.is_connected and one.until >= moment
        pair.group(one).put(device, one)
        if one.is_present:
            heapq.heappush(self._due, (one.until, device, key))

    def _take(self, device: str, key: Key, one: One) -> None:
        pair = self._pairs[key]
        self._touched.add(key)
        pair.measured -= one.source is None
        pair.group(one).take(device)

    def pass_time(self, moment: int) -> None:
        """Let those leave that have grown stale; costs as much as leave."""
        while self._due and self._due[0][0] < moment:
            until, device, key = heapq.heappop(self._due)
            one = self._known.get(device, {}).get(key)
            if one is not None and one.is_present and one.until == until:
                self._pairs[key].group(one).leave(device)
                self._touched.add(key)

    def changed(self, moment: int) -> dict[str | None, dict[str, Any]]:
        """area -> metric -> its mean, of those that changed since this was asked last; None: nobody measures it now."""
        touched, self._touched = self._touched, set()
        found: dict[str | None, dict[str, Any]] = {}
        for key in touched:
            found.setdefault(key.area, {})[key.metric] = self._pairs[key].mean(moment)
        return found

    def all(self, moment: int) -> dict[str | None, dict[str, Any]]:
        """As `changed`, of all that anybody measures."""
        found: dict[str | None, dict[str, Any]] = {}
        for key, pair in self._pairs.items():
            mean = pair.mean(moment)
            if mean is not None:
                found.setdefault(key.area, {})[key.metric] = mean
        return found


def _scaled(one: One) -> int:
    assert one.value is not None  # noqa: S101 - only such count
    numerator, denominator = one.value.as_integer_ratio()
    return numerator * SCALE // denominator


def _is_same(one: One | None, other: One) -> bool:
    if one is None:
        return False
    said = (one.ts, one.until, one.value, one.source, one.is_connected)
    return said == (other.ts, other.until, other.value, other.source, other.is_connected)
