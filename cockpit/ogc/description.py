"""The description of a community's collections in OpenAPI 3.0, which clients read to learn by what they may ask."""

from typing import Any

from cockpit.ogc.systems import SYSTEMS
from geo.communities import Community
from layers.features import Collection, Field
from layers.web import MAX_LIMIT
from store.language import named

PROBLEM = {
    "description": "what is wrong (RFC 9457)",
    "content": {"application/problem+json": {"schema": {"type": "object"}}},
}


def described(root: str, community: Community, collections: dict[str, Collection]) -> dict[str, Any]:
    """The document of a community whose landing page stands at ``root``."""
    paths: dict[str, Any] = {
        "/": _got("landingPage", "landing page", "application/json"),
        "/api": _got("api", "this document", "application/vnd.oai.openapi+json;version=3.0"),
        "/conformance": _got("conformance", "what of the standards holds", "application/json"),
        "/collections": _got("collections", "the collections", "application/json"),
    }
    for code, one in collections.items():
        title, place = named(one.row), f"/collections/{code}"
        paths[place] = _got(f"{code}.collection", title, "application/json")
        paths[f"{place}/schema"] = _got(f"{code}.schema", title, "application/schema+json")
        paths[f"{place}/queryables"] = _got(f"{code}.queryables", title, "application/schema+json")
        paths[f"{place}/items"] = _got(f"{code}.items", title, "application/geo+json", *_of_items(one))
        key = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
        paths[f"{place}/items/{{featureId}}"] = _got(f"{code}.item", title, "application/geo+json", key, _crs("crs"))
    return {
        "openapi": "3.0.3",
        "info": {"title": named(community), "version": "1.0.0"},
        "servers": [{"url": root}],
        "paths": paths,
    }


def _got(name: str, summary: str, kind: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    answers = {
        "200": {"description": summary, "content": {kind: {"schema": {"type": "object"}}}},
        "400": PROBLEM,
        "404": PROBLEM,
        "default": PROBLEM,
    }
    return {"get": {"operationId": name, "summary": summary, "parameters": list(parameters), "responses": answers}}


def _of_items(collection: Collection) -> list[dict[str, Any]]:
    box = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
    found: list[dict[str, Any]] = [
        _asked("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 100}),
        _asked("bbox", box) | {"style": "form", "explode": False},
        _asked("datetime", {"type": "string"}),
        _crs("crs"),
        _crs("bbox-crs"),
        _asked("cursor", {"type": "string"}),
    ]
    if collection.row.past:
        found.append(_asked("at", {"type": "string", "format": "date-time"}))
    own = {name: one for name, one in collection.row.fields.items() if one.asked}
    return found + [_asked(name, schema_of(one)) for name, one in own.items()]


def _asked(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _crs(name: str) -> dict[str, Any]:
    return _asked(name, {"type": "string", "format": "uri", "enum": list(SYSTEMS)})


def schema_of(field: Field) -> dict[str, Any]:
    """A property in JSON Schema."""
    more = {"format": field.format} if field.format else {}
    return {"type": field.type, "title": named(field), **more} | ({"x-ogc-unit": field.unit} if field.unit else {})
