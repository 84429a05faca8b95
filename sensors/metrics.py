"""What is known of each metric: names, unit, range. The rows stand in metrics.toml."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files


class Kind(StrEnum):
    """The type of a series' values."""

    NUMBER = "number"
    BOOL = "bool"
    TEXT = "text"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One row of metrics.toml.

    ``unit`` is the UCUM code, ``label`` the same for people; ``low`` and ``high`` bound what a
    working sensor can report; ``levels`` are the limits from which concern is low, middle, high;
    ``counts`` marks people counted since the last message, which are summed, not averaged.
    """

    code: str
    name: str
    name_en: str
    unit: str
    label: str
    label_en: str | None = None
    kind: Kind = Kind.NUMBER
    low: float | None = None
    high: float | None = None
    precision: int = 0
    levels: tuple[float, ...] = ()
    counts: bool = False

    def in_range(self, value: float) -> bool:
        """Whether a working sensor can report the value."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@cache
def metrics() -> dict[str, Metric]:
    """Every known metric by its code, in the order of the file."""
    table = tomllib.loads((files("sensors") / "metrics.toml").read_text(encoding="utf-8"))
    return {code: _metric(code, row) for code, row in table.items()}


def unit_of(code: str) -> str | None:
    """The UCUM unit of a metric; None where the metric is unknown."""
    known = metrics().get(code)
    return known.unit if known else None


def _metric(code: str, row: dict[str, object]) -> Metric:
    fields = row | {"kind": Kind(str(row.get("kind", Kind.NUMBER))), "levels": tuple(row.get("levels", ()))}  # type: ignore[arg-type]
    return Metric(code=code, **fields)  # type: ignore[arg-type]
