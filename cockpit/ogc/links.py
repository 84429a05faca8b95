"""Addresses of what there is, as links that whoever asks can follow."""

from typing import Any
from urllib.parse import quote

from fastapi import Request

from cockpit.edge.reached import address

GEOJSON = "application/geo+json"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"


def root(request: Request, community: str) -> str:
    """The address of a community's landing page, as whoever asks reaches us."""
    return str(address(request).replace(path=f"/ogc/{community}", query=""))


def of_collection(request: Request, community: str, collection: str) -> str:
    """The address of a collection."""
    return f"{root(request, community)}/collections/{collection}"


def of_item(request: Request, community: str, collection: str, key: str) -> str:
    """The address of a feature."""
    return f"{of_collection(request, community, collection)}/items/{quote(key, safe='')}"


def link(href: str, rel: str, title: str, kind: str = "application/json") -> dict[str, Any]:
    """A link (RFC 8288) as OGC API writes it."""
    return {"href": href, "rel": rel, "type": kind, "title": title}


def itself(request: Request, title: str, kind: str = "application/json") -> dict[str, Any]:
    """The link to what is answered."""
    return link(str(address(request)), "self", title, kind)


def following(request: Request, after: str, title: str) -> dict[str, Any]:
    """The link to the next page of what is answered."""
    return link(str(address(request).include_query_params(cursor=after)), "next", title, GEOJSON)
