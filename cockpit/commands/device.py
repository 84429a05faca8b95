"""``cockpit device add|import|list|rotate|revoke|command``."""

import csv
import os
from pathlib import Path
from typing import Annotated, Any, NoReturn

import msgspec
import typer
from sqlalchemy import Engine

from cockpit.commands.options import ONE_OF, Json, actor, answer, databases, note, settings
from cockpit.errors import BadSetting
from cockpit.resources import installed_codecs
from geo import ground
from geo.crs import Crs
from sensors import topics
from sensors.commands import commands
from sensors.devices import registry, roster
from sensors.devices.kinds import kind_name, kinds
from sensors.devices.provisioning import check_new, notes
from sensors.devices.registry import DEFAULT_INTERVAL_S, Device
from sensors.errors import RegistryError, RegistryFaults
from store.engine import writing
from store.instant import format_rfc3339

app = typer.Typer(help="Devices and their credentials; changes take effect at once.", no_args_is_help=False)


@app.command()
def add(
    community: Annotated[str, typer.Option(help=ONE_OF)],
    device_id: Annotated[str, typer.Option("--id", help="Lower case letters, digits, - and _; never used twice.")],
    kind: Annotated[str, typer.Option(help=f"One of: {', '.join(kinds())}.")],
    name: Annotated[str | None, typer.Option(help="What people call it; else its kind and id.")] = None,
    lon: Annotated[float | None, typer.Option(help="Longitude, degrees.")] = None,
    lat: Annotated[float | None, typer.Option(help="Latitude, degrees.")] = None,
    crs: Annotated[
        str, typer.Option(help="WGS84, CGCS2000, GCJ02, BD09, CGCS2000_GK40 (easting with the zone) or CGCS2000_GK120.")
    ] = "WGS84",
    interval: Annotated[float, typer.Option(help="Seconds between its messages.")] = DEFAULT_INTERVAL_S,
    site: Annotated[str | None, typer.Option(help="For a gate: the site that it counts for.")] = None,
    room: Annotated[str | None, typer.Option(help="The room that it stands in; its place where none is given.")] = None,
    gateway: Annotated[str | None, typer.Option(help="The gateway that publishes for it.")] = None,
    codec: Annotated[str | None, typer.Option(help="How its telemetry is read; left out: by its shape.")] = None,
    as_json: Json = False,
) -> None:
    """Register a device and print its secret, the only time that it is shown."""
    if (lon is None) != (lat is None):
        raise RegistryError("--lon and --lat go together")
    new = Device(
        id=device_id,
        community=community,
        kind=kind,
        name=name or f"{kind_name(kind)} {device_id}",
        raw_lon=lon,
        raw_lat=lat,
        crs=crs,
        site=site,
        room=room,
        interval_s=interval,
        gateway=gateway,
        codec=codec,
    )
    opened = databases()
    check_new(opened, installed_codecs(settings()).json, [new])
    secret = registry.add(opened.of(community), new)
    topic = topics.base(community, device_id)
    answer(
        as_json,
        {"device": device_id, "username": device_id, "password": secret, "topic": topic},
        f"device    {device_id}\nusername  {device_id}\n"
        f"password  {secret}   (shown this once)\ntopic     {topic}/telemetry",
    )
    _point_out(community, lon, lat, crs)
    for one in notes(new):
        note(one)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file; its first line names the columns.")],
    out: Annotated[Path, typer.Option(help="Where the credentials go; must not exist.")],
    as_json: Json = False,
) -> None:
    """Register all devices of a list, or none, and write their credentials to a file that only its owner reads."""
    try:
        entries = roster.read(file)
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except RegistryFaults as faults:
        _report(file, faults.faults)
    except OSError as error:
        raise BadSetting(f"{error.filename}: {error.strerror}") from None
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as target:
        try:
            secrets = _register(entries)
        except BaseException as error:
            out.unlink()
            if isinstance(error, RegistryFaults):
                _report(file, [(entries[index].line, why) for index, why in error.faults])
            raise
        # A shell that reads it would take a carriage return for a part of the topic.
        table = csv.writer(target, lineterminator="\n")
        table.writerow(("device", "username", "password", "telemetry_topic"))
        for entry, secret in zip(entries, secrets, strict=True):
            topic = topics.base(entry.device.community, entry.device.id)
            table.writerow((entry.device.id, entry.device.id, secret, f"{topic}/telemetry"))
    answer(as_json, {"devices": len(entries), "file": str(out)}, f"{len(entries)} devices; credentials in {out}")


