"""Routes of the areas."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query

from geo.ground import geojson
from layers.areas import listed, queries
from layers.problem import Problem
from layers.web import At, CommunityPath, Reading
from sensors.metrics import metrics, unit_of
from sensors.readings import summary


def router() -> APIRouter:
    """The routes below ``/api/v1/{community}``."""
    routes = APIRouter(tags=["areas"])

    @routes.get("/areas")
    def areas(community: CommunityPath, connection: Reading, at: At) -> dict[str, Any]:
        """The areas as GeoJSON in CGCS2000, each with the means of its metrics."""
        collection: dict[str, Any] = msgspec.json.decode(geojson(community.code, "areas"))
        known = queries.records(connection, community.code, None, at)
        for item in collection["features"]:
            item["id"] = item["properties"]["code"]
            item["properties"] |= known[item["id"]]
        return collection

    @routes.get("/areas/trend")
    def trend(
        community: CommunityPath,
        connection: Reading,
        at: At,
        metric: Annotated[list[str], Query(description="one or more metrics")],
        hours: Annotated[int, Query(ge=1, le=24 * 31)] = 24,
    ) -> dict[str, Any]:
        """Hourly means by area, and for the whole community where ``area`` is null."""
        for code in metric:
            if code not in metrics():
                raise Problem(400, "bad parameter", f"metric {code!r} is not one of {', '.join(metrics())}")
        lines = summary.trend(connection, community.code, metric, hours, at)
        return {"series": [line | {"unit": unit_of(line["metric"])} for line in lines]}

    @routes.get("/places")
    def places(
        community: CommunityPath,
        layer: Annotated[listed.Layer, Query(description="which layer of the ground")],
        kind: Annotated[list[str] | None, Query(max_length=20, description="only those of these kinds")] = None,
        area: Annotated[str | None, Query(max_length=64, description="only those in this area, or none")] = None,
    ) -> dict[str, Any]:
        """Places of the ground as it is now: buildings, rooms, facilities or sites, each with its kind and area."""
        found = listed.found(community.code, layer, kind or (), area)
        return {"places": [listed.told(one) for one in found]}

    return routes
