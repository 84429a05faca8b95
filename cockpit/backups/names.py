"""What a backup is called, which says of which moment and schema it is; and which of them stay."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from store.instant import DAY, HOUR, MINUTE, SECOND, SHANGHAI, Instant, from_datetime, to_datetime

TEXT = re.compile(r"cockpit-([0-9]{8}-[0-9]{6})-([0-9a-z_]+)(?:-([0-9a-z_-]+))?(\.hand)?\.tar\.gz(\.age)?")
MOMENT = "%Y%m%d-%H%M%S"
AHEAD: Instant = 5 * MINUTE
"""Clocks that are looked after are not so far apart: what is dated further ahead was made by a wrong one."""


@dataclass(frozen=True, order=True)
class Name:
    """``cockpit-20261127-033001-0037.tar.gz``: nothing in it is later than its moment, by the clock in Asia/Shanghai.

    ``schema`` is the revision of the shared database's schema. ``scope`` is the community whose database alone it
    holds; empty where it holds all. ``.age`` ends the name of one that is encrypted. ``.hand`` is in that of one that
    a person made: whatever is asked of the target alone, it is known who stands behind it.
    """

    moment: Instant
    schema: str
    scope: str = ""
    is_encrypted: bool = False
    is_by_hand: bool = False

    def is_ahead(self, at: Instant) -> bool:
        """Whether it is dated ahead of now: the clock was wrong when it was made, and how old it is nobody knows."""
        return self.moment > at + AHEAD

    def __str__(self) -> str:
        moment = to_datetime(self.moment).astimezone(SHANGHAI)
        scope = f"-{self.scope}" if self.scope else ""
        hand, age = ".hand" if self.is_by_hand else "", ".age" if self.is_encrypted else ""
        return f"cockpit-{moment:{MOMENT}}-{self.schema}{scope}{hand}.tar.gz{age}"


def parsed(text: str) -> Name | None:
    """The name that a text is; None where it is none."""
    found = TEXT.fullmatch(text)
    if found is None:
        return None
    try:
        moment = datetime.strptime(found[1], MOMENT).replace(tzinfo=SHANGHAI)
    except ValueError:
        return None
    return Name(from_datetime(moment), found[2], found[3] or "", found[5] is not None, found[4] is not None)


def named(moment: Instant, schema: str, scope: str, *, is_encrypted: bool, is_by_hand: bool = False) -> Name:
    """The name of a backup whose last copy was begun by a moment."""
    return Name(-(-moment // SECOND) * SECOND, schema or "none", scope, is_encrypted, is_by_hand)


@dataclass(frozen=True)
class Rule:
    """How many stay: the newest of each of so many days, weeks and months that have one, in Asia/Shanghai.

    Of the schemas too, since the newest of the schema before is the way back from an upgrade. And all of the last
    ``hours``, and what a person made within ``by_hand_days``: whoever backs up before an import that goes wrong, and
    once more after it, must find the one from before. Both are counted back from the newest.
    """

    hours: int = 48
    by_hand_days: int = 7
    days: int = 7
    weeks: int = 5
    months: int = 12
    schemas: int = 2


def newest(found: Iterable[Name], at: Instant) -> Name | None:
    """The newest of all databases that is not dated ahead of now; None where there is none."""
    return max((name for name in found if not name.scope and not name.is_ahead(at)), default=None)


def staying(found: Iterable[Name], rule: Rule, at: Instant) -> set[Name]:
    """Which of the backups that there are stay by a rule; of each scope for itself, the newest always.

    Those that are dated ahead of now are judged for themselves, and take no place from the others.
    """
    scopes: dict[tuple[str, bool], list[Name]] = {}
    for name in sorted(found, reverse=True):
        scopes.setdefault((name.scope, name.is_ahead(at)), []).append(name)
    return {name for names in scopes.values() for name in _of_one_scope(names, rule)}


def _of_one_scope(newest_first: Collection[Name], rule: Rule) -> set[Name]:
    periods: list[tuple[int, Callable[[Name], object]]] = [
        (rule.days, lambda name: _local(name).date()),
        (rule.weeks, lambda name: _local(name).isocalendar()[:2]),
        (rule.months, lambda name: (_local(name).year, _local(name).month)),
        (rule.schemas, lambda name: name.schema),
        (1, lambda name: None),
    ]
    stay: set[Name] = set()
    for count, period in periods:
        newest: dict[object, Name] = {}
        for name in newest_first:
            newest.setdefault(period(name), name)
        stay |= set(list(newest.values())[:count])
    last = next(iter(newest_first)).moment
    return stay | {name for name in newest_first if name.moment >= last - _kept_for(name, rule)}


def _kept_for(name: Name, rule: Rule) -> Instant:
    """So long before the newest it may be, and stays whatever else there is."""
    return max(rule.hours * HOUR, rule.by_hand_days * DAY if name.is_by_hand else 0)


def _local(name: Name) -> datetime:
    return to_datetime(name.moment).astimezone(SHANGHAI)
