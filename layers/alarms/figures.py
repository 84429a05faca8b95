"""How good the alarms of a period were: the figures of ANSI/ISA-18.2-2016, clause 16.4, and of EEMUA 191.

Names, targets and sources stand in figures.toml. What counts is what sounded: an alarm that was raised while it was
shelved, out of service or suppressed by design disturbed nobody. Each time that one sounds anew counts, so that
chattering shows. Times are those of the condition, not of its arrival.
"""

import tomllib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Connection, select

from layers.alarms import observed
from layers.alarms.course import Course, read
from layers.alarms.rules import PRIORITIES
from layers.alarms.tables import alarm_flood, duty
from store.instant import DAY, HOUR, MINUTE, SECOND, SHANGHAI_OFFSET, Instant, format_rfc3339
from store.language import Word, in_all

LISTED_AT_MOST = 10
PERIOD: Instant = 10 * MINUTE

Of = tuple[str, str]
"""(rule, subject)."""


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A figure in words, with its target: from ``least`` to ``most``; a rate is one of time."""

    name: str
    name_en: str
    unit: str
    source: str
    source_en: str = ""
    target: str | None = None
    least: float | None = None
    most: float | None = None
    is_rate: bool = False

    def is_met(self, value: float | None) -> bool | None:
        """Whether a value is within the target; None where there is no value or no target."""
        if value is None or self.target is None:
            return None
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


class Measured(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By what an alarm counts as chattering, fleeting, standing; and a time as too much."""

    chattering_n: int
    chattering_s: int
    fleeting_s: int
    standing_s: int
    peak: int
    peak_hour: int
    observed_h: int


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """figures.toml."""

    measured: Measured
    rows: dict[str, Row]


@cache
def table() -> Table:
    """The rows of figures.toml."""
    return msgspec.convert(tomllib.loads((files("layers.alarms") / "figures.toml").read_text(encoding="utf-8")), Table)


