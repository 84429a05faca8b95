"""Festivals as the API tells them."""

from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from layers.lunar import day_name
from layers.visitors.festivals.calendar import Window, windows
from layers.visitors.festivals.kept import said
from layers.visitors.festivals.plans import Calendar, Plan
from layers.visitors.festivals.state import On, on_duty, standing
from layers.visitors.festivals.tables import festival_duty, festival_step
from store.instant import Instant, format_rfc3339, now


def all_of(connection: Connection, community: str, at: Instant | None) -> list[dict[str, Any]]:
    """Every festival as it stands, now or at a past time."""
    moment = now() if at is None else at
    known = said(connection, community, moment)
    return [_told(connection, community, plan, known.steps.get(code), moment) for code, plan in known.plans.items()]


def one(connection: Connection, community: str, festival: str) -> dict[str, Any]:
    """One as it stands now."""
    return next(found for found in all_of(connection, community, None) if found["code"] == festival)


def _told(connection: Connection, community: str, plan: Plan, step: Row[Any] | None, moment: Instant) -> dict[str, Any]:
    current = standing(plan, step, moment)
    manned = {} if current is None else on_duty(connection, community, current, moment)
    return {
        "code": plan.code,
        "name": plan.name,
        "name_en": plan.name_en,
        "is_configured": not plan.basis,
        "basis": plan.basis or None,
        "basis_en": plan.basis_en or None,
        "sites": list(plan.sites),
        "begins": plan.begins,
        "calendar": _calendar(plan.calendar),
        "next": _window(plan.calendar, moment),
        "limits": plan.limits or None,
        "units": list(plan.units),
        "posts": [msgspec.to_builtins(post) | {"on_duty": manned.get(post.code, [])} for post in plan.posts],
        "on": None if current is None else _on(current),
    }


def _on(current: On) -> dict[str, Any]:
    return {
        "since": format_rfc3339(current.since),
        "until": None if current.until is None else format_rfc3339(current.until),
        "by": current.by,
        "is_peak": current.is_peak,
    }


def _calendar(calendar: Calendar | None) -> dict[str, Any] | None:
    if calendar is None:
        return None
    days = (calendar.first, calendar.last, *calendar.peaks)
    found: dict[str, Any] = msgspec.to_builtins(calendar)
    names_en = [f"{month}-{day}" for month, day in days]
    return found | {"names": [day_name(*day) for day in days], "names_en": names_en}


def _window(calendar: Calendar | None, moment: Instant) -> dict[str, Any] | None:
    """The days of the festival that is on or comes next; None where the calendar's tables end."""
    found: Window | None = next((w for w in windows(calendar, moment) if w.end > moment), None) if calendar else None
    if found is None:
        return None
    return {
        "first": found.first.isoformat(),
        "last": found.last.isoformat(),
        "peaks": [peak.isoformat() for peak in found.peaks],
    }


def log(connection: Connection, community: str, festival: str, limit: int) -> list[dict[str, Any]]:
    """Beginnings and ends by hand, and who came to posts and left, newest first."""
    s, d = festival_step.c, festival_duty.c
    steps = select(festival_step).where(s.community == community, s.festival == festival)
    duties = select(festival_duty).where(d.community == community, d.festival == festival)
    rows = [
        {"at": row.at, "what": "start" if row.is_start else "stop", "note": row.note, "by": row.actor}
        for row in connection.execute(steps.order_by(s.at.desc(), s.id.desc()).limit(limit))
    ] + [
        {"at": row.at, "what": "on" if row.is_on else "off", "post": row.post, "who": row.who, "by": row.actor}
        for row in connection.execute(duties.order_by(d.at.desc(), d.id.desc()).limit(limit))
    ]
    newest = sorted(rows, key=lambda row: -row["at"])[:limit]
    return [row | {"at": format_rfc3339(row["at"])} for row in newest]
