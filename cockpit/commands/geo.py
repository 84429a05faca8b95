"""``cockpit geo import|export|versions|use|steward``: survey files of the ground, and who looks after a grid."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from cockpit.commands.options import ONE_OF, Json, actor, answer, check_community, databases
from cockpit.errors import BadSetting
from cockpit.people import users
from geo import stewards, versions
from geo.crs import Crs
from geo.errors import SurveyFaults
from geo.stewards import NoAccount
from geo.survey_faults import rules
from geo.surveys import Survey, Wanted
from store import audit
from store.engine import writing
from store.instant import SHANGHAI, now, to_datetime

app = typer.Typer(help="The ground: survey files in and out, and back to an earlier one.", no_args_is_help=False)

CommunityOption = Annotated[str, typer.Option("--community", help=ONE_OF)]
KindOption = Annotated[str, typer.Option("--kind", help=f"One of: {', '.join(rules())}.")]
MAX_TOLD = 200


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="GeoPackage, GeoJSON, Shapefile, KML, DXF, or CSV.")],
    community: CommunityOption,
    kind: KindOption,
    crs: Annotated[
        str | None, typer.Option(help=f"What its coordinates are in: {', '.join(Crs)} or EPSG:n. Else as it declares.")
    ] = None,
    layer: Annotated[
        str | None, typer.Option("--layer", help="Which of the file's layers, where it has several.")
    ] = None,
    accept_shift: Annotated[
        bool,
        typer.Option("--accept-shift", help="Take coordinates whose way to CGCS2000 is not known well, as they are."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    as_json: Json = False,
) -> None:
    """Import a survey file, all of it or nothing; the former state can be used again."""
    # Here, not above: only this command reads such files, and what reads them takes its time to import.
    from cockpit.ground import survey

    check_community(community)
    _layer(kind)
    _system(crs)
    engine = databases().of(community)
    try:
        wanted = Wanted(crs=crs, source_layer=layer, accept_shift=accept_shift)
        looked = survey.look(engine, file, kind, community, wanted, actor())
    except SurveyFaults as bad:
        _report(file, bad)
    count, system = len(looked.survey.features), looked.survey.crs
    record: dict[str, object] = {"file": str(file), "kind": kind, "features": count, **looked.reading, **looked.change}
    said = f"{file}: {count} {kind} in {system}: " + ", ".join(f"{n} {word}" for word, n in looked.change.items())
    said += _how_read(looked.survey)
    if dry_run:
        answer(as_json, record | {"imported": False}, f"{said}; nothing was changed")
        return
    taken = survey.take(engine, looked, actor())
    moved = taken.devices_moved
    text = f"{said}; version {taken.version}" + (f"; {moved} devices lie in another area now" if moved else "")
    answer(as_json, record | {"imported": True, "version": taken.version, "devices_moved": moved}, text)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".gpkg, .geojson, .shp, .kml, .csv or .city.json.")],
    community: CommunityOption,
    kind: KindOption,
    crs: Annotated[str, typer.Option(help=f"One of: {', '.join(Crs)}.")] = Crs.CGCS2000,
    as_json: Json = False,
) -> None:
    """Write a layer to a file, as it counts now; buildings also as CityJSON."""
    from geo import exports

    check_community(community)
    _layer(kind)
    if crs not in set(Crs):
        raise BadSetting(f"--crs {crs!r} is not one of {', '.join(Crs)}")
    opened = databases()
    try:
        count = exports.write(file, community, kind, Crs(crs))
    except ValueError as error:
        raise BadSetting(str(error)) from None
    with writing(opened.of(community)) as connection:
        audit.record(connection, actor(), "geo.export", f"{community} {kind}", {"features": count, "crs": crs})
    answer(as_json, {"file": str(file), "kind": kind, "features": count}, f"{file}: {count} {kind}")


@app.command("versions")
def list_versions(community: CommunityOption, as_json: Json = False) -> None:
    """List what was imported, newest first, and which counts."""
    check_community(community)
    with databases().of(community).connect() as connection:
        rows = versions.known(connection, community)
    records = [{"kind": row.layer} | versions.told(row) for row in rows]
    lines = [
        f"{'*' if row.is_current else ' '} {row.id}  {row.layer}  {row.features}  {row.file}  "
        f"{to_datetime(row.imported).astimezone(SHANGHAI):%Y-%m-%d %H:%M}  {row.actor}"
        for row in rows
    ]
    answer(as_json, {"versions": records}, "\n".join(lines) or "nothing was imported: what ships counts")


@app.command()
def use(
    version: Annotated[int, typer.Argument(metavar="VERSION", help="Its number; 0 is what ships.")],
    community: CommunityOption,
    kind: KindOption,
    as_json: Json = False,
) -> None:
    """Make an earlier version of a layer count again."""
    check_community(community)
    _layer(kind)
    from cockpit.ground import survey

    try:
        taken = survey.use(databases().of(community), community, kind, version, actor())
    except LookupError as error:
        raise BadSetting(str(error)) from None
    record = {"kind": kind, "version": version, "devices_moved": taken.devices_moved}
    answer(as_json, record, f"{kind}: version {version} counts")


@app.command()
def steward(
    grid: Annotated[str, typer.Argument(metavar="GRID", help="The code of a grid that was imported.")],
    community: CommunityOption,
    name: Annotated[str | None, typer.Option(help="Who looks after it from now on; left out: nobody.")] = None,
    as_json: Json = False,
) -> None:
    """Appoint the steward (网格员) of a grid."""
    check_community(community)
    opened = databases()
    with opened.shared.connect() as connection:
        staff = users.staff(connection, community)
    try:
        with writing(opened.of(community)) as connection:
            stewards.appoint(connection, community, grid, name, now(), staff)
            audit.record(connection, actor(), "steward.appoint", f"{community}/{grid}", {"name": name})
    except LookupError as error:
        raise BadSetting(str(error)) from None
    except NoAccount as error:
        raise BadSetting(f"--name: {error}; cockpit user add makes one") from None
    answer(as_json, {"grid": grid, "steward": name}, f"{grid}: {name or 'nobody'}")


def _how_read(read: Survey) -> str:
    """What shows whether a file was read rightly."""
    said = f"; texts in {read.encoding}" + (f" ({', '.join(read.names)})" if read.names else "")
    said += "".join(f"; {count} {what} left out" for what, count in read.left_out.items())
    if read.shift:
        said += f"; {read.shift} was taken as CGCS2000 without a known shift: it may lie off by some 30 to 130 m"
    return said


def _report(file: Path, bad: SurveyFaults) -> NoReturn:
    for fault in bad.faults[:MAX_TOLD]:
        typer.echo(f"cockpit: {file}: {fault}", err=True)
    more = len(bad.faults) - MAX_TOLD
    typer.echo(
        f"cockpit: {file}: {len(bad.faults)} faults{f', {more} not told' if more > 0 else ''}; nothing was imported",
        err=True,
    )
    raise typer.Exit(2)


def _layer(kind: str) -> None:
    if kind not in rules():
        raise BadSetting(f"--kind {kind!r} is not one of {', '.join(rules())}")


def _system(crs: str | None) -> None:
    if crs is not None and crs not in set(Crs) and not crs.upper().startswith("EPSG:"):
        raise BadSetting(f"--crs {crs!r} is not one of {', '.join(Crs)} or EPSG:n")
