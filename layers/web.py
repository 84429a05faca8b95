"""What the layers' routes share: the database, the paths' parameters, cursors, GeoJSON."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request
from sqlalchemy import Connection

from geo.communities import Community, communities
from layers.problem import Problem
from layers.roles import Actor
from sensors.codecs.declare import Codecs
from store.databases import Databases
from store.instant import Instant, parse_rfc3339

MAX_LIMIT = 1_000


@dataclass(frozen=True)
class Services:
    """What the shell gives to the routes: the databases, a way to tell the screens, sign-in, codecs."""

    databases: Databases
    tell: Callable[[dict[str, dict[str, dict[str, object]]]], None]
    sign_in: Callable[[Connection, str], Actor | None]
    codecs: Codecs


def services(request: Request) -> Services:
    """The services of the running application."""
    found: Services = request.app.state.services
    return found


def reading(given: Annotated[Services, Depends(services)], request: Request) -> Iterator[Connection]:
    """A connection that only reads, to the database of the community in the path."""
    with given.databases.of(request.path_params.get("community", "")).connect() as connection:
        yield connection


def write_actor(
    given: Annotated[Services, Depends(services)], authorization: Annotated[str | None, Header()] = None
) -> Actor:
    """Who writes, by the bearer token; 401 without a valid one."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Problem(401, "sign-in required", "send the header Authorization: Bearer TOKEN")
    with given.databases.shared.connect() as connection:
        actor = given.sign_in(connection, token.strip())
    if actor is None:
        raise Problem(401, "sign-in required", "the token is unknown or revoked")
    return actor


def community_path(community: str) -> Community:
    """The community in the path; 404 where there is none."""
    found = communities().get(community)
    if found is None:
        raise Problem(404, "not found", f"no community {community!r}")
    return found


def at_query(
    at: Annotated[str | None, Query(description="RFC 3339; the state at that time instead of now")] = None,
) -> Instant | None:
    """The past time that is asked for; None is now."""
    return instant_query("at", at)


def instant_query(name: str, text: str | None) -> Instant | None:
    """A time in the query string; 400 where it cannot be read."""
    if text is None:
        return None
    try:
        # An unescaped + of an offset arrives as a space.
        return parse_rfc3339(text.replace(" ", "+"))
    except (ValueError, OverflowError) as error:
        raise Problem(400, "bad parameter", f"{name}: {error}") from None


def bounded_body(most: int) -> Callable[[Request], Awaitable[bytes]]:
    """The request's body as a dependency; 413 where it has more than so many bytes."""

    async def read(request: Request) -> bytes:
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
            if len(content) > most:
                raise Problem(413, "too large", f"more than {most} bytes")
        return bytes(content)

    return read


def feature(geometry: dict[str, Any] | None, properties: dict[str, Any], key: str) -> dict[str, Any]:
    """A GeoJSON feature (RFC 7946 section 3.2)."""
    return {"type": "Feature", "id": key, "geometry": geometry, "properties": properties}


def point(lon: float | None, lat: float | None) -> dict[str, Any] | None:
    """A GeoJSON point; None where the place is unknown."""
    return None if lon is None or lat is None else {"type": "Point", "coordinates": [lon, lat]}


CommunityPath = Annotated[Community, Depends(community_path)]
At = Annotated[Instant | None, Depends(at_query)]
Reading = Annotated[Connection, Depends(reading)]
WriteActor = Annotated[Actor, Depends(write_actor)]
Given = Annotated[Services, Depends(services)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
