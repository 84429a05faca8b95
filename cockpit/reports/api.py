"""Routes of the reports: made when somebody asks, listed with how far they have come, kept as files."""

import asyncio
import time
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from cockpit.reports import kept
from cockpit.reports.kinds import EXAMPLES, Code, kinds, over_by, period
from cockpit.reports.maker import Maker
from geo.communities import Community
from layers.problem import Problem
from layers.roles import Actor, may
from layers.web import CommunityPath, Given, Limit, Services, WriteActor, instant_query
from store import audit, budgets
from store.engine import writing
from store.instant import Instant, format_rfc3339, now

Format = Literal["pdf", "xlsx"]
Language = Literal["zh-CN", "en"]
Lang = Annotated[Language, Query(alias="lang", description="the report's language")]
KnownAt = Annotated[
    str | None,
    Query(max_length=40, description="RFC 3339; the report as it was known at that moment, always the same bytes"),
]
FIRST: Language = "zh-CN"
"""A report is for people of the township: without a language it is in Chinese, whoever asks."""
LARGEST = 2**31 - 1
Number = Annotated[int, Path(ge=1, le=LARGEST)]
LOOK_S = 0.2


class NewReport(BaseModel):
    """A report that is to be made of what is known now, or was at a moment."""

    model_config = ConfigDict(extra="forbid")
    kind: Code
    period: str | None = Field(None, max_length=10, description="2026-10, 2026-W44, 2026-10-31; null: the last one")
    known_at: str | None = Field(None, max_length=40, description="RFC 3339; null: now")


class Scheduled(BaseModel):
    """Whether a kind is made by itself."""

    model_config = ConfigDict(extra="forbid")
    kind: Code
    enabled: bool


def router(maker: Maker) -> APIRouter:
    """The routes below ``/api/v1/{community}/reports``."""
    routes = APIRouter(prefix="/api/v1/{community}/reports", tags=["reports"])
    _by_period(routes, maker)
    _list(routes, maker)

    @routes.get("/{number}/file", response_class=Response)
    async def file(
        number: Number,
        community: CommunityPath,
        given: Given,
        actor: WriteActor,
        request: Request,
        format: Format,
        lang: Lang = FIRST,
    ) -> Response:
        """A file of a report that was made; where it is not kept any more it is set once more of the same figures."""
        await run_in_threadpool(_seen, given, community, number, actor)
        return await _answer(request, given, community, number, format, lang, maker)

    @routes.post("/{number}/again", status_code=202)
    def again(
        number: Number, community: CommunityPath, given: Given, actor: WriteActor, response: Response
    ) -> dict[str, Any]:
        """Try a report again that could not be made; 200 where there is nothing to try."""
        _seen(given, community, number, actor)
        with writing(given.databases.of(community.code)) as connection:
            row = kept.again(connection, community.code, number, now())
        response.status_code = 202 if row.state in kept.UNDER_WAY else 200
        maker.wake()
        return _told(given, community, number)

    @routes.post("/{number}/stop")
    def stop(number: Number, community: CommunityPath, given: Given, actor: WriteActor) -> dict[str, Any]:
        """Stop one that waits or is being made; whoever asked for it may, and managers."""
        row = _seen(given, community, number, actor)
        if row.actor != actor.label and not may(actor.role, "manager"):
            raise Problem(403, "role does not suffice", f"this needs manager; you are {actor.role}")
        with writing(given.databases.of(community.code)) as connection:
            kept.stop(connection, row, now())
        return _told(given, community, number)

    return routes


def _by_period(routes: APIRouter, maker: Maker) -> None:
    def of_kind(kind: Code, said: str) -> None:
        # The file itself, or 202 where it takes longer than anybody waits.
        @routes.get(f"/{kind}", response_class=Response, name=kind, description=said)
        async def of_period(
            request: Request, given: Given, community: CommunityPath, actor: WriteActor,
            code: Annotated[str, Query(alias=kind, max_length=10, description=EXAMPLES[kind])],
            format: Format = "pdf", lang: Lang = FIRST, known_at: KnownAt = None,
        ) -> Response:  # fmt: skip
            moment = instant_query("known_at", known_at)
            number = await run_in_threadpool(_ask, given, community, kind, code, moment, actor, False)
            maker.wake()
            return await _answer(request, given, community, number, format, lang, maker)

    newest = "Of one that is over: the newest that was made, so that all read the same."
    of_kind("month", f"The report of a month. {newest}")
    of_kind("week", f"The report of a week, by ISO 8601, for the council. {newest}")
    of_kind("day", f"The report of a day for the duty desk. {newest}")


