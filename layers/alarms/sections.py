"""What reports tell of the alarms: how many by priority and day, how they were answered, what came most, floods."""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection

from layers.alarms import figures, observed
from layers.alarms.course import Course, read
from layers.alarms.look import looks
from layers.alarms.rules import PRIORITIES
from layers.sections import NO_DATA, Asked, Cell, Part, Row, Told, parts_of, word
from store.instant import DAY, HOUR, MINUTE, SHANGHAI_OFFSET, parse_rfc3339
from store.language import Word


@cache
def sections() -> Mapping[str, Part]:
    """The sections of this layer."""
    return parts_of(__package__ or "", {"alarms": alarms})


def alarms(connection: Connection, asked: Asked) -> Told:
    """The figures of ISA-18.2 for the period, as ``GET /alarms/figures`` tells them, with the lists behind them."""
    found = figures.figures(connection, asked.community, asked.since, asked.until)
    course = read(connection, asked.community, asked.since, asked.until)
    by_code = {one["code"]: one["value"] for one in found["figures"]}
    floods = [_flood(one, asked) for one in found["floods"]]
    is_watched = bool(len(observed.hours(connection, asked.community, asked.since, asked.until))) or found["total"]
    told: dict[str, Cell] = {
        "total": found["total"],
        "acknowledged_median": _minutes(by_code.get("acknowledged_median")),
        "acknowledged_p95": _minutes(by_code.get("acknowledged_p95")),
        "floods": len(floods),
        "in_flood": sum(float(str(one["minutes"])) for one in floods),
    }
    return Told(
        figures=told if is_watched else dict.fromkeys(told, NO_DATA),
        tables={
            "priorities": _priorities(course, is_watched=bool(is_watched)),
            "days": _by_day(course, found["days"]),
            "top": [_top(one) for one in found["top"]],
            "floods": floods,
            "figures": [_figure(one) for one in found["figures"]],
        },
        notes=_notes(found["observed_hours"], (asked.until - asked.since) / HOUR),
    )


WATCHED = 0.95


def _notes(observed: float, whole: float) -> list[Word]:
    """Over how much of the period rates are, where that is not nearly all of it."""
    if observed >= WATCHED * whole:
        return []
    return [
        Word(
            f"规则监视了 {observed:g} 小时（全期 {whole:g} 小时），频次只按这段时间计",
            f"Rules watched for {observed:g} of {whole:g} hours; rates are over these alone",
        )
    ]


def _minutes(seconds: float | None) -> Cell:
    return NO_DATA if seconds is None else round(seconds / 60, 1)


def _priorities(course: Course, *, is_watched: bool) -> list[Row]:
    """How many of each; nothing, which is drawn as a dash, where no rule watched."""
    counts = Counter(course.priority)
    total = counts.total()
    return [
        {
            "priority": word(looks().priorities[code]),
            "count": counts[code] if is_watched else None,
            "share": counts[code] / total if total else None,
        }
        for code in PRIORITIES
    ]


def _by_day(course: Course, days: list[dict[str, Any]]) -> list[Row]:
    """Each day by priority; together they are what the route tells of the day."""
    counts: Counter[tuple[int, str]] = Counter()
    for at, priority in zip(course.at.tolist(), course.priority, strict=True):
        counts[(at + SHANGHAI_OFFSET) // DAY, priority] += 1
    rows: list[Row] = []
    for one in days:
        day = parse_rfc3339(f"{one['day']}T00:00:00Z") // DAY
        is_watched = one["count"] is not None
        by_priority: Row = {code: counts[day, code] if is_watched else None for code in PRIORITIES}
        rows.append({"day": one["day"], "count": one["count"], **by_priority})
    return rows


def _top(one: dict[str, Any]) -> Row:
    return {"alarm": word(one), "subject": one["subject"], "count": one["count"], "share": one["share"] / 100}


def _flood(one: dict[str, Any], asked: Asked) -> Row:
    began = parse_rfc3339(one["began"])
    ended = None if one["ended"] is None else parse_rfc3339(one["ended"])
    length = min(ended or asked.until, asked.until) - max(began, asked.since)
    return {"began": began, "ended": ended, "minutes": round(length / MINUTE, 1), "count": one["count"]}


def _figure(one: dict[str, Any]) -> Row:
    marks = {True: "✓", False: "×", None: None}
    return {
        "figure": word(one),
        "value": Word(one["why"], one["why_en"]) if "why" in one else one["value"],
        "unit": one["unit"],
        "target": one["target"],
        "met": marks[one["is_met"]],
        "source": word(one, "source") if one["source"] else None,
    }
