"""``cockpit device add|import|list|rotate|revoke``."""

import csv
import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from cockpit.commands.options import Json, answer, database
from cockpit.errors import BadSetting
from geo.communities import communities
from sensors import registry, roster, topics
from sensors.errors import RegistryError, RegistryFaults
from sensors.registry import DEFAULT_INTERVAL_S, KINDS, Device
from store.instant import format_rfc3339

app = typer.Typer(help="Devices and their credentials; changes take effect at once.", no_args_is_help=False)


@app.command()
def add(
    community: Annotated[str, typer.Option(help=f"One of: {', '.join(communities())}.")],
    device_id: Annotated[str, typer.Option("--id", help="Lower case letters, digits, - and _; never used twice.")],
    kind: Annotated[str, typer.Option(help=f"One of: {', '.join(KINDS)}.")],
    name: Annotated[str | None, typer.Option(help="What people call it; else its kind and id.")] = None,
    lon: Annotated[float | None, typer.Option(help="Longitude, degrees.")] = None,
    lat: Annotated[float | None, typer.Option(help="Latitude, degrees.")] = None,
    crs: Annotated[str, typer.Option(help="WGS84, CGCS2000 or GCJ02.")] = "WGS84",
    interval: Annotated[float, typer.Option(help="Seconds between its messages.")] = DEFAULT_INTERVAL_S,
    site: Annotated[str | None, typer.Option(help="For a gate: the site that it counts for.")] = None,
    gateway: Annotated[str | None, typer.Option(help="The gateway that publishes for it.")] = None,
    as_json: Json = False,
) -> None:
    """Register a device and print its secret, the only time that it is shown."""
    if (lon is None) != (lat is None):
        raise RegistryError("--lon and --lat go together")
    new = Device(
        id=device_id,
        community=community,
        kind=kind,
        name=name or f"{registry.kind_name(kind)} {device_id}",
        raw_lon=lon,
        raw_lat=lat,
        crs=crs,
        site=site,
        interval_s=interval,
        gateway=gateway,
    )
    secret = registry.add(database(), new)
    topic = topics.base(community, device_id)
    answer(
        as_json,
        {"device": device_id, "username": device_id, "password": secret, "topic": topic},
        f"device    {device_id}\nusername  {device_id}\n"
        f"password  {secret}   (shown this once)\ntopic     {topic}/telemetry",
    )


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
            secrets = registry.add_all(database(), [entry.device for entry in entries])
        except BaseException as error:
            out.unlink()
            if isinstance(error, RegistryFaults):
                _report(file, [(entries[index].line, why) for index, why in error.faults])
            raise
        table = csv.writer(target)
        table.writerow(("device", "username", "password", "topic"))
        for entry, secret in zip(entries, secrets, strict=True):
            topic = topics.base(entry.device.community, entry.device.id)
            table.writerow((entry.device.id, entry.device.id, secret, topic))
    answer(as_json, {"devices": len(entries), "file": str(out)}, f"{len(entries)} devices; credentials in {out}")


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
    with database().connect() as connection:
        found = registry.read_all(connection, community)
    rows = [
        {
            "device": d.id,
            "community": d.community,
            "kind": d.kind,
            "name": d.name,
            "area": d.area,
            "site": d.site,
            "interval_s": d.interval_s,
            "gateway": d.gateway,
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
    secret = registry.rotate(database(), device_id)
    answer(
        as_json,
        {"device": device_id, "username": device_id, "password": secret},
        f"password  {secret}   (shown this once)",
    )


@app.command()
def revoke(device_id: Annotated[str, typer.Argument(metavar="ID", help="The device.")], as_json: Json = False) -> None:
    """Take a device's credentials away and end its connection; its readings stay."""
    registry.revoke(database(), device_id)
    answer(as_json, {"device": device_id, "revoked": True}, f"{device_id} revoked")
