"""The rows of levels.toml: when people inside begin again at nought, levels, doubts and verdicts in words."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Level:
    """A level of crowding; ``rank`` is 0 for the lowest, None for a site that is closed."""

    code: str
    name: str
    name_en: str
    mark: str
    rank: int | None


@cache
def rules() -> dict[str, Any]:
    """levels.toml."""
    return tomllib.loads((files("layers.visitors") / "levels.toml").read_text(encoding="utf-8"))


@cache
def by_rank() -> tuple[Level, ...]:
    """The levels by rank, lowest first."""
    return tuple(_level(row, rank) for rank, row in enumerate(rules()["level"]))


@cache
def closed() -> Level:
    """The level of a site that lets nobody in."""
    return _level(rules()["closed"], None)


@cache
def by_code() -> dict[str, Level]:
    """Every level by its code."""
    return {level.code: level for level in (*by_rank(), closed())}


@cache
def default_limits() -> tuple[float, ...]:
    """The share of the capacity from which each level begins, by rank."""
    return tuple(float(row["from_ratio"]) for row in rules()["level"])


def deadband() -> float:
    """How far below its limit the share must fall before a level is left; a share of the capacity."""
    return float(rules()["deadband"])


def default_error() -> float:
    """What a counter errs by where nobody measured it; percent of those who pass."""
    return float(rules()["gate_error_percent"])


def _level(row: dict[str, Any], rank: int | None) -> Level:
    return Level(row["code"], row["name"], row["name_en"], row["mark"], rank)


def next_rank(before: int | None, share: float, limits: Sequence[float] = ()) -> int:
    """The rank of a share of the capacity, where ``before`` is the rank until now, None where there is none.

    Up at once: whoever is warned late is not warned. Down only below the limit less the deadband, one or
    several levels at a time.

    >>> [next_rank(1, share) for share in (0.95, 0.79, 0.78, 0.77)]
    [2, 1, 1, 0]
    """
    begins = limits or default_limits()
    reached = max(rank for rank, limit in enumerate(begins) if share >= limit or rank == 0)
    if before is None or reached >= before:
        return reached
    # A share is a quotient of whole numbers: what is equal on paper may differ in the last bit.
    held = [rank for rank, limit in enumerate(begins) if share >= limit - deadband() - 1e-9 or rank == 0]
    return min(before, max(held))
