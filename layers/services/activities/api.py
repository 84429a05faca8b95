"""Routes of activities: the calendar and the wall of photos for everybody, a photo sent in by stewards."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from layers.lunar import FIRST_DAY, LAST_DAY
from layers.people import sees_people
from layers.photos import cleaned
from layers.problem import Problem
from layers.roles import Actor
from layers.services.activities import calendar, media
from layers.web import Body, CommunityPath, Given, Limit, Reading, Services, StaffAt, Viewer, WriteActor, elsewhere
from store.demonstration import marked
from store.engine import writing
from store.instant import local_date, now

DAY_PATTERN = r"^\d{4}-\d{2}-\d{2}$"
MOST_DAYS = 62
Day = Annotated[str | None, Query(pattern=DAY_PATTERN, description="of Asia/Shanghai")]
Number = Annotated[int, Path(ge=1, le=2**53)]


def add_to(routes: APIRouter) -> None:
    """Its routes below ``/api/v1/{community}``."""

    @routes.get("/calendar")
    def days(
        community: CommunityPath,
        connection: Reading,
        given: Given,
        at: StaffAt,
        since: Annotated[Day, Query(alias="from")] = None,
        until: Annotated[Day, Query(alias="to")] = None,
    ) -> dict[str, Any]:
        """Each day from ``from`` to ``to``, both included: what is on, its lunar date, and whether it is worked on.

        Left out, the month of the day that is today. No person is named in it.
        """
        moment = now() if at is None else at
        first, last = _period(since, until, local_date(moment))
        asked = calendar.Asked(community=community.code, first=first, last=last, moment=moment, at=at, seal=given.seal)
        return calendar.told(connection, asked)

    _media(routes)


def _media(routes: APIRouter) -> None:
    @routes.get("/media")
    def wall(
        community: CommunityPath,
        connection: Reading,
        given: Given,
        viewer: Viewer,
        at: StaffAt,
        limit: Limit = 60,
        cursor: Annotated[str | None, Query(pattern=r"^\d{4}-\d{2}-\d{2}~\d{1,16}$")] = None,
    ) -> dict[str, Any]:
        """The wall of photos, the newest day first: those that are agreed to and shown; for stewards every row."""
        day, _, number = (cursor or "").partition("~")
        asked = media.Asked(
            community=community.code,
            is_all=sees_people(viewer, community.code),
            at=at,
            after=(day, int(number)) if cursor else None,
            limit=limit,
        )
        found = marked(connection, "register_row", media.wall(connection, given.seal, asked))
        more = f"{found[-1]['day']}~{found[-1]['id']}" if len(found) == limit else None
        return {"media": found, "cursor": more}

    @routes.get("/media/{number}/photo")
    def photo(
        community: CommunityPath,
        connection: Reading,
        given: Given,
        viewer: Viewer,
        number: Number,
        if_none_match: Annotated[str | None, Header(max_length=200)] = None,
    ) -> Response:
        """A photo of the wall, as JPEG; one that not everybody may see is there for stewards only."""
        found = media.photo(connection, given.seal, community.code, number, sees_people(viewer, community.code))
        if found is None:
            raise Problem(404, "not found", f"no photo {number} in {community.code!r}")
        # Asked for anew each time it is shown, since an agreement can be withdrawn at any time.
        headers = {"Cache-Control": "private, no-cache", "ETag": f'"{found.sha256}"'}
        if if_none_match == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(found.jpeg, media_type="image/jpeg", headers=headers)

    @routes.post("/registers/media/{number}/photo", status_code=201)
    async def add_photo(
        community: CommunityPath,
        given: Given,
        actor: WriteActor,
        number: Number,
        content: Body,
        request: Request,
        response: Response,
    ) -> dict[str, Any]:
        """Keep the photo of a row, as the body: made small, and free of what the camera wrote in it; 200 if known."""
        jpeg = await elsewhere(request, cleaned, content)
        is_new = await run_in_threadpool(_keep, given, community.code, number, jpeg, actor)
        response.status_code = 201 if is_new else 200
        return {"id": number}


def _keep(given: Services, community: str, number: int, jpeg: bytes, actor: Actor) -> bool:
    with writing(given.databases.of(community)) as connection:
        return media.keep(connection, given.seal, community, number, jpeg, actor)


def _period(since: str | None, until: str | None, today: date) -> tuple[date, date]:
    """The days that are asked for; 400 where they are none, too many, or outside of the calendar."""
    first = _day("from", since) if since else today.replace(day=1)
    last = (
        _day("to", until) if until else (first.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    )
    if not FIRST_DAY <= first <= last <= LAST_DAY - timedelta(days=1):
        raise Problem(
            400, "bad parameter", f"from, to: days from {FIRST_DAY} to {LAST_DAY}, the first not after the last"
        )
    if (last - first).days >= MOST_DAYS:
        raise Problem(400, "period too long", f"from, to: at most {MOST_DAYS} days at once")
    return first, last


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Problem(400, "bad parameter", f"{name}: {error}") from None
