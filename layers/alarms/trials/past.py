"""What is stored of the past, as far as a rule could make something of it.

An hour whose least and greatest value leave no doubt says all that a rule needs; only the others, and where one follows
the other, are read value by value. So a month of a thousand devices is a question of what was abnormal in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    FrameClause,
    FrameClauseType,
    Integer,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    true,
)

from layers.alarms.rules import AMOUNTS, Rule
from layers.alarms.watching.recall import SOUND
from sensors.readings.archive import questions
from sensors.tables import reading, reading_hour
from store.bulk import given
from store.instant import HOUR, Instant

VALUES_AT_MOST, HOURS_AT_MOST = 300_000, 200_000
"""Readings, and hours of series, that one trial looks at; a rule that needs more holds everywhere."""

Span = tuple[int, Instant, Instant]
"""(series, from, to): of a series, what is read value by value."""
Hour = tuple[int, Instant, int, Instant | None]
"""(series, hour, verdict, the next hour of which there is something)."""
SPAN = (Column("series_id", Integer), Column("begins", BigInteger), Column("ends", BigInteger))
DOES, DOES_NOT, MIXED = 1, -1, 0
"""What an hour says of a condition: it holds for each value, for none even of a raised alarm, or that is to be seen."""


@dataclass(frozen=True, slots=True)
class Values:
    """The sound values of a series in the order of time."""

    ts: Any
    value: Any


EMPTY = Values(np.empty(0, np.int64), np.empty(0))


def values(connection: Connection, spans: Sequence[Span], since: Instant, until: Instant) -> dict[int, Values]:
    """What is stored of these spans, by series: numbers beyond doubt only."""
    if not spans:
        return {}
    asked, c = given(connection, SPAN, spans).cte("asked"), reading.c
    # A subquery that the planner cannot dissolve: each span is one way into the key, however many there are.
    inner = select(c.ts, c.value).where(
        c.series_id == asked.c.series_id, c.ts >= asked.c.begins, c.ts < asked.c.ends, c.ts >= since, c.ts < until
    )
    inner = inner.where(c.quality.in_(SOUND), c.value.is_not(None))
    if connection.dialect.name == "postgresql":
        one = inner.offset(0).lateral("one")
        query = select(asked.c.series_id, one.c.ts, one.c.value).select_from(asked).join(one, true())
    else:
        query = inner.with_only_columns(asked.c.series_id, c.ts, c.value)
    is_archived = questions.is_any(connection, since, until)
    found = columns(connection, query)
    rows = questions.values(connection, spans, since, until, SOUND) if is_archived else []
    if found is None and not rows:
        return {}
    both = zip(*(found or ((), (), ())), strict=True), rows
    numbers, ts, said = (np.asarray(column) for column in (zip(*chain(*both), strict=True) if rows else found or ()))
    order = np.lexsort((ts, numbers))
    numbers, ts, said = numbers[order], ts[order].astype(np.int64), said[order].astype(float)
    begins = np.flatnonzero(np.concatenate(([True], numbers[1:] != numbers[:-1])))
    ends = [*begins[1:].tolist(), len(numbers)]
    parts = zip(numbers[begins].tolist(), begins.tolist(), ends, strict=True)
    return {number: Values(ts[begin:end], said[begin:end]) for number, begin, end in parts}


def columns(connection: Connection, query: Select[Any]) -> list[tuple[Any, ...]] | None:
    """The rows of a query as columns; None where there is none."""
    # Past SQLAlchemy's rows, of which each is an object: half of the time of reading hundreds of thousands.
    found = connection.execute(query).cursor
    rows = found.fetchall() if found is not None else []
    return list(zip(*rows, strict=True)) if rows else None


def hours(connection: Connection, rule: Rule, numbers: Sequence[int], since: Instant, until: Instant) -> Subquery:
    """The hours of these series and what each says of a rule: ``series_id``, ``hour``, ``n``, ``verdict``."""
    asked = given(connection, SPAN[:1], [(one,) for one in numbers])
    c = reading_hour.c
    begins = since - since % HOUR
    within = and_(c.series_id.in_(asked), c.hour < until)
    if rule.op not in AMOUNTS:
        query = select(c.series_id, c.hour, c.n, _verdict(rule, c.low, c.high).label("verdict"))
        return query.where(within, c.hour >= begins).subquery("hours")
    before = lookback(rule)
    bound = _bound(rule, before)
    inner = select(c.series_id, c.hour, c.n, bound.label("bound")).where(within, c.hour >= begins - before).subquery()
    is_less = inner.c.bound > rule.value if rule.op == "rate" and rule.value < 0 else inner.c.bound < rule.value
    query = select(inner.c.series_id, inner.c.hour, inner.c.n, case((is_less, DOES_NOT), else_=MIXED).label("verdict"))
    return query.where(inner.c.hour >= begins).subquery("hours")


def lookback(rule: Rule) -> Instant:
    """Whole hours that the window of a rule can reach back."""
    return -(-rule.window // HOUR) * HOUR if rule.op in AMOUNTS else 0


def _bound(rule: Rule, before: Instant) -> Any:
    """The greatest amount, of a fall the least, that any value of an hour can come to within the window."""
    c = reading_hour.c

    # Microseconds are more than the integers that a frame is given by itself.
    back = bindparam("back", before, BigInteger, unique=True)
    frame = FrameClause(back, None, FrameClauseType.PRECEDING, FrameClauseType.CURRENT)

    def over(of: Any) -> Any:
        return of.over(partition_by=c.series_id, order_by=c.hour, range_=frame)

    if rule.op == "count":
        return over(func.sum(c.total))
    return c.high - over(func.min(c.low)) if rule.value > 0 else c.low - over(func.max(c.high))


def _verdict(rule: Rule, low: Any, high: Any) -> Any:
    limit, band = rule.value, rule.deadband
    match rule.op:
        case ">":
            none, every = high <= limit - band, low > limit
        case ">=":
            none, every = high < limit - band, low >= limit
        case "<":
            none, every = low >= limit + band, high < limit
        case "<=":
            none, every = low > limit + band, high <= limit
        case "==":
            none, every = or_(high < limit, low > limit), and_(low == limit, high == limit)
        case _:
            none, every = and_(low == limit, high == limit), or_(high < limit, low > limit)
    if rule.schedule is not None:
        return case((none, DOES_NOT), else_=MIXED)
    return case((none, DOES_NOT), (every, DOES), else_=MIXED)


def abnormal(connection: Connection, found: Subquery, until: Instant) -> tuple[list[Hour], Instant]:
    """The hours in which a condition may hold, in the order of series and time; and up to when these are all of them.

    That is ``until``, or where there is more to look at than a trial looks at.
    """
    c = found.c
    query = select(c.series_id, c.hour, c.verdict, c.n).where(c.verdict != DOES_NOT).order_by(c.hour, c.series_id)
    read = columns(connection, query.limit(HOURS_AT_MOST + 1))
    if read is None:
        return [], until
    numbers, hour, verdict, n = (np.asarray(column, np.int64) for column in read)
    too_many = np.cumsum(np.where(verdict == MIXED, n, 0)) > VALUES_AT_MOST
    too_many[HOURS_AT_MOST:] = True
    if too_many.any():
        # The first hour is looked at in any case.
        until = min(until, max(int(hour[too_many.argmax()]), int(hour[0]) + HOUR))
    order = np.lexsort((hour, numbers))
    order = order[hour[order] < until]
    numbers, hour, verdict = numbers[order], hour[order], verdict[order]
    is_last = np.ones(len(order), bool)
    is_last[:-1] = (numbers[1:] != numbers[:-1]) | (hour[1:] != hour[:-1] + HOUR)
    ends = list(zip(numbers[is_last].tolist(), hour[is_last].tolist(), strict=True))
    after = _following(connection, ends)
    rows = zip(numbers.tolist(), hour.tolist(), verdict.tolist(), is_last.tolist(), strict=True)
    return [(of, at, what, after.get((of, at)) if last else at + HOUR) for of, at, what, last in rows], until


def _following(connection: Connection, ends: Sequence[tuple[int, Instant]]) -> dict[tuple[int, Instant], Instant]:
    """(series, hour) -> the next hour of which there is something."""
    if not ends:
        return {}
    asked, c = given(connection, SPAN[:2], ends).cte("asked"), reading_hour.c
    after = select(c.hour).where(c.series_id == asked.c.series_id, c.hour > asked.c.begins).order_by(c.hour).limit(1)
    rows = connection.execute(select(asked.c.series_id, asked.c.begins, after.scalar_subquery()))
    return {(of, at): following for of, at, following in rows if following is not None}


def spans(rule: Rule, hours_: Sequence[Hour], since: Instant) -> list[Span]:
    """What is to be read value by value: hours in doubt, the first after a change, and as long as a delay may run.

    An hour that began before ``since`` says nothing of the one after it: what it tells may have been said before.
    """
    back = rule.window if rule.op in AMOUNTS else 0
    made: list[Span] = []
    of, expected, was, seen_until = -1, None, DOES_NOT, 0
    for series_id, hour, verdict, following in hours_:
        is_next = series_id == of and hour == expected
        if not is_next and expected is not None:
            made.append((of, expected, expected + HOUR))
        is_change = verdict != DOES or was != DOES or not is_next
        if is_change:
            # A delay that began in this hour ends by then; what was said last before it is the alarm's value.
            seen_until = hour + HOUR + rule.on_delay
        if is_change or hour < seen_until:
            made.append((series_id, hour - back, hour + HOUR))
        of, expected, was = series_id, following, verdict if hour >= since else MIXED
    if expected is not None:
        made.append((of, expected, expected + HOUR))
    return joined(made)


def joined(some: Sequence[Span]) -> list[Span]:
    """Spans that touch or overlap as one, in the order of series and time."""
    made: list[Span] = []
    for series_id, begins, ends in sorted(some):
        if made and made[-1][0] == series_id and begins <= made[-1][2]:
            made[-1] = (series_id, made[-1][1], max(ends, made[-1][2]))
        else:
            made.append((series_id, begins, ends))
    return made
