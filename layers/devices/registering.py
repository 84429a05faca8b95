"""Routes that register devices, change them, give other hardware their place, and take their credentials away."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from geo import ground
from layers import words
from layers.devices import queries, setup
from layers.devices.commands import find_device
from layers.problem import Problem
from layers.web import CommunityPath, Given, Manager, Reading, Services, WriteActor
from sensors.devices import changes, declared, provisioning, registry
from sensors.devices.kinds import OTHER, kind_name
from sensors.devices.registry import Device
from sensors.errors import GatewayRing, RegistryError
from store.instant import Instant, format_rfc3339, from_datetime

NAME_MOST = 120
Code = Annotated[str | None, Field(max_length=64)]


class Placed(BaseModel):
    """What may be said of a device when it is registered, and changed later; null takes it away."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, max_length=NAME_MOST, description="what people call it; else its kind and id")
    lon: float | None = Field(None, description="degrees, or an easting; lon and lat go together")
    lat: float | None = None
    crs: str = Field("WGS84", max_length=16, description="the system of lon and lat; converted once, kept as declared")
    interval: float = Field(registry.DEFAULT_INTERVAL_S, description="seconds between its messages")
    site: Code = Field(None, description="for a gate: the site that it counts for")
    room: Code = Field(None, description="indoors; without lon and lat it gets a spot along the room's walls")
    codec: Code = Field(None, description="how its telemetry is read; left out: by its shape")
    gateway: Code = Field(None, description="the gateway that publishes for it")


class NewDevice(Placed):
    """A device to be registered."""

    id: str = Field(max_length=64, description="lower case letters, digits, - and _; never used twice")
    kind: str = Field(max_length=32)


class Renewal(BaseModel):
    """Which secret is to be void."""

    secret_since: AwareDatetime | None = Field(
        None, description="as the registration told it: 409 where the device was given another secret since"
    )

    @property
    def seen(self) -> Instant | None:
        """Since when the secret held that whoever asks knows of."""
        return None if self.secret_since is None else from_datetime(self.secret_since)


class Replacement(Renewal):
    """Why there is other hardware, for the audit trail."""

    note: str = Field("", max_length=200)


PROPERTIES = {"interval": "interval_s", "lon": "raw_lon", "lat": "raw_lat"}
"""What the API calls otherwise than the registry does."""


def add_routes(routes: APIRouter) -> None:
    """Add the routes."""
    routes.post("/devices", status_code=201)(register)
    routes.get("/devices/{device}/registration")(registration)
    routes.get("/place")(place)
    routes.post("/devices/{device}")(change)
    routes.post("/devices/{device}/rotate")(rotate)
    routes.post("/devices/{device}/replace")(replace)
    routes.post("/devices/{device}/revoke")(revoke)


def register(
    community: CommunityPath, given: Given, actor: Manager, body: NewDevice, request: Request, response: Response
) -> dict[str, Any]:
    """Register a device: 201 with its secret, which is told this once; 409 where the id was used before."""
    said = _said(body, body.model_dump(exclude={"id", "kind"}))
    name = said.pop("name") or f"{kind_name(body.kind)} {body.id}"
    new = Device(id=body.id, community=community.code, kind=body.kind, name=name, **said)
    engine = given.databases.of(community.code)
    with engine.connect() as connection:
        if registry.read_all(connection, ids=[body.id]):
            raise Problem(409, "known already", f"device {body.id!r} is registered already; ids are never used twice")
    try:
        provisioning.check_new(given.databases, given.codecs.json, [new])
        secret = registry.add(engine, new, by=actor.label)
    except RegistryError as error:
        raise Problem(400, "bad request", str(error)) from None
    response.headers["Location"] = f"/api/v1/{community.code}/devices/{body.id}"
    with engine.connect() as connection:
        [made] = registry.read_all(connection, ids=[body.id])
    return _credentials(given, request, response, made, secret) | {"area": made.area, "notes": _notes(made)}


def registration(community: CommunityPath, connection: Reading, _actor: WriteActor, device: str) -> dict[str, Any]:
    """What stands in the registry of a device, how old its secret is, its words, and what it says that nobody knows."""
    known = _registered(connection, community.code, device)
    return _properties(known) | setup.told(connection, known) | {"notes": _notes(known)}


def place(
    community: CommunityPath,
    _actor: WriteActor,
    lon: Annotated[float, Query()],
    lat: Annotated[float, Query()],
    crs: Annotated[str, Query(max_length=16, description="the system of lon and lat")] = "WGS84",
) -> dict[str, Any]:
    """Where a position lies: in CGCS2000, in which area and building; ``notes`` say what is doubtful about it."""
    try:
        here = declared.placed_as_declared(
            Device(id="", community=community.code, kind=OTHER, name="", raw_lon=lon, raw_lat=lat, crs=crs)
        )
    except RegistryError as error:
        raise Problem(400, "bad parameter", str(error)) from None
    [where] = queries.where_of(community.code, [here])
    told = {name: getattr(here, name) for name in ("lon", "lat", "area")}
    return told | {"building": where["building"], "notes": _notes(here)}


