"""Readings as columns on their way into a file: how they are written small, and a sum by which they are compared."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from store.instant import MILLISECOND, SECOND

UNITS = (SECOND, MILLISECOND, 1)
"""Of these microseconds the largest that all times of a series are multiples of is what its times are counted in."""
DIVISORS: tuple[int, ...] = tuple(10**digits for digits in range(7))
EXACT = 2**53
NEARLY_ALL = 0.9
"""Of the values of a series: the others are kept as they are, beside."""
UNFINISHED = ".part"
"""How the name of a file ends that is being written."""
A_LOOK = 64
"""Values by which it is seen that a divisor will not do, before all of them are tried."""
MIX_TIME, MIX_VALUE, MIX_TEXT, MIX_QUALITY, MIX_NAME = map(
    np.uint64,
    (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xFF51AFD7ED558CCD),
)
NO_NAME = -1
Row = tuple[int, float | None, str | None, int, int | None]
"""(time, value, text, quality, the series of the name by which it came)."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Readings of one series, in the order of time."""

    number: int
    ts: Any
    value: Any
    """NaN where there is a text, and ``is_number`` says so."""
    is_number: Any
    text: list[str | None] | None
    """None where no reading is a text."""
    quality: Any
    said: Any
    """`NO_NAME` where it came by the name of the metric itself."""

    @classmethod
    def of(cls, number: int, rows: Sequence[Row]) -> "Columns":
        """Of rows as they are read."""
        ts, value, text, quality, said = zip(*rows, strict=True)
        has_text = any(one is not None for one in text)
        is_number = np.fromiter((one is not None for one in value), bool, len(rows))
        numbers = value if is_number.all() else [0.0 if one is None else one for one in value]
        return cls(
            number,
            np.array(ts, np.int64),
            np.array(numbers, np.float64),
            is_number,
            list(text) if has_text else None,
            np.array(quality, np.int16),
            np.array([NO_NAME if one is None else one for one in said], np.int32),
        )

    def __len__(self) -> int:
        return len(self.ts)

    def only(self, chosen: Any) -> "Columns":
        """Those of which an array of booleans says so."""
        text = None if self.text is None else [one for one, is_in in zip(self.text, chosen, strict=True) if is_in]
        ts, value, is_number = (one[chosen] for one in (self.ts, self.value, self.is_number))
        return Columns(self.number, ts, value, is_number, text, self.quality[chosen], self.said[chosen])

    @property
    def last(self) -> dict[str, Any]:
        """The newest of them, as ``archive_series`` keeps it."""
        return {
            "last": int(self.ts[-1]),
            "value": float(self.value[-1]) if self.is_number[-1] else None,
            "text": None if self.text is None else self.text[-1],
            "quality": int(self.quality[-1]),
        }

    def sum(self) -> int:
        """A sum over the readings, whatever their order, that any change of any of them changes."""
        bits = np.where(self.is_number, self.value.view(np.uint64), np.uint64(1))
        mixed = self.ts.view(np.uint64) * MIX_TIME ^ bits * MIX_VALUE
        mixed ^= self.quality.astype(np.uint64) * MIX_QUALITY
        mixed ^= self.said.astype(np.int64).view(np.uint64) * MIX_NAME
        if self.text is not None:
            crc = np.fromiter((0 if t is None else zlib.crc32(t.encode()) + 1 for t in self.text), np.uint64, len(self))
            mixed ^= crc * MIX_TEXT
        # What only sums up would let two changes make good for each other.
        mixed ^= mixed >> np.uint64(29)
        return int((mixed * MIX_VALUE).sum(dtype=np.uint64))


@dataclass(slots=True)
class OfSeries:
    """What of a series is in a file: how many, from when, the newest, and their sum."""

    first: int
    readings: int = 0
    sum: int = 0
    last: dict[str, Any] = field(default_factory=dict)

    def add(self, some: Columns) -> None:
        """Count readings that come after those before."""
        self.readings += len(some)
        self.sum = (self.sum + some.sum()) % 2**64
        self.last = some.last


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is whole and on the disk."""

    path: Path
    size: int
    series: dict[int, OfSeries]

    @property
    def readings(self) -> int:
        """How many are in it."""
        return sum(one.readings for one in self.series.values())


def unit_of(ts: Any) -> int:
    """The microseconds that times are counted in."""
    return next(unit for unit in UNITS if not (ts % unit).any())


def whole_by(values: Any) -> tuple[int, Any]:
    """What nearly all values become whole numbers by, exactly, and which of them do; (1, none) where nothing does so.

    >>> whole_by(np.array([1.5, 2.25]))
    (100, array([ True,  True]))
    """
    for divisor in DIVISORS:
        if _is_exact(values[:A_LOOK], divisor).mean() >= NEARLY_ALL:
            is_exact = _is_exact(values, divisor)
            if is_exact.mean() >= NEARLY_ALL:
                return divisor, is_exact
    return 1, np.zeros(len(values), bool)


def _is_exact(values: Any, divisor: int) -> Any:
    with np.errstate(invalid="ignore", over="ignore"):
        whole = np.rint(values * divisor)
        same = (whole / divisor == values) & (np.abs(whole) < EXACT)
    # 0.0 and -0.0 are equal, and not the same.
    return same & ~(np.signbit(values) & (values == 0))


def runs(numbers: Any) -> Iterator[tuple[int, int, int]]:
    """(series, begin, end) of a column of the numbers of series, in their order."""
    if not len(numbers):
        return
    begins = np.flatnonzero(np.concatenate(([True], numbers[1:] != numbers[:-1])))
    ends = [*begins[1:].tolist(), len(numbers)]
    yield from zip(numbers[begins].tolist(), begins.tolist(), ends, strict=True)
