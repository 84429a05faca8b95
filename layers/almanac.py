"""What a day is: its lunar date, solar term, traditional festival, and whether it is worked on.

Days are those of Asia/Shanghai, from `layers.lunar.FIRST_DAY` to `layers.lunar.LAST_DAY`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

import msgspec
from borax.calendars.lunardate import LunarDate  # type: ignore[import-untyped]

from layers.lunar import LAST_DAY, Lunar, lunar
from layers.working_time import DayKind, kind_of
from store.language import Word


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    on: tuple[int, int]
    name: str
    name_en: str


class _Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    terms: Mapping[str, str]
    days: tuple[_Kept, ...]


@dataclass(frozen=True, kw_only=True)
class Almanac:
    """What a day is called and how it is kept."""

    day: date
    lunar: Lunar
    term: Word | None
    festival: Word | None
    kind: DayKind
    holiday: Word | None


@cache
def almanac(day: date) -> Almanac:
    """A day.

    >>> found = almanac(date(2026, 12, 22))
    >>> found.lunar.name, found.term.name, found.kind.value
    ('冬月十四', '冬至', 'workday')

    Raises
    ------
    ValueError
        If it lies outside of the lunar calendar's tables.
    """
    of = lunar(day)
    kind, holiday = kind_of(day)
    return Almanac(day=day, lunar=of, term=_term(day), festival=_festival(day, of), kind=kind, holiday=holiday)


def _term(day: date) -> Word | None:
    found = LunarDate.from_solar_date(day.year, day.month, day.day).term
    return Word(found, _words().terms[found]) if found else None


def _festival(day: date, of: Lunar) -> Word | None:
    following = lunar(day + timedelta(days=1)) if day < LAST_DAY else of
    is_eve = (following.month, following.day) == (1, 1)
    on = (1, 0) if is_eve else (of.month, of.day)
    if of.is_leap and not is_eve:
        return None
    return next((Word(one.name, one.name_en) for one in _words().days if one.on == on), None)


@cache
def _words() -> _Words:
    return msgspec.convert(tomllib.loads((files("layers") / "almanac.toml").read_text(encoding="utf-8")), _Words)
