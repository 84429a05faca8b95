"""The tables of the community's own accounts and of what earns points. The rows stand in TOML."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from layers.services.registers.behind import Value

BY_HAND = "by_hand"
"""The earning of what a manager posts by itself."""


class Account(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An account of the community's own."""

    name: str
    name_en: str


class Earning(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a register earns points: which of its fields say whose, how much, when, and take how many points.

    Without a ``quantity`` a row counts once; ``only`` are values that a row must have to earn anything.
    """

    person: str
    day: str
    points: str
    quantity: str = ""
    only: dict[str, bool | str] = {}


class _Accounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    given_back_days: int
    accounts: dict[str, Account]


@cache
def accounts() -> Mapping[str, Account]:
    """The community's own accounts by their codes: issued, spent, expired."""
    return _accounts().accounts


@cache
def earnings() -> Mapping[str, Earning]:
    """What earns points, by the code of the register."""
    return msgspec.convert(_rows("earnings.toml"), dict[str, Earning])


def given_back_days() -> int:
    """How many days at least what a reversal gives back can be spent."""
    return _accounts().given_back_days


def whole(values: Mapping[str, Value], code: str) -> int:
    """A value that is a whole number, or the number of a row; nothing is 0."""
    found = values.get(code) or 0
    if not isinstance(found, int | float):
        raise TypeError(f"{code}: no number")
    return int(found)


@cache
def _accounts() -> _Accounts:
    return msgspec.convert(_rows("accounts.toml"), _Accounts)


def _rows(name: str) -> dict[str, Any]:
    return tomllib.loads((files(__package__) / name).read_text(encoding="utf-8"))
