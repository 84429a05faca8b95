"""The rows of forecast.toml."""

import tomllib
from functools import cache
from importlib.resources import files

import msgspec

HORIZON_HOURS = 3
"""How far ahead is forecast and measured."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of days, and whether their weekday tells them apart."""

    name: str
    name_en: str
    by_weekday: bool


class Like(msgspec.Struct, frozen=True, kw_only=True):
    """How much a day of one of two kinds says of a day of the other."""

    kinds: tuple[str, str]
    weight: float


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A code's words."""

    name: str
    name_en: str


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """forecast.toml, where each number is told."""

    step_minutes: int
    kept_minutes: int
    history_days: int
    earlier_years: int
    around_days: int
    warm_up_days: int
    calibration_days: int
    least_days: int
    interval: float
    recency: float
    oldest: float
    other_weekday: float
    pull: float
    lasting: float
    floor: float
    unheard_hours: int
    kind: dict[str, Kind]
    like: tuple[Like, ...]
    model: dict[str, Named]
    reason: dict[str, Named]
    measure: dict[str, Named]

    def likeness(self, one: str, other: str) -> float:
        """How much a day of a kind says of one of another kind, 1 of its own."""
        if one == other:
            return 1.0
        return next((row.weight for row in self.like if set(row.kinds) == {one, other}), 0.0)


@cache
def rules() -> Rules:
    """The rows."""
    text = (files(__package__) / "forecast.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Rules)
