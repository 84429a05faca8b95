"""Routes of the canteen: days and months, what each payer owes and paid, closings."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from layers.people import sees_people
from layers.problem import Problem
from layers.services.canteen import closings, figures, postings
from layers.services.canteen.closings import MONTH, days_of
from layers.web import At, CommunityPath, Given, Limit, Manager, Reading, StaffAt, Viewer, WriteActor, check_period
from store.engine import writing
from store.instant import format_rfc3339, midnight, now
from store.language import say

DAY_PATTERN = r"^\d{4}-\d{2}-\d{2}$"
MONTH_PATTERN = r"^[1-9]\d{3}-(0[1-9]|1[0-2])$"
Day = Annotated[str, Query(pattern=DAY_PATTERN, description="of Asia/Shanghai")]
Month = Annotated[str, Query(pattern=MONTH_PATTERN)]


class Closing(BaseModel):
    """What is to be closed: a day or a month."""

    day: str | None = Field(None, pattern=DAY_PATTERN)
    month: str | None = Field(None, pattern=MONTH_PATTERN)

    def period(self) -> tuple[Literal["day", "month"], str]:
        """Which of both, and which one."""
        if (self.day is None) == (self.month is None):
            raise Problem(422, "bad request", say("日与月，填其中一个"))
        return ("day", _day("day", self.day)) if self.day is not None else ("month", str(self.month))


def add_to(routes: APIRouter) -> None:
    """Add the routes below ``/api/v1/{community}/canteen``."""
    _figures(routes)
    _books(routes)

    @routes.post("/canteen/closings", status_code=201)
    def close(
        body: Closing, community: CommunityPath, given: Given, actor: Manager, response: Response
    ) -> dict[str, Any]:
        """Close a day or a month; 200 where it is closed already, 409 where it is not over or does not balance."""
        kind, period = body.period()
        with writing(given.databases.of(community.code)) as connection:
            closing, is_new = closings.close(connection, community.code, kind, period, now(), actor.label)
        response.status_code = 201 if is_new else 200
        return closings.told(closing)


def _figures(routes: APIRouter) -> None:
    @routes.get("/canteen/days")
    def days(
        community: CommunityPath,
        connection: Reading,
        viewer: Viewer,
        at: StaffAt,
        first: Annotated[str, Query(alias="from", pattern=DAY_PATTERN)],
        last: Annotated[str, Query(alias="to", pattern=DAY_PATTERN, description="this day too")],
    ) -> dict[str, Any]:
        """Meals of days of account, newest first; by tier, payer and meal for stewards, in fen.

        Everybody is told each day's meals, null where they are fewer than 5.
        """
        _day("from", first), _day("to", last)
        check_period(midnight(date.fromisoformat(first)), midnight(date.fromisoformat(last)) + 1, viewer)
        closed = postings.closed_through(connection, community.code, at)
        found = figures.by_day(figures.lines(connection, community.code, first, last, at))
        told = figures.whole if sees_people(viewer, community.code) else figures.open_day
        rows = [{"day": day, "closed": day <= closed, **told(found[day])} for day in sorted(found, reverse=True)]
        return {"days": rows, **_asked(at)}

    @routes.get("/canteen/month")
    def month(
        community: CommunityPath, connection: Reading, viewer: Viewer, at: StaffAt, month: Month
    ) -> dict[str, Any]:
        """A month by tier, payer and meal, in fen; where one is null, it is fewer than 5 or would tell such a one."""
        code = community.code
        found = figures.lines(connection, code, *days_of(MONTH, month), at)
        is_whole = sees_people(viewer, code)
        told = figures.whole(found) if is_whole else figures.open_month(connection, code, month, found)
        closed = postings.closed_through(connection, code, at) >= days_of(MONTH, month)[1]
        return {"month": month, "closed": closed, **told, **_asked(at)}


def _books(routes: APIRouter) -> None:
    @routes.get("/canteen/subsidies")
    def subsidies(
        community: CommunityPath, connection: Reading, actor: WriteActor, at: At, month: Month
    ) -> dict[str, Any]:
        """What each payer owes for a month, what was paid of it, and what is left; in fen."""
        return {"month": month, "payers": figures.subsidies(connection, community.code, month, at), **_asked(at)}

    @routes.get("/canteen/postings")
    def posted(
        community: CommunityPath, connection: Reading, actor: WriteActor, day: Day, limit: Limit = 500
    ) -> dict[str, Any]:
        """The postings of a day of account: entries and reversals, late ones told as such."""
        rows = postings.of_day(connection, community.code, _day("day", day), limit)
        return {"day": day, "postings": [_posting(one) for one in rows]}

    @routes.get("/canteen/closings")
    def closed(
        community: CommunityPath,
        connection: Reading,
        actor: WriteActor,
        at: At,
        cursor: Annotated[int | None, Query(ge=1, le=2**53)] = None,
        limit: Limit = 31,
    ) -> dict[str, Any]:
        """Closings, newest first; ``intact`` says whether books and digest are still as they were closed."""
        rows = closings.listed(connection, community.code, limit, cursor, at)
        told = [closings.told(one) | {"intact": closings.is_intact(connection, one)} for one in rows]
        return {"closings": told, "cursor": rows[-1].id if len(rows) == limit else None}


def _posting(one: dict[str, Any]) -> dict[str, Any]:
    kept = ("id", "kind", "late", "payer", "fen", "tier", "meal", "meal_day")
    return {name: one[name] for name in kept} | {"row": one["meal_id"], "at": format_rfc3339(one["at"])}


def _asked(at: int | None) -> dict[str, str | None]:
    return {"at": None if at is None else format_rfc3339(at)}


def _day(name: str, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Problem(400, "bad parameter", say("{name}：{day} 不是日期", name=name, day=text)) from None
