"""Routes of SensorThings below ``/ogc/{community}/sensorthings/v1.1``."""

from dataclasses import replace
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.datastructures import URL

from cockpit.edge.reached import address
from cockpit.ogc.allowance import in_time
from cockpit.ogc.links import root as root_of
from cockpit.ogc.turns import Turn
from cockpit.sensorthings.address import Part, parts
from cockpit.sensorthings.model import SETS, Entity
from cockpit.sensorthings.options import Options, read
from cockpit.sensorthings.read import SELF_LINK, Reader, Row, Through
from layers.problem import Problem
from layers.web import CommunityPath, Reading

SPEC = "http://www.opengis.net/spec/iot_sensing/1.1/req/"
HOLDS = (
    "datamodel",
    "resource-path/resource-path-to-entities",
    *(f"request-data/{name}" for name in ("expand", "select", "status-code", "orderby", "top", "skip", "count")),
    "request-data/pagination",
)
"""What of the standard holds; of its filters only the subset that docs/open.md tells."""
LAST_NUMBER = 2**31 - 1
REF, VALUE = "$ref", "$value"

Said = str | None
Top = Annotated[
    Said, Query(alias="$top", max_length=20, description="entities of a page, 100 if left out, at most 1000")
]
Skip = Annotated[Said, Query(alias="$skip", max_length=20, description="so many are passed over, at most 10000")]
Count = Annotated[Said, Query(alias="$count", max_length=20, description="true: say how many there are")]
Order = Annotated[Said, Query(alias="$orderby", max_length=80, description="a property, asc or desc")]
Select = Annotated[Said, Query(alias="$select", max_length=400, description="properties, with commas between")]
Expand = Annotated[Said, Query(alias="$expand", max_length=1000, description="links whose entities are told too")]
Filter = Annotated[
    Said, Query(alias="$filter", max_length=1000, description="a condition; docs/open.md has the subset")
]
Token = Annotated[Said, Query(alias="$skiptoken", max_length=400, description="as @iot.nextLink has it")]


def router(turn: Turn) -> APIRouter:
    """The routes; whoever reads waits for its turn."""
    routes = APIRouter(prefix="/ogc/{community}/sensorthings", tags=["sensorthings"])

    @routes.get("/v1.1")
    def service(community: CommunityPath, request: Request) -> Response:
        """The sets of entities, and what of the standard holds."""
        return _service(_root(request, community.code))

    @routes.get("/v1.1/{path:path}", dependencies=[Depends(turn, scope="function")])
    def entities(
        community: CommunityPath,
        path: str,
        request: Request,
        connection: Reading,
        top: Top = None,
        skip: Skip = None,
        count: Count = None,
        order: Order = None,
        select: Select = None,
        expand: Expand = None,
        filter_: Filter = None,
        token: Token = None,
    ) -> Response:
        """A set of entities (``Things``), one of them (``Things('air-01')``), what a link leads to, or a property."""
        here = _root(request, community.code)
        if not path:
            return _service(here)
        with in_time(connection):
            return _answer(Reader(connection, community.code, here), parts(path), request)

    return routes


def _root(request: Request, community: str) -> str:
    return f"{root_of(request, community)}/sensorthings/v1.1"


def _service(here: str) -> Response:
    sets = [{"name": name, "url": f"{here}/{name}"} for name in SETS]
    return _json({"value": sets, "serverSettings": {"conformance": [f"{SPEC}{one}" for one in HOLDS]}})


def _answer(reader: Reader, path: list[Part], request: Request) -> Response:
    """Walk along a path, and tell what stands at its end."""
    if not path or path[0].name not in SETS:
        raise _nothing(path[0].name if path else "")
    entity, key, row, through = SETS[path[0].name], path[0].key, None, None
    left = path[1:]
    while True:
        if key is not None:
            row = _there(reader.one(entity, _of_type(entity, key), through), entity, key)
        if not left or (row is None and left[0].name == REF):
            break
        if row is None:
            raise _nothing(left[0].name)
        link = entity.links.get(left[0].name)
        if link is None:
            return _property(reader, entity, row, left)
        to = SETS[link.to]
        through, key = Through(link.other, row[link.own]), left[0].key
        row = None if link.is_many else _there(reader.beyond(row, link), to, left[0].name)
        entity, left = to, left[1:]
    options = read(request.query_params.multi_items(), entity)
    if row is not None:
        return _json(reader.whole(entity, row, options))
    return _set(reader, entity, through, options, address(request), is_ref=bool(left))


def _set(
    reader: Reader, entity: Entity, through: Through | None, options: Options, here: URL, *, is_ref: bool
) -> Response:
    found = reader.page(entity, through, replace(options, select=(SELF_LINK,), expand={}) if is_ref else options)
    told: dict[str, Any] = {} if found.number is None else {"@iot.count": found.number}
    if found.token is not None:
        following = here.remove_query_params("$skip").include_query_params(**{"$skiptoken": found.token})
        told["@iot.nextLink"] = str(following)
    told["value"] = found.told
    return _json(told)


def _property(reader: Reader, entity: Entity, row: Row, left: list[Part]) -> Response:
    """A property of an entity, as JSON or as it is."""
    told = reader.properties(entity, row)
    name = {"id": "@iot.id"}.get(left[0].name, left[0].name)
    if name == REF:
        return _json({SELF_LINK: told[SELF_LINK]})
    if left[0].key is not None or name not in told or len(left) > 2 or (len(left) == 2 and left[1].name != VALUE):
        raise _nothing(left[-1].name)
    value = told[name]
    if len(left) == 1:
        return _json({name: value})
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return Response(text, media_type="text/plain")


def _of_type(entity: Entity, key: str | int) -> str | int:
    """A key as the set has them: numbers of Datastreams, texts of all else. 404 for one that is none."""
    if entity.is_numbered != isinstance(key, int) or (isinstance(key, int) and not 0 <= key <= LAST_NUMBER):
        raise Problem(404, "not found", f"no entity {key!r} in {entity.name}")
    return key


def _there(row: Row | None, entity: Entity, key: str | int) -> Row:
    if row is None:
        raise Problem(404, "not found", f"no entity {key!r} in {entity.name}")
    return row


def _nothing(name: str) -> Problem:
    return Problem(404, "not found", f"{name[:80]!r} is no part of an address here")


def _json(told: Any) -> Response:
    return Response(msgspec.json.encode(told), media_type="application/json")
