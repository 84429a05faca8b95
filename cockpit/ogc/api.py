"""Routes of OGC API - Features below ``/ogc/{community}``."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Path, Request, Response

from cockpit.edge.reached import address
from cockpit.ogc import asked, description, systems
from cockpit.ogc.allowance import in_time
from cockpit.ogc.links import (
    GEOJSON,
    OPENAPI,
    QUERYABLES,
    SCHEMA,
    following,
    itself,
    link,
    of_collection,
    of_item,
    root,
)
from cockpit.ogc.turns import Turn
from geo.communities import Community
from layers.declare import layers
from layers.features import Collection
from layers.problem import Problem
from layers.web import At, CommunityPath, Reading
from store import budgets, patience
from store.instant import format_rfc3339, now
from store.language import named, say

CONFORMS = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
)
DRAFT = "https://json-schema.org/draft/2020-12/schema"

Code = Annotated[str, Path(max_length=64)]
Key = Annotated[str, Path(max_length=128)]


@cache
def collections() -> Mapping[str, Collection]:
    """Every collection that a layer gives, by its code."""
    return {one.code: one for layer in layers() for one in layer.collections}


def router(turn: Turn) -> APIRouter:
    """The routes; whoever reads features waits for its turn."""
    routes = APIRouter(prefix="/ogc/{community}", tags=["ogc api"])
    routes.get("")(landing)
    routes.get("/", include_in_schema=False)(landing)
    routes.get("/api")(api)
    routes.get("/conformance")(conformance)
    routes.get("/collections")(every)
    routes.get("/collections/{collection}")(one)
    routes.get("/collections/{collection}/schema")(schema)
    routes.get("/collections/{collection}/queryables")(queryables)
    in_turn = [Depends(turn, scope="function")]
    routes.get("/collections/{collection}/items", dependencies=in_turn)(items)
    routes.get("/collections/{collection}/items/{key}", dependencies=in_turn)(item)
    return routes


def landing(community: CommunityPath, request: Request, f: asked.Form = None) -> Response:
    """The landing page of a community's features: what there is, and where."""
    _check(request)
    here = root(request, community.code)
    links = [
        itself(request, named(community)),
        link(f"{here}/api", "service-desc", say("接口描述"), OPENAPI),
        link(f"{here}/conformance", "conformance", say("遵循的标准")),
        link(f"{here}/collections", "data", say("要素集合")),
    ]
    return _json({"title": named(community), "description": _about(community), "links": links})


def api(community: CommunityPath, request: Request, f: asked.Form = None) -> Response:
    """What may be asked, in OpenAPI 3.0."""
    _check(request, OPENAPI.partition(";")[0])
    told = description.described(root(request, community.code), community, dict(collections()))
    return _json(told, OPENAPI)


def conformance(community: CommunityPath, request: Request, f: asked.Form = None) -> Response:
    """Which parts of the standards hold here."""
    _check(request)
    return _json({"conformsTo": CONFORMS})


def every(community: CommunityPath, request: Request, f: asked.Form = None) -> Response:
    """The collections of a community."""
    _check(request)
    told = [_described(request, community, found) for found in collections().values()]
    return _json({"links": [itself(request, say("要素集合"))], "crs": list(systems.SYSTEMS), "collections": told})


def one(community: CommunityPath, collection: Code, request: Request, f: asked.Form = None) -> Response:
    """A collection: what it is, where, and in which coordinate systems."""
    _check(request)
    return _json(_described(request, community, _of(collection)))


def schema(community: CommunityPath, collection: Code, request: Request, f: asked.Form = None) -> Response:
    """The properties of a collection's features, in JSON Schema."""
    _check(request, SCHEMA)
    found = _of(collection)
    own = {name: description.schema_of(field) for name, field in found.row.fields.items()}
    geometry = {"$ref": f"https://geojson.org/schema/{found.row.geometry.capitalize()}.json"}
    members = {"type": {"const": "Feature"}, "geometry": geometry, "properties": {"type": "object", "properties": own}}
    told = {"$schema": DRAFT, "$id": _plain(request), "title": named(found.row), "type": "object"}
    return _json(told | {"properties": members}, SCHEMA)


def queryables(community: CommunityPath, collection: Code, request: Request, f: asked.Form = None) -> Response:
    """The properties by which a collection's features may be asked for, in JSON Schema."""
    _check(request, SCHEMA)
    found = _of(collection)
    own = {name: description.schema_of(field) for name, field in found.row.fields.items() if field.asked}
    told = {"$schema": DRAFT, "$id": _plain(request), "title": named(found.row), "type": "object"}
    return _json(told | {"properties": own, "additionalProperties": False}, SCHEMA)


