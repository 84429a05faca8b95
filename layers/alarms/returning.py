"""What an alarm waits for before it returns: a value beyond the deadband, or the end of an off-delay that has begun."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from layers.alarms import rulebook
from layers.alarms.occurrences import Key
from layers.alarms.rules import Rule
from layers.alarms.tables import alarm, alarm_watch
from layers.alarms.watching.machine import LEAVING
from store.bulk import is_one_of
from store.engine import KEYS_A_QUERY
from store.instant import Instant

UPPER, LOWER = (">", ">="), ("<", "<=")


@dataclass(frozen=True, slots=True)
class Wait:
    """``back`` is the value up to which the deadband holds it, ``leaves`` when its off-delay ends."""

    back: float | None = None
    leaves: Instant | None = None


def waits(connection: Connection, community: str, rows: Sequence[Any], at: Instant | None) -> dict[str, Wait]:
    """What each of these alarms waits for, by its id; two questions, however many they are.

    At a past time of the off-delay nothing is known: how far a rule had come is not kept.
    """
    standing = [row for row in rows if row.is_active and row.metric is not None]
    if not standing:
        return {}
    book = rulebook.rules_of(connection, community, at)
    w = alarm_watch.c
    leaving: dict[tuple[str, str], Instant] = {}
    if at is None:
        query = select(w.rule, w.subject, w.due).where(w.community == community, w.phase == LEAVING)
        leaving = {(row.rule, row.subject): row.due for row in connection.execute(query)}
    return {
        row.id: Wait(back=_back(book.get(row.rule), row.threshold), leaves=leaving.get((row.rule, row.subject)))
        for row in standing
    }


def _back(rule: Rule | None, threshold: float | None) -> float | None:
    """Of a limit that is another metric's nothing: it may have moved since."""
    if rule is None or threshold is None or not rule.deadband or rule.other is not None:
        return None
    if rule.op in UPPER:
        return threshold - rule.deadband
    return threshold + rule.deadband if rule.op in LOWER else None


def moved(connection: Connection, keys: Sequence[Key]) -> dict[str, set[str]]:
    """The open alarms of these, by community: those of which an off-delay began or was broken off."""
    found: dict[str, set[str]] = {}
    c = alarm.c
    for first in range(0, len(keys), KEYS_A_QUERY):
        some = is_one_of(connection, (c.community, c.rule, c.subject), keys[first : first + KEYS_A_QUERY])
        for row in connection.execute(select(c.community, c.id).where(c.cleared.is_(None), some)):
            found.setdefault(row.community, set()).add(row.id)
    return found
