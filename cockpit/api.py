"""Routes that belong to no layer: communities, metrics, the ground, the live channel."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response, WebSocket
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from cockpit.edge.count import Count
from cockpit.edge.questions import address_of
from cockpit.edge.reached import is_ours
from cockpit.ground.map_ground import building_colours
from cockpit.live import LiveHub
from cockpit.serving.static import static
from geo import spatial, view
from geo.communities import communities
from geo.ground import LAYERS as GROUND_LAYERS
from geo.ground import Place, geojson, of_ground, places, rows
from geo.ground import labels as labels_of
from geo.relief import HILL, bands
from layers.declare import layers
from layers.problem import Problem
from layers.web import At, CommunityPath, Reading, feature, point
from sensors.bus.merging import settled
from sensors.metrics import metrics
from store.instant import MILLISECOND, now
from store.language import in_all

NAMED_LAYERS = ("areas", "sites", "facilities", "rooms")
GEOJSON = "application/geo+json"
ORIGIN_REFUSED = 4003
UNKNOWN_COMMUNITY = 4004
COME_AGAIN_LATER = 1013
RETRY_S = 5


def general() -> APIRouter:
    """Routes below ``/api/v1``."""
    routes = APIRouter(prefix="/api/v1", tags=["general"])

    @routes.get("/communities")
    def list_communities() -> dict[str, Any]:
        """The communities, with where their maps look (CGCS2000)."""
        return {
            "communities": [
                {
                    "id": c.code,
                    "name": c.name,
                    "name_en": c.name_en,
                    "brand": c.brand,
                    **in_all("kind", c, "kind"),
                    "schematic": c.schematic,
                    "centre": c.centre,
                    "bounds": c.bounds,
                }
                for c in communities().values()
            ]
        }

    @routes.get("/{community}/state")
    def state(community: CommunityPath, connection: Reading, at: At) -> dict[str, Any]:
        """What the live channel's snapshot says, at a past time too."""
        found = {
            layer.code: {
                key: settled(record) for key, record in layer.records(connection, community.code, None, at).items()
            }
            for layer in layers()
        }
        return {"community": community.code, "now": (at or now()) // MILLISECOND, "layers": found}

    @routes.get("/metrics")
    def list_metrics() -> dict[str, Any]:
        """What can be measured: names, UCUM unit, range, levels."""
        return {"metrics": [msgspec.to_builtins(metric) for metric in metrics().values()]}

    return routes


def ground() -> APIRouter:
    """The map's sources below ``/geo``: they change rarely and are sent again only when they did."""
    routes = APIRouter(prefix="/geo", include_in_schema=False)

    @routes.get("/{community}/{layer}-labels.geojson")
    def labels(community: CommunityPath, layer: str, request: Request) -> Response:
        if layer not in NAMED_LAYERS:
            raise Problem(404, "not found", f"no named layer {layer!r}; there are: {', '.join(NAMED_LAYERS)}")
        return static(request, _labels(community.code, layer), GEOJSON)

    @routes.get("/{community}/buildings-services.json")
    def building_services(community: CommunityPath, request: Request) -> Response:
        kinds = frozenset(building_colours()["services"]["kinds"])
        codes = [row["code"] for row in rows(community.code, "buildings")]
        found = spatial.nearest(community.code, "facilities", *labels_of(community.code, "buildings"), kinds=kinds)
        metres = {code: round(there[1]) for code, there in zip(codes, found, strict=True) if there is not None}
        return static(request, msgspec.json.encode(metres), "application/json")

    @routes.get("/{community}/windows.geojson")
    def windows(community: CommunityPath, request: Request) -> Response:
        return static(request, _windows(community.code), GEOJSON)

    @routes.get("/{community}/faces.geojson")
    def faces(community: CommunityPath, request: Request) -> Response:
        return static(request, _faces(community.code), GEOJSON)

    @routes.get("/{community}/backdrop.geojson")
    def backdrop(community: CommunityPath, request: Request) -> Response:
        return static(request, _backdrop(community.code), GEOJSON)

    @routes.get("/{community}/{layer}.geojson")
    def layer(community: CommunityPath, layer: str, request: Request) -> Response:
        if layer not in GROUND_LAYERS:
            raise Problem(404, "not found", f"no layer {layer!r}; there are: {', '.join(GROUND_LAYERS)}")
        return static(request, geojson(community.code, layer), GEOJSON)

    return routes


def _collection(features: Sequence[Any]) -> bytes:
    return msgspec.json.encode({"type": "FeatureCollection", "features": features})


@of_ground
def _labels(community: str, layer: str) -> bytes:
    # A point each: a polygon's label would be drawn once for each map tile that it touches.
    where = view.feet(community, layer) if layer == "areas" else labels_of(community, layer)
    named = zip(places(community, layer), *where, view.edges(community, *where), strict=True)
    return _collection(
        [
            feature(point(float(lon), float(lat)), _named(place) | {"edge": edge}, place.code)
            for place, lon, lat, edge in named
        ]
    )


@of_ground
def _windows(community: str) -> bytes:
    return _collection(view.windows(community))


@of_ground
def _faces(community: str) -> bytes:
    return _collection(view.faces(community))


@of_ground
def _backdrop(community: str) -> bytes:
    drawn = msgspec.json.decode(geojson(community, "ground"))["features"]
    return _collection([*bands(community), *(one for one in drawn if one["properties"]["kind"] != HILL)])


def _named(place: Place) -> dict[str, Any]:
    told = {
        "code": place.code,
        **in_all("name", place),
        "kind": place.kind,
        "parent": place.parent,
        "storey": place.storey,
    }
    return {name: value for name, value in told.items() if value not in (None, "")}


class Events(StreamingResponse):
    """Frames as ``text/event-stream`` (HTML, section 9.2), each an event of one line; ``end`` is done in any case."""

    def __init__(self, frames: AsyncIterator[str], end: Callable[[], Awaitable[None]]) -> None:
        # A proxy that gathers an answer before it passes it on would hold back all of it.
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(
            (f"data: {frame}\n\n" async for frame in frames), media_type="text/event-stream", headers=headers
        )
        self._end = end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them until whoever listens goes, which may be before the first."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._end()


def live(hub: LiveHub) -> APIRouter:
    """``WS /live/{community}``, and the same frames as server-sent events where WebSockets do not come through."""
    routes = APIRouter()
    open_channels = Count("sockets", "sockets_an_address")

    @routes.websocket("/live/{community}")
    async def serve(socket: WebSocket, community: str) -> None:
        origin = socket.headers.get("origin")
        if origin is not None and not is_ours(socket, origin):
            await socket.close(ORIGIN_REFUSED, "another site's page may not read the live channel")
        elif community not in communities():
            await socket.close(UNKNOWN_COMMUNITY, f"no community {community[:64]!r}")
        elif not open_channels.add(address := address_of(socket.scope)):
            await socket.accept()
            await socket.close(COME_AGAIN_LATER, "too many live channels")
        else:
            try:
                await hub.serve(socket, community, is_packed=socket.query_params.get("packed") == "deflate")
            finally:
                open_channels.remove(address)

    @routes.get("/live/{community}/events", include_in_schema=False)
    async def events(request: Request, community: CommunityPath) -> Events:
        """The frames of the live channel for one who only listens."""
        if not open_channels.add(address := address_of(request.scope)):
            raise Problem(503, "busy", "too many live channels", retry_after=RETRY_S)

        frames = hub.frames(community.code)

        async def end() -> None:
            await frames.aclose()
            open_channels.remove(address)

        return Events(frames, end)

    return routes
