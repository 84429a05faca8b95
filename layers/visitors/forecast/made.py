"""A forecast of a site as it is told: made at most every few minutes, its errors measured once a day.

Of the model and the baseline the one counts whose errors on held-out days were smaller.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Connection, func, select

from layers.problem import Problem
from layers.visitors.capacity import rules as visitor_rules
from layers.visitors.festivals import days
from layers.visitors.forecast import ahead
from layers.visitors.forecast import history as counted
from layers.visitors.forecast.days import weights, with_festivals
from layers.visitors.forecast.measure import BASELINE, MODEL, Measured, measure
from layers.visitors.forecast.model import profiles
from layers.visitors.forecast.rules import HORIZON_HOURS, rules
from layers.visitors.inside import inside
from layers.visitors.tables import site_count
from store.instant import DAY, HOUR, MINUTE, Instant, local_date, now

KEPT = 64
"""Forecasts and measurements that a process keeps, of now and of past times each."""
IN_LINE = 4
"""So many may wait for a forecast of a past time: each holds one of the threads that all questions share."""
RETRY_S = 5


@dataclass(frozen=True, slots=True)
class Point:
    """People inside at a time, as forecast, and between which numbers."""

    ts: Instant
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Made:
    """A forecast: ``points`` of the model that counts, ``baseline`` beside it; or the ``reason`` why there is none.

    ``days`` says how many days with counts there were, ``kind`` what kind of day it is, ``past`` are people inside
    at the end of each of the last hours. ``entered`` are those who entered since midnight, ``entering`` those who will
    have, by the profiles and without an interval.
    """

    at: Instant
    present: float
    entered: float
    kind: str
    days: int
    past: tuple[tuple[Instant, float], ...] = ()
    model: str | None = None
    points: tuple[Point, ...] = ()
    baseline: tuple[Point, ...] = ()
    entering: tuple[Point, ...] = ()
    measured: Measured | None = None
    reason: str | None = None


@dataclass(slots=True)
class _Kept:
    lock: threading.Lock
    until: Instant = 0
    made: Made | None = None
    day: date | None = None
    measured: Measured | None = None


_kept: OrderedDict[tuple[Any, ...], _Kept] = OrderedDict()
_kept_past: OrderedDict[tuple[Any, ...], _Kept] = OrderedDict()
"""Apart from those of now, which no question of a past time is to push out."""
_guard = threading.Lock()
_making_past = threading.Lock()
_in_line = threading.BoundedSemaphore(IN_LINE)


def forecast(connection: Connection, community: str, site: str, at: Instant | None = None) -> Made:
    """The forecast of a site from now on, or from a past time with what is known of the time before it.

    Whoever comes while it is made waits for it. A past one is of the last mark of ``kept_minutes`` before its time,
    or of when somebody counted since, and kept as long.

    Raises
    ------
    Problem
        503 where too many others wait for one of a past time.
    """
    of = (str(connection.engine.url), community, site)
    if at is not None:
        return _past(connection, of, at)
    kept = _place(_kept, of)
    with kept.lock:
        moment = now()
        counts = _counts(connection, community, site, moment)
        # What somebody counted on the spot meanwhile moves all of it.
        if kept.made is None or moment >= kept.until or counts > kept.made.at:
            today = local_date(moment)
            measured = kept.measured if kept.day == today else None
            kept.made = _make(connection, community, site, moment, measured)
            kept.until = moment + rules().kept_minutes * MINUTE
            kept.day, kept.measured = today, kept.made.measured
        return kept.made


def _past(connection: Connection, of: tuple[str, str, str], at: Instant) -> Made:
    _, community, site = of
    moment = max(at - at % (rules().kept_minutes * MINUTE), _counts(connection, community, site, at))
    kept = _place(_kept_past, (*of, moment))
    if (known := kept.made) is not None and now() < kept.until:
        return known
    if not _in_line.acquire(blocking=False):
        raise Problem(503, "busy", "too many forecasts of past times; try again in a few seconds", retry_after=RETRY_S)
    try:
        # One after the other, whatever their times: they are worked out beside everything else that is asked.
        with _making_past:
            return _made_once(connection, of, moment, kept)
    finally:
        _in_line.release()


def _made_once(connection: Connection, of: tuple[str, str, str], moment: Instant, kept: _Kept) -> Made:
    _, community, site = of
    if kept.made is None or now() >= kept.until:
        # What a day's forecasts are measured on lies before it: it is the same for all of its times.
        of_day = _place(_kept_past, (*of, local_date(moment)))
        measured = of_day.measured if now() < of_day.until else None
        kept.made = _make(connection, community, site, moment, measured)
        kept.until = now() + rules().kept_minutes * MINUTE
        if measured is None:
            of_day.measured, of_day.until = kept.made.measured, kept.until
    return kept.made


def _place(places: OrderedDict[tuple[Any, ...], _Kept], key: tuple[Any, ...]) -> _Kept:
    with _guard:
        found = places.setdefault(key, _Kept(threading.Lock()))
        places.move_to_end(key)
        while len(places) > KEPT:
            places.popitem(last=False)
        return found


def _counts(connection: Connection, community: str, site: str, moment: Instant) -> Instant:
    """When somebody last counted who is inside; of the last day, since each day begins anew."""
    c = site_count.c
    query = select(func.max(c.at)).where(c.community == community, c.site == site, c.at.between(moment - DAY, moment))
    return connection.scalar(query) or 0


def _make(connection: Connection, community: str, site: str, moment: Instant, measured: Measured | None) -> Made:
    kind = with_festivals(days.of_site(connection, community, site, moment))
    history = counted.read(connection, community, site, moment, kind)
    today = len(history.days) - 2
    present = inside(connection, community, site, moment, moment).people
    counted_days = int((np.isfinite(history.ended).sum(axis=1) > 0).sum())
    measured = measured or measure(history, kind, today, visitor_rules()["reset_hour"])
    in_hour = counted.in_this_hour(connection, community, site, moment)
    past = ahead.past(history, moment)
    entered = ahead.entered_today(history, moment, in_hour)
    empty = Made(moment, present, entered, kind(history.days[today]), counted_days, past, measured=measured)
    if measured is None:
        return replace(empty, reason="history")
    if in_hour is None and not ahead.is_heard(history, moment):
        return replace(empty, reason="unheard")
    profile = profiles(history, weights(history.days, kind))
    forecasts = {
        MODEL: ahead.walked(history, profile, moment, present, in_hour),
        BASELINE: ahead.a_week_ago(history, moment),
    }
    points = {name: _within(means, measured, name, moment) for name, means in forecasts.items()}
    other = BASELINE if measured.better == MODEL else MODEL
    chosen = measured.better if points[measured.better] else other
    if not points[chosen]:
        return replace(empty, reason="history")
    entering = ahead.entering(history, profile, moment, entered, in_hour)
    # How far those who enter lie from what is forecast is not measured: no interval is made up for them.
    daily = tuple(Point(ts, people, people, people) for ts, people in entering.items())
    return replace(empty, model=chosen, points=points[chosen], baseline=points[BASELINE], entering=daily)


def _within(means: dict[Instant, float], measured: Measured, model: str, moment: Instant) -> tuple[Point, ...]:
    """With the interval of each time: between whole hours ahead in proportion, within the first as at its end."""
    horizons = np.arange(1, HORIZON_HOURS + 1)
    found = []
    for ts, mean in means.items():
        hours = (ts - moment) / HOUR
        low, high = (float(np.interp(hours, horizons, bound)) for bound in measured.bounds[model])
        share = max(mean, measured.scale)
        found.append(Point(ts, mean, max(0.0, mean + low * share), max(0.0, mean + high * share)))
    return tuple(found)