def figures(connection: Connection, community: str, since: Instant, until: Instant) -> dict[str, Any]:
    """The figures of the alarms in [since, until), as they were known at its end.

    Returns
    -------
    dict
        ``figures``: rows of code, name, value, unit, target, whether it is met, and the source of the target; and the
        lists behind them: ``top``, ``chattering``, ``fleeting``, ``standing``, ``floods``, and ``days`` with how many
        alarms each had, None where no rule watched. Rates are those of one operator, over ``observed_hours``, in which
        rules watched what was said:
        ``operators`` is the mean number of people on duty by the roster, at least one.
    """
    course = read(connection, community, since, until)
    operators = max(1.0, on_duty(connection, community, since, until))
    # In an hour that had an alarm a rule watched, if only over the cockpit itself.
    seen = np.union1d(observed.hours(connection, community, since, until), course.at // HOUR * HOUR)
    length = observed.length(seen, since, until)
    chattering, fleeting = _restless(course)
    standing = _standing(course, until)
    floods = _floods(connection, community, since, until)
    values = (
        _rates(course, since, until, operators, seen)
        | _shares(course)
        | _acknowledged(course)
        | _in_flood(floods, since, until, length)
        | {"chattering": len(chattering), "fleeting": len(fleeting)}
        | {"standing": _most_at_once(course, since, until)}
        | {code: course.deeds[event] for code, event in DEEDS.items()}
    )
    is_short = length < table().measured.observed_h * HOUR
    rows = [_row(code, row, values.get(code), is_short=is_short) for code, row in table().rows.items()]
    times = Counter(course.of)
    return {
        "from": format_rfc3339(since),
        "to": format_rfc3339(until),
        "observed_hours": round(length / HOUR, 1),
        "operators": round(operators, 2),
        "total": len(course.at),
        "figures": rows,
        "top": [_of(course, of, n) | {"share": _percent(n, len(course.at))} for of, n in _most(times)],
        "chattering": [_of(course, of, n) for of, n in _most(chattering)],
        "fleeting": [_of(course, of, n) for of, n in _most(fleeting)],
        "standing": [_of(course, of, None) | {"since": format_rfc3339(at)} for of, at in standing[:LISTED_AT_MOST]],
        "floods": [_flood(one, until) for one in floods],
        "days": _days(course, since, until, seen),
    }


DEEDS = {"shelved": "shelve", "suppressed": "suppress", "out_of_service": "take_out"}
"""Figure -> the event of life.toml that it counts."""


def on_duty(connection: Connection, community: str, since: Instant, until: Instant) -> float:
    """The mean number of people on duty in a period, as the roster stood at its end; nought where there is none."""
    c = duty.c
    stood = (c.community == community) & (c.at <= until) & (c.removed.is_(None) | (c.removed > until))
    query = select(c.person, c.begins, c.ends).where(stood, c.begins < until, c.ends > since)
    total, person, reached = 0, None, since
    for row in connection.execute(query.order_by(c.person, c.begins)):
        if row.person != person:
            person, reached = row.person, since
        begins, ends = max(row.begins, reached), min(row.ends, until)
        total += max(0, ends - begins)
        reached = max(reached, ends)
    return total / (until - since)


def _rates(course: Course, since: Instant, until: Instant, operators: float, seen: observed.Hours) -> dict[str, float]:
    """Over the hours in which something was observed; none where nothing was."""
    measured, n, length = table().measured, len(course.at), observed.length(seen, since, until)
    counted = {"alarms": n, "operators": operators}
    if not length:
        return counted
    tens = _counts(course.at, since, until, PERIOD, seen) / operators
    hours = _counts(course.at, since, until, HOUR, seen) / operators
    return counted | {
        "per_day": n / operators * DAY / length,
        "per_hour": n / operators * HOUR / length,
        "per_10_min": n / operators * PERIOD / length,
        "peak_10_min": float(tens.max()),
        "periods_over": float(100 * (tens > measured.peak).mean()),
        "hours_over": float(100 * (hours > measured.peak_hour).mean()),
    }


def _counts(at: Any, since: Instant, until: Instant, step: Instant, seen: observed.Hours) -> Any:
    """How many came in each step that lies in an hour of ``seen``, or begins in none of them and had any."""
    counts = np.bincount((at - since) // step, minlength=-(-(until - since) // step))
    begins = since + np.arange(len(counts)) * step
    return counts[np.isin(begins // HOUR * HOUR, seen) | (counts > 0)]


def _shares(course: Course) -> dict[str, float]:
    n = len(course.at)
    if n == 0:
        return {}
    by_priority = Counter(course.priority)
    ten = sum(count for _, count in Counter(course.of).most_common(10))
    return {"top_ten": _percent(ten, n)} | {code: _percent(by_priority[code], n) for code in PRIORITIES}


def _acknowledged(course: Course) -> dict[str, float]:
    if not course.waited:
        return {}
    median, p95 = np.percentile(course.waited, (50, 95)) / SECOND
    return {"acknowledged_median": float(median), "acknowledged_p95": float(p95)}


def _restless(course: Course) -> tuple[Counter[Of], Counter[Of]]:
    """How often each sounded that chattered; how often those that did not were gone in a moment."""
    measured = table().measured
    times: dict[Of, list[Instant]] = {}
    for of, at in zip(course.of, course.at.tolist(), strict=True):
        times.setdefault(of, []).append(at)
    chattering: Counter[Of] = Counter()
    n = measured.chattering_n
    for of, some in times.items():
        some.sort()
        close = zip(some, some[n - 1 :], strict=False)
        if any(last - first < measured.chattering_s * SECOND for first, last in close):
            chattering[of] = len(some)
    short = (of for of, took in course.lasted if took < measured.fleeting_s * SECOND and of not in chattering)
    return chattering, Counter(short)


def _standing(course: Course, until: Instant) -> list[tuple[Of, Instant]]:
    """What stands at the end for longer than it should, the longest first."""
    least = table().measured.standing_s * SECOND
    some = [(of, begin) for of, begin, end in course.stood if end is None and until - begin > least]
    return sorted(some, key=lambda one: one[1])


def _most_at_once(course: Course, since: Instant, until: Instant) -> int:
    """The number of those that stand too long on the day, in Asia/Shanghai, that has most of them."""
    least = table().measured.standing_s * SECOND
    first = (since + SHANGHAI_OFFSET) // DAY
    change = np.zeros((until + SHANGHAI_OFFSET) // DAY - first + 2, int)
    for _, begin, end in course.stood:
        stale, over = max(begin + least, since), until if end is None else min(end, until)
        if stale < over:
            change[(stale + SHANGHAI_OFFSET) // DAY - first] += 1
            change[(over - 1 + SHANGHAI_OFFSET) // DAY - first + 1] -= 1
    return int(change.cumsum().max())


def _floods(connection: Connection, community: str, since: Instant, until: Instant) -> list[Any]:
    c = alarm_flood.c
    query = select(alarm_flood).where(c.community == community, c.began < until, c.ended.is_(None) | (c.ended > since))
    return list(connection.execute(query.order_by(c.began)))


def _in_flood(floods: list[Any], since: Instant, until: Instant, length: Instant) -> dict[str, float]:
    shares = {"in_flood": min(100.0, _percent(_covered(floods, since, until), length))} if length else {}
    return {"floods": len(floods)} | shares


def _covered(floods: list[Any], since: Instant, until: Instant) -> Instant:
    return sum(min(until, one.ended or until) - max(since, one.began) for one in floods)


def _flood(row: Any, until: Instant) -> dict[str, Any]:
    ended = None if row.ended is None or row.ended > until else format_rfc3339(row.ended)
    return {
        "id": row.id,
        "began": format_rfc3339(row.began),
        "ended": ended,
        "first": row.first,
        "count": row.count,
    }


def _days(course: Course, since: Instant, until: Instant, seen: observed.Hours) -> list[dict[str, Any]]:
    """How many came on each day; None on one of which no rule watched an hour."""
    first, last = ((at + SHANGHAI_OFFSET) // DAY for at in (since, until - 1))
    counts = np.bincount((course.at + SHANGHAI_OFFSET) // DAY - first, minlength=last - first + 1)
    watched = {*((seen + SHANGHAI_OFFSET) // DAY - first).tolist()}
    return [
        {"day": format_rfc3339((first + n) * DAY)[:10], "count": int(count) if n in watched else None}
        for n, count in enumerate(counts.tolist())
    ]


def _most(times: Mapping[Of, int]) -> list[tuple[Of, int]]:
    return sorted(times.items(), key=lambda one: (-one[1], one[0]))[:LISTED_AT_MOST]


def _of(course: Course, of: Of, n: int | None) -> dict[str, Any]:
    rule, subject = of
    name, name_en = course.names[rule]
    told: dict[str, Any] = {"rule": rule, "subject": subject, "name": name, "name_en": name_en}
    return told if n is None else told | {"count": n}


def _percent(part: float, whole: float) -> float:
    return 100 * part / whole


TOO_SHORT = Word("监视不足 20 小时，不计频次", "watched for under 20 h, no rate")


def _row(code: str, row: Row, value: float | None, *, is_short: bool) -> dict[str, Any]:
    is_told = value is not None and not (row.is_rate and is_short)
    shown = round(value, 2) if value is not None and is_told else None
    return {
        "code": code,
        "name": row.name,
        "name_en": row.name_en,
        "value": shown,
        "unit": row.unit,
        "target": row.target,
        # By what is shown: a figure that reads as its target is one that meets it.
        "is_met": row.is_met(shown),
        **(in_all("why", TOO_SHORT) if row.is_rate and is_short else {}),
        **({"source": row.source or None} | ({"source_en": row.source_en} if row.source_en else {})),
    }