def change(community: CommunityPath, given: Given, actor: Manager, device: str, body: Placed) -> dict[str, Any]:
    """Change what is said of a device; what is left out stays."""
    said = _said(body, body.model_dump(exclude_unset=True))
    if said.get("name", "") is None:
        del said["name"]
    if said.get("codec") is not None and said["codec"] not in given.codecs.json:
        raise Problem(400, "bad request", provisioning.unknown_codec(said["codec"], given.codecs.json))
    engine = given.databases.of(community.code)
    with engine.connect() as connection:
        find_device(connection, community.code, device)
    try:
        changed = changes.change(engine, community.code, device, said, by=actor.label)
    except GatewayRing as error:
        raise Problem(422, "cannot be", str(error)) from None
    except RegistryError as error:
        raise Problem(400, "bad request", str(error)) from None
    return _properties(changed) | {"notes": _notes(changed)}


def rotate(
    community: CommunityPath,
    given: Given,
    actor: Manager,
    device: str,
    request: Request,
    response: Response,
    body: Renewal | None = None,
) -> dict[str, Any]:
    """Give a device a new secret, which is told this once; the old one is void at once."""
    known = _active(given, community.code, device)
    with _overtaken():
        seen = None if body is None else body.seen
        secret = registry.rotate(given.databases.of(community.code), device, seen=seen, by=actor.label)
    return _credentials(given, request, response, known, secret)


def replace(
    community: CommunityPath,
    given: Given,
    actor: Manager,
    device: str,
    body: Replacement,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """Put other hardware in a device's place: what it said stays; the new secret is told this once."""
    known = _active(given, community.code, device)
    engine = given.databases.of(community.code)
    with _overtaken():
        secret = changes.replace_hardware(engine, community.code, device, body.note, seen=body.seen, by=actor.label)
    return _credentials(given, request, response, known, secret)


def revoke(community: CommunityPath, given: Given, actor: Manager, device: str) -> dict[str, Any]:
    """Take a device's credentials away and end its connection; what it said stays, its id is never used again."""
    _active(given, community.code, device)
    with _overtaken():
        registry.revoke(given.databases.of(community.code), device, by=actor.label)
    return {"device": device, "revoked": True}


@contextmanager
def _overtaken() -> Iterator[None]:
    """409 where somebody else was quicker."""
    try:
        yield
    except RegistryError as error:
        raise Problem(409, "conflict", str(error)) from None


def _active(given: Services, community: str, device: str) -> Device:
    """A device that is not revoked; 404 where there is none, 409 where it is."""
    with given.databases.of(community).connect() as connection:
        known = _registered(connection, community, device)
    if known.revoked is not None:
        when = format_rfc3339(known.revoked)
        raise Problem(409, "conflict", f"{device} was revoked at {when} already")
    return known


def _registered(connection: Connection, community: str, device: str) -> Device:
    """A device, revoked or not; 404 where there is none."""
    found = registry.read_all(connection, community, ids=[device])
    if not found:
        raise Problem(404, "not found", f"no device {device!r} in {community!r}")
    return found[0]


def _said(body: Placed, fields: Mapping[str, Any]) -> dict[str, Any]:
    """As the registry calls it; a system is of the position that it comes with."""
    if (body.lon is None) != (body.lat is None):
        raise Problem(400, "bad request", "lon and lat go together")
    return {PROPERTIES.get(name, name): value for name, value in fields.items()}


def _credentials(given: Services, request: Request, response: Response, device: Device, secret: str) -> dict[str, Any]:
    response.headers["Cache-Control"] = "no-store"
    return setup.credentials(
        given.broker, request.url.hostname or "", device, secret, is_only_here=given.is_broker_only_here
    )


def _properties(device: Device) -> dict[str, Any]:
    """A device as the registry has it; times in RFC 3339."""
    named = ("id", "community", "kind", "name", "lon", "lat", "crs", "raw_lon", "raw_lat", "area", "site", "room")
    told = {name: getattr(device, name) for name in (*named, "codec", "gateway", "source")}
    times = ("created", "secret_since", "hardware_since", "revoked", "position_ts")
    instants = {name: getattr(device, name) for name in times}
    told |= {name: None if at is None else format_rfc3339(at) for name, at in instants.items()}
    [where] = queries.where_of(device.community, [device])
    return told | {"interval": device.interval_s, "building": where["building"], "storey": where["storey"]}


def _notes(device: Device) -> list[str]:
    """What whoever set it up should hear, in the language that is spoken."""
    found = provisioning.notes(device)
    if device.raw_lon is not None and device.raw_lat is not None and device.position_ts is None and device.lon:
        doubt = ground.doubt(device.community, device.lon, device.lat or 0.0)
        if doubt is not None:
            where = f"{device.raw_lon}, {device.raw_lat}"
            found.append(f"{where} lies in no area of {device.community!r}, but in one if it is {doubt}")
    return [words.told(one) for one in found]