def items(
    community: CommunityPath,
    collection: Code,
    request: Request,
    connection: Reading,
    at: At,
    limit: asked.Wide = asked.DEFAULT_LIMIT,
    bbox: asked.Bbox = None,
    bbox_crs: asked.BboxCrs = None,
    when: asked.When = None,
    crs: asked.InCrs = None,
    cursor: asked.Cursor = None,
    f: asked.Form = None,
) -> Response:
    """Features of a collection as GeoJSON; by its own properties too (``kind=air``), each by one value."""
    found = _of(collection)
    asked.check_form(request)
    wanted = asked.of_items(request, found, at, limit, bbox, bbox_crs, when, cursor)
    to = systems.system("crs", crs)
    with in_time(connection):
        page = found.find(connection, community.code, wanted)
        features = _fitting(page.features, to)
        if len(features) < len(page.features):
            # The rest stands on the next page; where that begins, the collection says.
            page = found.find(connection, community.code, replace(wanted, limit=len(features)))
    links = [
        itself(request, named(found.row), GEOJSON),
        link(of_collection(request, community.code, collection), "collection", named(found.row)),
    ]
    if page.after is not None:
        links.append(following(request, page.after, say("下一页")))
    told: dict[str, Any] = {"type": "FeatureCollection", "timeStamp": format_rfc3339(now()), "links": links}
    if page.matched is not None:
        told["numberMatched"] = page.matched
    told["numberReturned"] = len(features)
    told["features"] = features
    return _json(told, GEOJSON, to)


def item(
    community: CommunityPath,
    collection: Code,
    key: Key,
    request: Request,
    connection: Reading,
    at: At,
    crs: asked.InCrs = None,
    f: asked.Form = None,
) -> Response:
    """A feature of a collection as GeoJSON."""
    found = _of(collection)
    asked.check_form(request)
    asked.check_known(request.query_params, (*asked.OF_ITEM, *(("at",) if found.row.past else ())))
    to = systems.system("crs", crs)
    with in_time(connection):
        known = found.one(connection, community.code, key, at)
    if known is None:
        raise Problem(404, "not found", f"no feature {key!r} in {collection}")
    links = [
        link(of_item(request, community.code, collection, key), "self", key, GEOJSON),
        link(of_collection(request, community.code, collection), "collection", named(found.row)),
    ]
    return _json(_in(known, to) | {"links": links}, GEOJSON, to)


def _check(request: Request, *own: str) -> None:
    asked.check_form(request, own)
    asked.check_known(request.query_params, asked.OF_OTHERS)


def _of(code: str) -> Collection:
    found = collections().get(code)
    if found is None:
        raise Problem(404, "not found", f"no collection {code!r}; there are: {', '.join(collections())}")
    return found


def _plain(request: Request) -> str:
    return str(address(request).replace(query=""))


def _in(feature: dict[str, Any], to: str) -> dict[str, Any]:
    return feature | {"geometry": systems.written(feature["geometry"], to)}


def _fitting(features: Iterable[dict[str, Any]], to: str) -> list[msgspec.Raw]:
    """Features as they are told, encoded: as many as one answer holds, and one at least."""
    size, most, found = 0, budgets.current().list_bytes, list[msgspec.Raw]()
    for one in features:
        patience.check()
        said = msgspec.json.encode(_in(one, to))
        size += len(said)
        if size > most and found:
            break
        found.append(msgspec.Raw(said))
    return found


def _about(community: Community) -> str:
    if not community.schematic:
        return say("实时要素：坐标为 CGCS2000，时间为 UTC")
    return say("实时要素：坐标为 CGCS2000，时间为 UTC；底图为示意，未经测绘之处标为 schematic")


def _described(request: Request, community: Community, collection: Collection) -> dict[str, Any]:
    here, row = of_collection(request, community.code, collection.code), collection.row
    extent: dict[str, Any] = {"spatial": {"bbox": [list(community.bounds)], "crs": systems.CRS84}}
    if row.time:
        extent["temporal"] = {"interval": [[None, None]], "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"}
    return {
        "id": collection.code,
        "title": named(row),
        "description": named(row, "about"),
        "itemType": "feature",
        "extent": extent,
        "crs": list(systems.SYSTEMS),
        "storageCrs": systems.STORED,
        "links": [
            link(here, "self", named(row)),
            link(f"{here}/items", "items", named(row), GEOJSON),
            link(f"{here}/schema", "describedby", say("属性"), SCHEMA),
            link(f"{here}/queryables", QUERYABLES, say("可筛选的属性"), SCHEMA),
        ],
    }


def _json(told: Any, kind: str = "application/json", crs: str | None = None) -> Response:
    headers = {} if crs is None else {"Content-Crs": f"<{crs}>"}
    return Response(msgspec.json.encode(told), media_type=kind, headers=headers)
