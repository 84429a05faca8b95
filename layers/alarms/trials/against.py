"""The past of a metric beside another one of the same device, which is its limit."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from layers.alarms.rules import Rule
from layers.alarms.trials import past
from layers.alarms.trials.past import DOES, DOES_NOT, MIXED, SPAN, Hour, Span, Values
from sensors.tables import reading_hour
from store.bulk import given
from store.instant import HOUR, Instant


@dataclass(frozen=True, slots=True)
class Seen:
    """The values that matter of each series, and those of its limit; up to when there are all of them."""

    values: dict[int, Values]
    limits: dict[int, Values]
    until: Instant


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of a series: when, how many values, the least and the greatest of them."""

    hour: Any
    n: Any
    low: Any
    high: Any


def read(connection: Connection, rule: Rule, pairs: Mapping[int, int], since: Instant, until: Instant) -> Seen:
    """Read what matters of series (the keys) of which others (the values) are the limits."""
    begins = since - since % HOUR
    known = _hours(connection, sorted({*pairs, *pairs.values()}), begins, until)
    before = _last_before(connection, sorted(pairs.values()), begins)
    said = {one: of for one, of in sorted(pairs.items()) if of in known or of in before}
    listed = [hour for one, of in said.items() for hour in _abnormal(rule, one, known.get(one), known.get(of))]
    until = _looked_until(listed, known, until)
    spans = past.spans(rule, [hour for hour in listed if hour[1] < until], since)
    limits = past.joined([_with_limit(span, pairs[span[0]], known, before) for span in spans])
    values = past.values(connection, spans, since, until)
    found = past.values(connection, limits, 0, until)
    return Seen(values, {one: found[of] for one, of in pairs.items() if of in found}, until)


def _hours(connection: Connection, numbers: list[int], since: Instant, until: Instant) -> dict[int, Hours]:
    c = reading_hour.c
    asked = given(connection, SPAN[:1], [(one,) for one in numbers])
    query = select(c.series_id, c.hour, c.n, c.low, c.high).where(
        c.series_id.in_(asked), c.hour >= since, c.hour < until
    )
    found = past.columns(connection, query.order_by(c.series_id, c.hour))
    if found is None:
        return {}
    of, hour, n, low, high = (np.asarray(column) for column in found)
    begins = np.flatnonzero(np.concatenate(([True], of[1:] != of[:-1]))).tolist()
    ends = [*begins[1:], len(of)]
    return {
        int(of[a]): Hours(hour[a:b], n[a:b], low[a:b].astype(float), high[a:b].astype(float))
        for a, b in zip(begins, ends, strict=True)
    }


def _last_before(connection: Connection, numbers: list[int], since: Instant) -> dict[int, Instant]:
    """The last hour before a time of which there is something, by series."""
    asked, c = given(connection, SPAN[:1], [(one,) for one in numbers]).cte("asked"), reading_hour.c
    last = select(c.hour).where(c.series_id == asked.c.series_id, c.hour < since).order_by(c.hour.desc()).limit(1)
    rows = connection.execute(select(asked.c.series_id, last.scalar_subquery()))
    return {number: hour for number, hour in rows if hour is not None}


def _abnormal(rule: Rule, number: int, of: Hours | None, limits: Hours | None) -> list[Hour]:
    """The hours in which the condition may hold: by the least and the greatest that the limit can be in each."""
    if of is None:
        return []
    low, high = np.full(len(of.hour), -inf), np.full(len(of.hour), inf)
    if limits is not None:
        # What the last hour before said may still count in this one, with what this one says.
        place = np.searchsorted(limits.hour, of.hour)
        has_before, before = place > 0, np.maximum(place - 1, 0)
        low[has_before], high[has_before] = limits.low[before][has_before], limits.high[before][has_before]
        here = np.minimum(place, len(limits.hour) - 1)
        is_here = has_before & (limits.hour[here] == of.hour)
        low[is_here] = np.minimum(low, limits.low[here])[is_here]
        high[is_here] = np.maximum(high, limits.high[here])[is_here]
    none, every = _bounds(rule, of, low + rule.value, high + rule.value)
    verdict = np.where(none, DOES_NOT, np.where(every & (rule.schedule is None), DOES, MIXED))
    following = [*of.hour[1:].tolist(), None]
    rows = zip(of.hour.tolist(), verdict.tolist(), following, strict=True)
    return [(number, hour, what, after) for hour, what, after in rows if what != DOES_NOT]


def _bounds(rule: Rule, of: Hours, low: Any, high: Any) -> tuple[Any, Any]:
    band = rule.deadband
    match rule.op:
        case ">":
            return of.high <= low - band, of.low > high
        case ">=":
            return of.high < low - band, of.low >= high
        case "<":
            return of.low >= high + band, of.high < low
        case "<=":
            return of.low > high + band, of.high <= low
        case "==":
            return (of.high < low) | (of.low > high), np.zeros(len(of.hour), bool)
    return np.zeros(len(of.hour), bool), (of.high < low) | (of.low > high)


def _looked_until(hours: list[Hour], known: Mapping[int, Hours], until: Instant) -> Instant:
    """As of `past.abnormal`; each value that is looked at is looked at beside one of the limit."""
    total = 0
    for place, (number, hour, verdict, _) in enumerate(sorted(hours, key=lambda one: one[1])):
        if verdict == MIXED:
            of = known[number]
            total += int(of.n[np.searchsorted(of.hour, hour)])
        if total > past.VALUES_AT_MOST // 2 or place > past.HOURS_AT_MOST:
            return max(hour, hours[0][1] + HOUR)
    return until


def _with_limit(span: Span, of: int, known: Mapping[int, Hours], before: Mapping[int, Instant]) -> Span:
    """The same time of the limit's series, from the last hour before of which there is something."""
    _, begins, ends = span
    limits = known.get(of)
    place = 0 if limits is None else int(np.searchsorted(limits.hour, begins))
    if limits is not None and place > 0:
        return of, int(limits.hour[place - 1]), ends
    return of, before.get(of, begins), ends
