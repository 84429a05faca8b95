"""Plans of festivals: those that ship (festivals.toml), and what managers enter, the newest of a festival counting."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
from sqlalchemy import Connection, func, insert, select

from layers.lunar import MONTHS
from layers.problem import Problem
from layers.roles import Actor
from layers.visitors.capacity import levels
from layers.visitors.festivals.tables import festival_plan
from store import audit
from store.instant import Instant, now

MonthDay = tuple[int, int]
"""A lunar month that is not leap, and its day."""


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """When a festival is on, by lunar days: from the first to the last, both included; ``peaks`` are its climaxes."""

    first: MonthDay
    last: MonthDay
    peaks: tuple[MonthDay, ...] = ()


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """A place that is to be manned: by how many, at which site."""

    code: str
    name: str
    name_en: str = ""
    site: str
    people: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A festival: where, when, what counts while it is on, and who stands where.

    ``limits`` are shares of the capacity by the code of a level; empty: those of every day. ``units`` are those
    who may be named on a post beside accounts: units and roles, no residents. ``basis`` says where the plan
    comes from where nobody of the township entered it.
    """

    code: str
    name: str
    name_en: str = ""
    basis: str = ""
    basis_en: str = ""
    sites: tuple[str, ...]
    begins: Literal["calendar", "hand"]
    calendar: Calendar | None = None
    limits: dict[str, float] = {}
    posts: tuple[Post, ...] = ()
    units: tuple[str, ...] = ()

    @property
    def by_rank(self) -> tuple[float, ...]:
        """The shares by the rank of the level, nought first; empty where those of every day count."""
        return tuple(self.limits.get(level.code, 0.0) for level in levels.by_rank()) if self.limits else ()


@cache
def shipped(community: str) -> dict[str, Plan]:
    """The plans of festivals.toml by code."""
    rows = tomllib.loads((files(__package__) / "festivals.toml").read_text(encoding="utf-8"))["plan"]
    mine = [{k: v for k, v in row.items() if k != "community"} for row in rows if row["community"] == community]
    return {plan.code: plan for plan in msgspec.convert(mine, list[Plan])}


def plans(connection: Connection, community: str, at: Instant | None = None) -> dict[str, Plan]:
    """Every festival's plan as it is now or was at a past time, by code.

    Entered ones first: who entered a festival of that code first has its place.
    """
    c = festival_plan.c
    newest = select(func.max(c.id)).where(c.community == community).group_by(c.festival)
    if at is not None:
        newest = newest.where(c.at <= at)
    query = select(c.content).where(c.id.in_(newest)).order_by(c.festival)
    entered = [msgspec.json.decode(row.content, type=Plan) for row in connection.execute(query)]
    return shipped(community) | {plan.code: plan for plan in entered}


def plan_of(connection: Connection, community: str, festival: str) -> Plan:
    """A festival's plan; 404 where there is none."""
    known = plans(connection, community)
    if festival not in known:
        raise Problem(404, "not found", f"no festival {festival!r}; there are: {', '.join(known) or 'none'}")
    return known[festival]


def keep(connection: Connection, community: str, plan: Plan, actor: Actor) -> Plan:
    """Keep a plan as it is from now on, in place of what stood under its code."""
    check(plan)
    content = msgspec.json.encode(plan).decode()
    row = {"community": community, "festival": plan.code, "at": now(), "content": content, "actor": actor.label}
    connection.execute(insert(festival_plan).values(row))
    audit.record(connection, actor.label, "festival.plan", f"{community}/{plan.code}", msgspec.to_builtins(plan))
    return plan


def check(plan: Plan) -> None:
    """Refuse a plan that cannot be kept to: 400, naming what is wrong with it."""
    if plan.begins == "calendar" and plan.calendar is None:
        raise Problem(400, "bad request", "calendar: a festival that begins by the calendar has a first and a last day")
    for month, day in _days(plan.calendar):
        if not (1 <= month <= len(MONTHS) and 1 <= day <= 30):
            raise Problem(400, "bad request", f"calendar: there is no lunar day {month}-{day}")
    codes = [post.code for post in plan.posts]
    if len(set(codes)) < len(codes):
        raise Problem(400, "bad request", "posts: two have the same code")
    for post in plan.posts:
        if post.site not in plan.sites:
            raise Problem(400, "bad request", f"posts: {post.code!r} stands at {post.site!r}, no site of the festival")
    _check_limits(plan.limits)


def _days(calendar: Calendar | None) -> tuple[MonthDay, ...]:
    return () if calendar is None else (calendar.first, calendar.last, *calendar.peaks)


def _check_limits(limits: dict[str, float]) -> None:
    if not limits:
        return
    wanted = [level.code for level in levels.by_rank() if level.rank]
    if set(limits) != set(wanted):
        raise Problem(400, "bad request", f"limits: one for each of {', '.join(wanted)}")
    shares = [limits[code] for code in wanted]
    if shares != sorted(set(shares)) or not 0 < shares[0] <= shares[-1] <= 1:
        raise Problem(400, "bad request", f"limits: shares above 0, at most 1, rising: {', '.join(map(str, shares))}")
