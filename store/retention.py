"""How long what is stored is kept: retention.toml has a row for every table of the schema."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

from store.instant import DAY, Instant


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row of retention.toml; what its fields mean stands there."""

    keep: Literal["always", "state", "days", "with"]
    personal: Literal["no", "staff", "resident", "maybe"]
    reason: str
    reason_en: str
    name: str
    name_en: str
    days: int | None = None
    setting: str | None = None
    table: str | None = None
    of: str | None = None


@cache
def retention() -> Mapping[str, Retention]:
    """The row of each table."""
    rows = tomllib.loads((files("store") / "retention.toml").read_text(encoding="utf-8"))
    return msgspec.convert(rows, dict[str, Retention])


def days_of(table: str) -> int | None:
    """For how many days rows of a table are kept where no setting says otherwise; None: for ever."""
    return retention()[table].days


def period_of(table: str) -> Instant:
    """The same of one that is never kept for ever, in microseconds."""
    days = days_of(table)
    if days is None:
        raise KeyError(table)
    return days * DAY
