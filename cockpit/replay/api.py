"""Routes of the replay of a past day: the day with its marks, and what changed in a window of it."""

import asyncio
import time
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Connection

from cockpit.replay.kept import KeptCourses
from layers.course import Mark
from layers.declare import layers
from layers.problem import Problem
from layers.web import SKEW, CommunityPath, Reading, Viewer, instant_query
from sensors.readings import history
from store import budgets
from store.instant import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Instant, format_rfc3339, local_date, midnight, now

LOOKS_S = 0.02
"""To look whether somebody hung up costs a turn of the event loop: not with each step."""


async def hung_up(request: Request) -> Callable[[], bool]:
    """Whether who asks has hung up meanwhile; asked by a thread that works for them."""
    loop = asyncio.get_running_loop()
    return lambda: asyncio.run_coroutine_threadsafe(request.is_disconnected(), loop).result()


HungUp = Annotated[Callable[[], bool], Depends(hung_up)]


def router() -> APIRouter:
    """The routes below ``/api/v1/{community}``."""
    routes = APIRouter(prefix="/api/v1/{community}/replay", tags=["replay"])
    kept = KeptCourses()

    @routes.get("")
    def window(
        community: CommunityPath,
        connection: Reading,
        viewer: Viewer,
        has_hung_up: HungUp,
        from_: Annotated[str, Query(alias="from", description="RFC 3339")],
        to: Annotated[str, Query(description="RFC 3339")],
        step: Annotated[int, Query(description="seconds; a whole part of an hour")] = 60,
        whole: Annotated[bool, Query(description="begin with a snapshot")] = False,
    ) -> Response:
        """What changed on the screens in a past span of time: frames as those of the live channel, one a step at most.

        ``to`` is how far it came; where that is less than was asked for, ask on from there.
        """
        since, until = _span(from_, to)
        every = _step(step)
        if whole:
            _check_observed(connection, community.code, since)
        with kept.work(is_stranger=viewer is None):
            course = kept.at(connection, community.code, since, is_begun=not whole)
            frames = [course.snapshot()] if whole else []
            most = budgets.current()
            frames += course.advance(
                connection, until, every, most.replay_records, goes_on(has_hung_up, most.replay_seconds)
            )
            kept.keep(connection, course)
        return _json(
            {
                "community": community.code,
                "from": format_rfc3339(since),
                "to": format_rfc3339(course.at),
                "frames": frames,
            }
        )

    @routes.get("/day")
    def day(
        community: CommunityPath,
        connection: Reading,
        day: Annotated[str, Query(alias="date", description="a day of Asia/Shanghai, 2026-11-26")],
    ) -> dict[str, Any]:
        """A past day: from when to when, whether anything was observed, and the alarms and events that came in it."""
        begins = _begin_of(day)
        moment = now()
        if begins > moment:
            raise Problem(400, "bad parameter", f"date: {day} has not come yet")
        first = check_known(connection, community.code)
        ends = min(begins + DAY, moment)
        found, left_out = _marks(connection, community.code, begins, ends)
        return {
            "date": day,
            "begins": begins // MILLISECOND,
            "ends": (begins + DAY) // MILLISECOND,
            "until": ends // MILLISECOND,
            "first": first // MILLISECOND,
            "observed": history.is_any_of(connection, community.code, begins, begins + DAY),
            "marks": [asdict(mark) | {"at": mark.at // MILLISECOND} for mark in found],
            "left_out": left_out,
        }

    @routes.get("/days")
    def days(
        community: CommunityPath,
        connection: Reading,
        month: Annotated[str, Query(description="a month of Asia/Shanghai, 2026-11")],
    ) -> dict[str, Any]:
        """The days of a month of which there are observations, and the day of the first ever."""
        begins = _month(month)
        first = history.first_of(connection, community.code)
        if first is None:
            return {"month": month, "first": None, "days": []}
        known = [
            local_date(day)
            for day in begins
            if day + DAY > first and day <= now() and history.is_any_of(connection, community.code, day, day + DAY)
        ]
        return {"month": month, "first": local_date(first), "days": known}

    return routes


def goes_on(has_hung_up: Callable[[], bool], seconds: float) -> Callable[[], bool]:
    """Whether there is time left, and who asked still waits: the latter is looked at now and then."""
    looked = time.monotonic()
    ends = looked + seconds

    def is_wanted() -> bool:
        nonlocal looked
        moment = time.monotonic()
        if moment < looked + LOOKS_S:
            return moment < ends
        looked = moment
        return moment < ends and not has_hung_up()

    return is_wanted


def _month(text: str) -> list[Instant]:
    """Where the days of a month of Asia/Shanghai begin; 400 where it is none."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Problem(400, "bad parameter", f"month: {text[:40]!r} is not a month such as 2026-11") from None
    return [midnight(first) + DAY * number for number in range(monthrange(first.year, first.month)[1])]


def _begin_of(day: str) -> Instant:
    """The beginning of a day of Asia/Shanghai; 400 where it is none."""
    try:
        return midnight(date.fromisoformat(day))
    except ValueError:
        raise Problem(400, "bad parameter", f"date: {day[:40]!r} is not a day such as 2026-11-26") from None


def check_known(connection: Connection, community: str) -> Instant:
    """When the first observation was made; 400 where there is none to be shown again."""
    first = history.first_of(connection, community)
    if first is None:
        raise Problem(400, "bad parameter", "nothing was observed here yet")
    return first


def _check_observed(connection: Connection, community: str, at: Instant) -> None:
    first = check_known(connection, community)
    # Whoever asks knows of it by the second.
    if at < first - first % SECOND:
        raise Problem(400, "bad parameter", f"from: before the first observation, {format_rfc3339(first)}")


def _span(from_: str, to: str) -> tuple[Instant, Instant]:
    since, until = instant_query("from", from_) or 0, instant_query("to", to) or 0
    moment = now()
    if until > moment + SKEW:
        raise Problem(400, "bad parameter", f"to: {format_rfc3339(until)} lies in the future")
    until = min(until, moment)
    minutes = budgets.current().replay_minutes
    if not 0 <= since <= until:
        raise Problem(400, "bad parameter", "from, to: the one must not be later than the other")
    if until - since > minutes * MINUTE:
        raise Problem(400, "period too long", f"from, to: at most {minutes} minutes at once")
    return since, until


def _step(seconds: int) -> Instant:
    if seconds < 1 or HOUR % (seconds * SECOND):
        raise Problem(400, "bad parameter", f"step: {seconds} is not a whole part of an hour's seconds")
    return seconds * SECOND


def _marks(connection: Connection, community: str, since: Instant, until: Instant) -> tuple[list[Mark], bool]:
    """What happened in a day, in the order of time, the gravest of each kind; whether some are left out."""
    most = budgets.current().replay_marks
    found: list[Mark] = []
    left_out = False
    for layer in layers():
        if layer.marks is not None:
            own: Sequence[Mark] = layer.marks(connection, community, since, until, most + 1)
            left_out = left_out or len(own) > most
            found += own[:most]
    return sorted(found, key=lambda mark: (mark.at, mark.id)), left_out


def _json(content: Any) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json", headers={"Cache-Control": "no-store"})