def _list(routes: APIRouter, maker: Maker) -> None:
    @routes.get("")
    def listed(
        community: CommunityPath,
        given: Given,
        actor: WriteActor,
        cursor: Annotated[int | None, Query(ge=1, le=LARGEST)] = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        """The reports that whoever asks may have, the newest first, with their files; and what is made by itself."""
        own = [code for code, kind in kinds().items() if may(actor.role, kind.role)]
        with given.databases.of(community.code).connect() as connection:
            rows = kept.listed(connection, community.code, own, limit, cursor)
            files = kept.files_of(connection, [row.id for row in rows])
            said = kept.schedule(connection, community.code)
        return {
            "reports": [kept.told(row, files.get(row.id, ())) for row in rows],
            "cursor": rows[-1].id if len(rows) == limit else None,
            "kinds": [_kind(code, said.get(code)) for code in own],
        }

    @routes.post("", status_code=202)
    def make(
        body: NewReport, community: CommunityPath, given: Given, actor: WriteActor, response: Response
    ) -> dict[str, Any]:
        """Have a report made of what is known now; 200 where the one of that moment is there already."""
        code = body.period if body.period is not None else over_by(body.kind, now()).code
        moment = instant_query("known_at", body.known_at)
        number = _ask(given, community, body.kind, code, moment, actor, True)
        maker.wake()
        told = _told(given, community, number)
        response.status_code = 202 if told["state"] in kept.UNDER_WAY else 200
        return told

    @routes.post("/schedule")
    def put_schedule(body: Scheduled, community: CommunityPath, given: Given, actor: WriteActor) -> dict[str, Any]:
        """Have a kind of report made by itself from now on, or not."""
        _check_role(body.kind, actor)
        with writing(given.databases.of(community.code)) as connection:
            kept.put_schedule(connection, community.code, body.kind, body.enabled, actor.label, now())
            told = {"kind": body.kind, "enabled": body.enabled}
            audit.record(connection, actor.label, "report.schedule", community.code, told)
            said = kept.schedule(connection, community.code)
        return _kind(body.kind, said[body.kind])


def _kind(code: str, said: Any) -> dict[str, Any]:
    kind, moment = kinds()[code], now()
    return {
        "kind": code,
        "name": kind.name,
        "name_en": kind.name_en,
        "last": over_by(code, moment).code,
        "at": kind.due.at,
        "day": kind.due.day,
        "weekday": kind.due.weekday,
        "keep_days": kind.keep_days,
        "enabled": said is None or said.enabled,
        "by": None if said is None else said.actor,
    }


def _check_role(kind: str, actor: Actor) -> None:
    least = kinds()[kind].role
    if not may(actor.role, least):
        raise Problem(403, "role does not suffice", f"this needs {least}; you are {actor.role}")


def _ask(
    given: Services, community: Community, kind: str, code: str, known_at: Instant | None, actor: Actor, anew: bool
) -> int:
    _check_role(kind, actor)
    of = period(kind, code)
    with writing(given.databases.of(community.code)) as connection:
        return kept.ask(connection, community.code, kind, of, known_at, actor.label, now(), anew=anew)


def _seen(given: Services, community: Community, number: int, actor: Actor) -> Any:
    """A report that whoever asks may have: 404, 403 where not."""
    with given.databases.of(community.code).connect() as connection:
        row = kept.one(connection, community.code, number)
    _check_role(row.kind, actor)
    return row


def _told(given: Services, community: Community, number: int) -> dict[str, Any]:
    with given.databases.of(community.code).connect() as connection:
        row = kept.one(connection, community.code, number)
        files = kept.files_of(connection, [number])
    return kept.told(row, files.get(number, ()))


async def _answer(
    request: Request, given: Services, community: Community, number: int, form: Format, language: Language, maker: Maker
) -> Response:
    """The file, once it is made; 202 where that takes too long, 500 with why where it failed."""
    until = time.monotonic() + budgets.current().report_wait_seconds
    step_out: AbstractAsyncContextManager[None] = request.state.step_out()
    async with step_out:
        while True:
            state, found = await run_in_threadpool(_look, given, community, number, language, form, maker)
            if state.state not in kept.UNDER_WAY or time.monotonic() > until or await request.is_disconnected():
                break
            await asyncio.sleep(LOOK_S)
    if state.state == kept.FAILED:
        raise Problem(500, "report failed", str(state.reason), report=number)
    if found is None:
        told = await run_in_threadpool(_told, given, community, number)
        where = f"{request.url.path.rsplit('/reports', 1)[0]}/reports/{number}/file?format={form}&lang={language}"
        return _later(told, where)
    content, digest = found
    name = f"{community.code}-{state.kind}-{state.period}-{language}.{form}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "ETag": f'"{digest}"',
        "Content-Language": language,
        "X-Report-Known-At": format_rfc3339(state.known_at),
    }
    return Response(content, media_type=kept.FORMATS[form], headers=headers)


def _look(
    given: Services, community: Community, number: int, language: str, form: str, maker: Maker
) -> tuple[Any, tuple[bytes, str] | None]:
    engine = given.databases.of(community.code)
    with engine.connect() as connection:
        row = kept.one(connection, community.code, number)
        found = kept.content(connection, number, language, form) if row.state == kept.DONE else None
    if row.state == kept.DONE and (found is None or found[0] is None):
        with writing(engine) as connection:
            row = kept.again(connection, community.code, number, now())
        maker.wake()
        return row, None
    return row, None if found is None or found[0] is None else (found[0], found[1])


def _later(told: dict[str, Any], where: str) -> Response:
    return JSONResponse(told, 202, headers={"Retry-After": "5", "Location": where})
