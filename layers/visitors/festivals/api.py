"""Routes of the festivals: what is planned and on, plans entered, begun and ended by hand, who comes to a post."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import Connection

from layers.problem import Problem
from layers.roles import Actor, may
from layers.visitors import asked, queries, sums
from layers.visitors.capacity import state
from layers.visitors.festivals import hands, told
from layers.visitors.festivals.kept import changed
from layers.visitors.festivals.plans import Calendar, Plan, keep, plan_of
from layers.visitors.festivals.plans import Post as Planned
from layers.visitors.steps import alone
from layers.web import At, CommunityPath, Given, Limit, Manager, Reading, Services, WriteActor
from store import revision
from store.engine import writing
from store.instant import now

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True, pattern=r"^[^\x00]+$")]
English = Annotated[str, StringConstraints(max_length=120, pattern=r"^[^\x00]*$")]
MonthDay = tuple[int, int]


class Days(BaseModel):
    """When it is on, by lunar months and days: ``[8, 1]``; the last day is included."""

    first: MonthDay
    last: MonthDay
    peaks: list[MonthDay] = Field(default=[], max_length=10)


class Post(BaseModel):
    """A place to be manned."""

    code: Code
    name: Name
    name_en: English = ""
    site: Code
    people: int = Field(ge=1, le=1000)


class NewPlan(BaseModel):
    """A festival's plan, in place of what stood under its code."""

    code: Code
    name: Name
    name_en: English = ""
    sites: list[Code] = Field(min_length=1, max_length=20)
    begins: Literal["calendar", "hand"]
    calendar: Days | None = None
    limits: dict[str, float] = Field(default={}, description="shares of the capacity by level; empty: as every day")
    posts: list[Post] = Field(default=[], max_length=100)
    units: list[Name] = Field(default=[], max_length=100, description="who may be named on a post beside accounts")


class Said(BaseModel):
    """Why it is begun or ended by hand."""

    note: str = Field(min_length=1, max_length=500)


class Duty(BaseModel):
    """Who comes to a post, or leaves it: a unit of the plan, or an account."""

    who: str = Field(min_length=1, max_length=100)
    on: bool


def add_routes(routes: APIRouter) -> None:
    """The routes below ``/festivals``."""

    @routes.get("/festivals")
    def festivals(community: CommunityPath, connection: Reading, at: At) -> dict[str, Any]:
        """Every festival: its plan, its next days, and how it stands now or stood at a past time."""
        return {"festivals": told.all_of(connection, community.code, at)}

    @routes.post("/festivals", status_code=201)
    def plan(body: NewPlan, community: CommunityPath, given: Given, actor: Manager) -> dict[str, Any]:
        """Enter a plan; it counts from now on."""
        for site in body.sites:
            asked.check_site(community.code, site)
        with _changing(given, community.code, body.sites) as connection:
            keep(connection, community.code, _plan(body), actor)
            changed(connection)
            return told.one(connection, community.code, body.code)

    @routes.post("/festivals/{festival}/start", status_code=201)
    def start(body: Said, community: CommunityPath, festival: str, given: Given, actor: Manager) -> dict[str, Any]:
        """Begin it by hand; 409 where it is on."""
        return _step(given, community.code, festival, body, actor, is_start=True)

    @routes.post("/festivals/{festival}/stop", status_code=201)
    def stop(body: Said, community: CommunityPath, festival: str, given: Given, actor: Manager) -> dict[str, Any]:
        """End it by hand, until it is begun again or the calendar begins it next year; 409 where it is not on."""
        return _step(given, community.code, festival, body, actor, is_start=False)

    @routes.post("/festivals/{festival}/posts/{post}/duty", status_code=201)
    def duty(
        body: Duty, community: CommunityPath, festival: str, post: str, given: Given, actor: WriteActor
    ) -> dict[str, Any]:
        """Somebody comes to a post or leaves it; a steward only tells of oneself."""
        if body.who != actor.name and not may(actor.role, "manager"):
            raise Problem(403, "role does not suffice", "who is no manager tells of nobody but oneself")
        staff = given.staff(community.code)
        with given.databases.of(community.code).connect() as connection:
            known = plan_of(connection, community.code, festival)
        with _changing(given, community.code, known.sites) as connection:
            hands.duty(connection, community.code, known, post, body.who, staff, actor, is_on=body.on)
            return told.one(connection, community.code, festival)

    @routes.get("/festivals/{festival}/log")
    def log(
        community: CommunityPath, festival: str, connection: Reading, _actor: Manager, limit: Limit = 100
    ) -> dict[str, Any]:
        """Who began and ended it, and who came to posts and left, newest first."""
        plan_of(connection, community.code, festival)
        return {"log": told.log(connection, community.code, festival, limit)}


def _step(
    given: Services, community: str, festival: str, body: Said, actor: Actor, *, is_start: bool
) -> dict[str, Any]:
    note = asked.said("note", body.note)
    with given.databases.of(community).connect() as connection:
        known = plan_of(connection, community, festival)
    with _changing(given, community, known.sites) as connection:
        hands.step(connection, community, known, note, actor, is_start=is_start)
        return told.one(connection, community, festival)


@contextmanager
def _changing(given: Services, community: str, sites: Iterable[str]) -> Iterator[Connection]:
    """A transaction in which the levels of the sites follow; after its commit the screens are told of them."""
    engine = given.databases.of(community)
    with writing(engine) as connection:
        alone(connection, {community})
        revision.bump(connection, sums.REVISION)
        yield connection
        for site in sites:
            state.follow_by_hand(connection, community, site, now())
    with engine.connect() as connection:
        given.tell({community: {"visitors": dict(queries.records(connection, community, set(sites)))}})


def _plan(body: NewPlan) -> Plan:
    days = body.calendar
    return Plan(
        code=body.code,
        name=body.name,
        name_en=body.name_en,
        sites=tuple(dict.fromkeys(body.sites)),
        begins=body.begins,
        calendar=None if days is None else Calendar(first=days.first, last=days.last, peaks=tuple(days.peaks)),
        limits=body.limits,
        posts=tuple(Planned(**post.model_dump()) for post in body.posts),
        units=tuple(dict.fromkeys(body.units)),
    )
