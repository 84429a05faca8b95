"""Which festivals are on, now or at a past time: by the calendar, or by hand, whichever spoke last."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from layers.visitors.festivals import kept
from layers.visitors.festivals.calendar import Window, windows
from layers.visitors.festivals.kept import Duties, said
from layers.visitors.festivals.plans import Plan
from store.instant import MILLISECOND, Instant, local_date, now

BY_CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class On:
    """A festival that is on: since when, by whom, until when by the calendar, and whether it is at a climax."""

    plan: Plan
    since: Instant
    by: str
    until: Instant | None
    is_peak: bool


def on(connection: Connection, community: str, at: Instant | None = None) -> dict[str, On]:
    """The festivals that are on, by code."""
    moment = now() if at is None else at
    known = said(connection, community, moment)
    found = {code: standing(plan, known.steps.get(code), moment) for code, plan in known.plans.items()}
    return {code: one for code, one in found.items() if one is not None}


def standing(plan: Plan, step: Row[Any] | None, moment: Instant) -> On | None:
    """How a festival stands: what was done by hand holds until the calendar next begins or ends it.

    Begun by hand before its days it goes on through them and ends with them; ended by hand within its days it
    stays ended until next year.
    """
    known = windows(plan.calendar, moment) if plan.calendar and plan.begins == BY_CALENDAR else ()
    within = next((one for one in known if one.begin <= moment < one.end), None)
    ended = max((one.end for one in known if one.end <= moment), default=0)
    is_by_hand = step is not None and step.at >= max(ended, within.begin if within and not step.is_start else 0)
    if step is not None and is_by_hand:
        return _on(plan, step.at, step.actor, within, moment) if step.is_start else None
    return _on(plan, within.begin, BY_CALENDAR, within, moment) if within else None


def _on(plan: Plan, since: Instant, by: str, within: Window | None, moment: Instant) -> On:
    is_peak = within is not None and any(abs((local_date(moment) - peak).days) <= 1 for peak in within.peaks)
    return On(plan, since, by, within.end if within else None, is_peak)


def thresholds(connection: Connection, community: str, site: str, at: Instant | None = None) -> tuple[float, ...]:
    """Shares of the capacity from which each level of a site begins, by rank, while a festival sets them.

    Empty where none does: those of every day count. Of several festivals the strictest.
    """
    of_site = [one.plan.by_rank for one in on(connection, community, at).values() if site in one.plan.sites]
    return tuple(min(shares) for shares in zip(*filter(None, of_site), strict=True))


def surge(connection: Connection, community: str, at: Instant | None = None) -> dict[str, dict[str, Any]]:
    """What the screens show of the festival that is on, by site; times are epoch milliseconds."""
    found: dict[str, dict[str, Any]] = {}
    for one in on(connection, community, at).values():
        manned = on_duty(connection, community, one, now() if at is None else at)
        for site in one.plan.sites:
            found.setdefault(site, _told(one, manned, site))
    return found


def _told(one: On, manned: Duties, site: str) -> dict[str, Any]:
    posts = [post for post in one.plan.posts if post.site == site]
    return {
        "festival": one.plan.code,
        "name": one.plan.name,
        "name_en": one.plan.name_en,
        "is_configured": not one.plan.basis,
        "by_calendar": one.by == BY_CALENDAR,
        "is_peak": one.is_peak,
        "since": one.since // MILLISECOND,
        "until": None if one.until is None else one.until // MILLISECOND,
        "limits": one.plan.limits or None,
        "posts": len(posts) or None,
        "manned": sum(bool(manned.get(post.code)) for post in posts) if posts else None,
        "people": sum(post.people for post in posts) or None,
        "on_duty": sum(len(manned.get(post.code, [])) for post in posts) if posts else None,
    }


def on_duty(connection: Connection, community: str, one: On, moment: Instant) -> Duties:
    """Who is on each post since the festival began, by the post's code."""
    known = said(connection, community, moment)
    return kept.on_duty(connection, community, known, one.plan.code, one.since, moment)
