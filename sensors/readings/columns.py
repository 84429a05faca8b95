"""Observations as columns: a batch of thousands is judged, ordered and written by column, never as so many objects."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, select

from sensors.metrics import Kind, Metric, metrics
from sensors.tables import series
from store.bulk import as_it_was, is_one_of, upsert_all
from store.engine import KEYS_A_QUERY
from store.instant import Instant

Value = float | bool | str


class Observation(NamedTuple):
    """One value of one metric of one device at one time. ``value`` is as it was sent."""

    device: str
    metric: str
    ts: Instant
    value: Value
    quality: int
    live: bool = True
    """Whether the device said it now; not where it was played back, or kept by a broker."""


@dataclass(slots=True, eq=False)
class Series:
    """What one device says of one metric. ``number`` is its key in the database, 0 before it has one.

    ``kind`` is as what its values are kept: that of the metric, else that of its first value.

    A number from ``low`` to ``high`` is beyond doubt; for all else, and all of a metric that is unknown or no number,
    ask `sensors.quality.judge`.
    """

    device: str
    metric: str
    known: Metric | None
    low: float = inf
    high: float = -inf
    number: int = 0
    kind: str = ""

    @classmethod
    def of(cls, device: str, metric: str) -> "Series":
        """A series of which the database was not asked yet."""
        known = metrics().get(metric)
        made = cls(device, metric, known)
        if known is not None and known.kind is Kind.NUMBER:
            made.low = -inf if known.low is None else known.low
            made.high = inf if known.high is None else known.high
        return made


class SeriesIndex:
    """Every series that was heard of, kept in memory: its number never changes once it is committed."""

    def __init__(self) -> None:
        self._devices: dict[str, dict[str, Series]] = {}
        self._words: dict[tuple[str, str], Series] = {}
        self._found: list[Series] = []

    def of_device(self, device: str) -> dict[str, Series]:
        """The known series of a device, by metric; `add` adds to it."""
        known = self._devices.get(device)
        if known is None:
            known = self._devices[device] = {}
        return known

    def add(self, device: str, name: str, metric: str | None = None) -> Series:
        """The series of a device and a metric, new or not, found by the ``name`` that the device has for it."""
        known = self.of_device(device)
        metric = metric or name
        if metric not in known:
            known[metric] = Series.of(device, metric)
        known[name] = known[metric]
        return known[metric]

    def of_word(self, device: str, name: str) -> Series:
        """The series of a name that is another word for a metric: it says by which name a reading came."""
        known = self._words.get((device, name))
        if known is None:
            known = self._words[device, name] = Series.of(device, name)
        return known

    def forget(self) -> None:
        """Know no series any more; each is asked for again."""
        self._devices.clear()
        self._words.clear()
        self._found = []

    def number(self, connection: Connection, wanted: Set[Series], kinds: dict[Series, Value]) -> None:
        """Have every series numbered; those that the database does not know are made, of the kind of a value."""
        # Those of a transaction that was rolled back may belong to others now.
        for one in self._found:
            one.number = 0
        self._found = [one for one in wanted if not one.number]
        if not self._found:
            return
        rows = [
            {"device_id": one.device, "metric": one.metric, "kind": _kind(one, kinds[one])}
            for one in sorted(self._found, key=lambda one: (one.device, one.metric))
        ]
        upsert_all(connection, series, rows, as_it_was)
        numbers = numbers_of(connection, [(one.device, one.metric) for one in self._found])
        for one in self._found:
            one.number, one.kind = numbers[one.device, one.metric]

    def committed(self) -> None:
        """Remember the numbers of the last transaction; one that was rolled back is not told."""
        self._found = []


def _kind(one: Series, value: Value) -> Kind:
    if one.known is not None:
        return one.known.kind
    return Kind.BOOL if isinstance(value, bool) else Kind.TEXT if isinstance(value, str) else Kind.NUMBER


def numbers_of(connection: Connection, keys: list[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, str]]:
    """(device, metric) -> the number of the series, and its kind."""
    found: dict[tuple[str, str], tuple[int, str]] = {}
    query = select(series.c.device_id, series.c.metric, series.c.id, series.c.kind)
    for first in range(0, len(keys), KEYS_A_QUERY):
        asked = is_one_of(connection, (series.c.device_id, series.c.metric), keys[first : first + KEYS_A_QUERY])
        found |= {(row.device_id, row.metric): (row.id, row.kind) for row in connection.execute(query.where(asked))}
    return found


class Observations:
    """Columns of equal length: the series, time, value, quality flags of each, and whether it was said live.

    ``said`` is the series of the name by which it came, where that is another word for the metric.
    """

    __slots__ = ("live", "quality", "said", "series", "ts", "values")

    def __init__(self) -> None:
        self.series: list[Series] = []
        self.ts: list[Instant] = []
        self.values: list[Value] = []
        self.quality: list[int] = []
        self.live: list[bool] = []
        self.said: list[Series | None] = []

    @classmethod
    def of(cls, index: SeriesIndex, rows: Iterable[Observation]) -> "Observations":
        """Columns of what stands in rows."""
        made = cls()
        for row in rows:
            made.add(index.add(row.device, row.metric), *row[2:])
        return made

    def add(self, of: Series, ts: Instant, value: Value, quality: int, live: bool = True) -> None:
        """Add one."""
        self.series.append(of)
        self.ts.append(ts)
        self.values.append(value)
        self.quality.append(quality)
        self.live.append(live)
        self.said.append(None)

    def __len__(self) -> int:
        return len(self.series)

    def __iter__(self) -> Iterator[Observation]:
        for of, ts, value, quality, live in zip(
            self.series, self.ts, self.values, self.quality, self.live, strict=True
        ):
            yield Observation(of.device, of.metric, ts, value, quality, live)

    def only(self, chosen: list[int]) -> "Observations":
        """Those at these places, in this order."""
        made = Observations()
        for name in self.__slots__:
            column = getattr(self, name)
            setattr(made, name, [column[place] for place in chosen])
        return made

    def numbers(self) -> Any:
        """The numbers of the series, an array of integers."""
        return np.fromiter((one.number for one in self.series), np.int64, len(self.series))

    def by_key(self) -> "Observations":
        """In the order of (series, time), the first of those that have both in common."""
        numbers, times = self.numbers(), np.array(self.ts, np.int64)
        order = np.lexsort((times, numbers))
        numbers, times = numbers[order], times[order]
        is_first = np.ones(len(order), bool)
        is_first[1:] = (numbers[1:] != numbers[:-1]) | (times[1:] != times[:-1])
        return self.only(order[is_first].tolist())

    def runs(self) -> Iterator[tuple[Series, int, int]]:
        """Each series with the places where its observations begin and end; for what is in the order of the key."""
        begin, total = 0, len(self.series)
        while begin < total:
            of, end = self.series[begin], begin + 1
            while end < total and self.series[end] is of:
                end += 1
            yield of, begin, end
            begin = end
