"""The tables of tiers, payers and meals. The rows stand in canteen.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from store.language import Word

GUEST, COOPERATIVE, UNNAMED = "guest", "cooperative", "unnamed"
FULL, TRIAL = "full", "trial"


@dataclass(frozen=True, kw_only=True)
class Tier:
    """A tier of prices; ``age`` and ``pays`` are the fields of the register meal_prices that say from when on, and
    what the guest pays."""

    code: str
    name: str
    name_en: str
    age: str
    pays: str


@cache
def _rows() -> dict[str, Any]:
    return tomllib.loads((files("layers.services.canteen") / "canteen.toml").read_text(encoding="utf-8"))


@cache
def tiers() -> tuple[Tier, ...]:
    """Every tier, the oldest guests' first."""
    return tuple(Tier(**row) for row in _rows()["tiers"])


@cache
def payers() -> dict[str, Word]:
    """Every payer by code."""
    return {code: Word(**row) for code, row in _rows()["payers"].items()}


@cache
def meals() -> dict[str, Word]:
    """The meals of a day by code, in their order."""
    return {code: Word(**row) for code, row in _rows()["meals"].items()}


def tier_words() -> dict[str, Word]:
    """What tiers are called, by code."""
    return {one.code: Word(one.name, one.name_en) for one in tiers()}


def notices() -> dict[str, Any]:
    """The kinds of notices that the canteen tells of."""
    found: dict[str, Any] = _rows()["notices"]
    return found
