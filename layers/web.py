"""What the layers' routes share: the database, the paths' parameters, cursors, GeoJSON."""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import Depends, Query, Request
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from geo.communities import Community, communities
from layers import words
from layers.problem import Problem
from layers.roles import Actor
from sensors.bus.client import BrokerAddress
from sensors.bus.live import Changed
from sensors.codecs.installed import Codecs
from store import budgets, far
from store.databases import Databases
from store.instant import DAY, SECOND, Instant, format_rfc3339, now, parse_local
from store.language import say
from store.seal import Seal

MAX_LIMIT = 1_000
Found = TypeVar("Found")
WORK_NAME = r"^[A-Za-z0-9_-]{8,64}$"
SKEW: Instant = 15 * SECOND
"""So far the clock of who asks may be ahead of ours."""


class Tell(Protocol):
    """Tell the screens: community -> layer -> key -> record; ``parts`` are the fields of records that changed."""

    def __call__(self, changed: Changed, parts: Changed | None = None) -> None:
        """Publish it."""


@dataclass(frozen=True)
class Services:
    """What the shell gives to the routes: the databases, a way to tell the screens, codecs, what seals text
    that must not be read from the database alone, the accounts of a community, stewards and above, by a
    question of its own to the database, and where devices connect; whether that is this machine itself only.
    """

    databases: Databases
    tell: Tell
    codecs: Codecs
    seal: Seal
    staff: Callable[[str], frozenset[str]]
    broker: BrokerAddress = field(default_factory=lambda: BrokerAddress("127.0.0.1", 1883))
    is_broker_only_here: bool = False


# What asks nobody is no matter for a thread: to hand each of them over would cost more than all of them do.
async def services(request: Request) -> Services:
    """The services of the running application."""
    found: Services = request.app.state.services
    return found


def reading(given: Annotated[Services, Depends(services)], request: Request) -> Iterator[Connection]:
    """A connection that only reads, to the database of the community in the path."""
    with given.databases.of(request.path_params.get("community", "")).connect() as connection:
        yield connection


async def viewer(request: HTTPConnection) -> Actor | None:
    """Who asks, as it was found out before the route ran; None where nobody signed in."""
    found: Actor | None = request.state.actor
    return found


async def actor(found: Annotated[Actor | None, Depends(viewer)]) -> Actor:
    """Who asks, on a route that its row opens to nobody who has not signed in."""
    if found is None:
        raise Problem(401, "sign-in required", "sign in, or send the header Authorization: Bearer TOKEN")
    return found


async def community_path(community: str) -> Community:
    """The community in the path; 404 where there is none."""
    found = communities().get(community)
    if found is None:
        raise Problem(404, "not found", f"no community {community!r}")
    return found


async def at_query(
    at: Annotated[
        str | None, Query(description="RFC 3339, or local without an offset; the state at that time instead of now")
    ] = None,
) -> Instant | None:
    """The past time that is asked for; None is now. 400 where it cannot be read, or is not past."""
    found = instant_query("at", at)
    if found is None:
        return None
    if found > now() + SKEW:
        raise Problem(400, "bad parameter", f"at: {format_rfc3339(found)} lies in the future")
    if found < 0:
        raise Problem(400, "bad parameter", "at: before 1970 nothing was kept")
    return found


async def staff_at(
    asked: Annotated[Instant | None, Depends(at_query)], found: Annotated[Actor | None, Depends(viewer)]
) -> Instant | None:
    """The past time of totals over people: for who is signed in, since two totals a moment apart tell of one person.

    To everybody else the past would cost what no stranger may take, too.
    """
    if asked is not None and found is None:
        raise Problem(401, "sign-in required", say("登录后才能看这些合计的过去"))
    return asked


def instant_query(name: str, text: str | None) -> Instant | None:
    """A time that somebody asks for, local or with an offset; 400 where it cannot be read, with the reason."""
    if text is None:
        return None
    try:
        return parse_local(text)
    except (ValueError, OverflowError) as error:
        raise Problem(400, "bad parameter", f"{name}: {error}") from None