def _register(entries: list[roster.Entry]) -> list[str]:
    """Register all, or none; the list may name the communities of one database only."""
    devices = [entry.device for entry in entries]
    opened = databases()
    engines = {opened.of(device.community) for device in devices}
    if len(engines) > 1:
        raise BadSetting("the list names communities of several databases; import one list for each")
    check_new(opened, installed_codecs(settings()).json, devices)
    return registry.add_all(engines.pop() if engines else opened.shared, devices)


def _report(file: Path, faults: list[tuple[int, str]]) -> NoReturn:
    for line, why in faults:
        typer.echo(f"cockpit: {file}:{line}: {why}", err=True)
    typer.echo(f"cockpit: {file}: {len(faults)} faults, nothing was registered", err=True)
    raise typer.Exit(2)


@app.command("list")
def list_(
    community: Annotated[str | None, typer.Option(help="Only this community's.")] = None,
    as_json: Json = False,
) -> None:
    """List the devices, the revoked ones too."""
    opened = databases()
    found: list[Device] = []
    for engine in opened.of_all([community] if community else ()):
        with engine.connect() as connection:
            found += registry.read_all(connection, community)
    rows = [
        {
            "device": d.id,
            "community": d.community,
            "kind": d.kind,
            "name": d.name,
            "area": d.area,
            "site": d.site,
            "room": d.room,
            "interval_s": d.interval_s,
            "gateway": d.gateway,
            "codec": d.codec,
            "source": d.source,
            "revoked": None if d.revoked is None else format_rfc3339(d.revoked),
        }
        for d in found
    ]
    lines = [
        f"{d.id}  {d.community}  {d.kind}  {d.name}  {d.area or '-'}{'  revoked' if d.revoked else ''}" for d in found
    ]
    answer(as_json, {"devices": rows}, "\n".join(lines) or "no devices")


@app.command()
def rotate(device_id: Annotated[str, typer.Argument(metavar="ID", help="The device.")], as_json: Json = False) -> None:
    """Give a device a new secret and print it, the only time; the old one is void at once."""
    secret = registry.rotate(_database_of(device_id), device_id)
    answer(
        as_json,
        {"device": device_id, "username": device_id, "password": secret},
        f"password  {secret}   (shown this once)",
    )


@app.command()
def revoke(device_id: Annotated[str, typer.Argument(metavar="ID", help="The device.")], as_json: Json = False) -> None:
    """Take a device's credentials away and end its connection; its readings stay."""
    registry.revoke(_database_of(device_id), device_id)
    answer(as_json, {"device": device_id, "revoked": True}, f"{device_id} revoked")


@app.command()
def command(
    device_id: Annotated[str, typer.Argument(metavar="ID", help="The device.")],
    name: Annotated[str, typer.Argument(metavar="COMMAND", help="One that its kind takes; see docs/devices.md.")],
    param: Annotated[list[str] | None, typer.Option(help="NAME=VALUE, the value as JSON or text; repeatable.")] = None,
    seconds: Annotated[int, typer.Option(help="Void after so many seconds.")] = commands.DEFAULT_SECONDS,
    as_json: Json = False,
) -> None:
    """Give a device a command; whoever takes the devices' messages sends it at once."""
    engine = _database_of(device_id)
    with writing(engine) as connection:
        found = registry.read_all(connection, ids=[device_id])
        if not found:
            raise RegistryError(f"no registered device {device_id!r}")
        params = dict(_param(text) for text in param or ())
        issued = commands.issue(connection, found[0], name, params, actor(), seconds)
    answer(as_json, {"device": device_id, "command": issued}, f"command   {issued}")


def _point_out(community: str, lon: float | None, lat: float | None, crs: str) -> None:
    """Say that a position looks like one of a Chinese map; it is taken as it was declared."""
    if lon is None or lat is None or crs not in (Crs.WGS84, Crs.CGCS2000):
        return
    system = ground.doubt(community, lon, lat)
    if system is not None:
        where = f"{lon}, {lat} lies in no area of {community}, but in one if it is {system}: check --crs"
        note(where)


def _param(text: str) -> tuple[str, Any]:
    name, is_given, value = text.partition("=")
    if not is_given:
        raise BadSetting(f"--param {text!r} is not NAME=VALUE")
    try:
        return name, msgspec.json.decode(value)
    except msgspec.DecodeError:
        return name, value


def _database_of(device_id: str) -> Engine:
    """The database that a device stands in; any where it stands in none."""
    opened = databases()
    for engine in opened.all:
        with engine.connect() as connection:
            if registry.read_all(connection, ids=[device_id]):
                return engine
    return opened.shared