def check_codes(name: str, given: Collection[str], known: Collection[str]) -> None:
    """Refuse with 400 what is none of the known codes."""
    for code in given:
        if code not in known:
            raise Problem(400, "bad parameter", f"{name} {code!r} is not one of {', '.join(known)}")


def place_of(cursor: str | None) -> tuple[Instant, str] | None:
    """The time and id of the last row of the page before, from the cursor that it told; 400 where it is none."""
    if cursor is None:
        return None
    when, _, last = cursor.partition("~")
    return instant_query("cursor", when) or 0, last


def cursor_after(at: Instant, number: str) -> str:
    """The cursor of the page that follows a row."""
    return f"{format_rfc3339(at)}~{number}"


def check_period(since: Instant, until: Instant, asked_by: Actor | None) -> None:
    """Refuse a period that is none, or longer than whoever asks may have at once: 400, naming how long it may be."""
    if since >= until:
        began, ended = format_rfc3339(since), format_rfc3339(until)
        raise Problem(400, "bad parameter", f"from, to: {began} does not lie before {ended}")
    numbers = budgets.current()
    days = numbers.stranger_period_days if asked_by is None else numbers.period_days
    if until - since > days * DAY:
        longer = f"; up to {numbers.period_days} days for who is signed in" if asked_by is None else ""
        raise Problem(400, "period too long", f"from, to: at most {days} days at once{longer}")


async def whole_body(request: Request) -> bytes:
    """The request's body as a dependency. How large it may be, the budgets at the edge say."""
    return await request.body()


async def elsewhere(request: Request, work: Callable[..., Found], *given: Any) -> Found:
    """Wait for what another process does, without keeping a place among the requests that are worked on.

    Raises
    ------
    Refused
        503, where no place comes free afterwards.
    """
    step_out: Callable[[], AbstractAsyncContextManager[None]] = request.state.step_out
    async with step_out():
        return await run_in_threadpool(work, *given)


@contextmanager
def told_far(actor: Actor, name: str | None) -> Iterator[None]:
    """Tell whoever asked how far what is done here has come, by the name that they gave it.

    Raises
    ------
    Problem
        409 where they stopped it.
    """
    if name is None:
        yield
        return
    try:
        with far.watched(actor.label, name):
            yield
    except far.Stopped:
        raise Problem(409, "stopped", say("已停下，什么也没有改变")) from None


def feature(geometry: dict[str, Any] | None, properties: dict[str, Any], key: str) -> dict[str, Any]:
    """A GeoJSON feature (RFC 7946 section 3.2)."""
    return {"type": "Feature", "id": key, "geometry": geometry, "properties": properties}


def point(lon: float | None, lat: float | None) -> dict[str, Any] | None:
    """A GeoJSON point; None where the place is unknown."""
    return None if lon is None or lat is None else {"type": "Point", "coordinates": [lon, lat]}


async def tongue(request: Request) -> Callable[[str], str]:
    """What puts a message in the language of who asks: for what an answer tells beside its errors."""
    return words.told


WorkName = Annotated[
    str | None,
    Query(alias="work", pattern=WORK_NAME, description="a name, by which `/api/v1/work` tells how far it is"),
]
Body = Annotated[bytes, Depends(whole_body)]
Tongue = Annotated[Callable[[str], str], Depends(tongue)]
CommunityPath = Annotated[Community, Depends(community_path)]
At = Annotated[Instant | None, Depends(at_query)]
StaffAt = Annotated[Instant | None, Depends(staff_at)]
# Given back when the route is done, not when its reader has taken the answer.
Reading = Annotated[Connection, Depends(reading, scope="function")]
WriteActor = Annotated[Actor, Depends(actor)]
Manager = WriteActor
"""Whoever acts on a route whose row asks for a manager (access.toml)."""
Viewer = Annotated[Actor | None, Depends(viewer)]
Given = Annotated[Services, Depends(services)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
