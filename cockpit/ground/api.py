"""Routes of the ground's versions: look at a survey file, take it, go back to an earlier one."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from cockpit.ground import survey
from cockpit.ground.survey import Look
from geo import versions
from geo.crs import Crs
from geo.errors import SurveyFaults
from geo.survey.drivers import ENDINGS
from geo.survey_faults import rules
from geo.surveys import Wanted
from layers.people import told_to
from layers.problem import Problem
from layers.web import Body, CommunityPath, Given, Manager, Reading, Viewer, WorkName, elsewhere, told_far
from store import far, scratch

MAX_TOLD = 100
MAX_SHOWN = 5_000


def router() -> APIRouter:
    """Routes below ``/api/v1/{community}/ground``."""
    routes = APIRouter(prefix="/api/v1/{community}/ground", tags=["ground"])

    @routes.get("/versions")
    def list_versions(community: CommunityPath, connection: Reading, viewer: Viewer) -> dict[str, Any]:
        """What was imported, newest first, and which version of a layer counts."""
        rows = versions.known(connection, community.code)
        found = [{"layer": row.layer} | versions.told(row) for row in rows]
        return {"versions": told_to(viewer, community.code, found)}

    @routes.post("/{layer}")
    async def import_survey(
        community: CommunityPath,
        given: Given,
        actor: Manager,
        layer: str,
        content: Body,
        request: Request,
        file: Annotated[str, Query(max_length=200, description="the file's name; its ending says the format")],
        crs: Annotated[str | None, Query(description="one of ours, or EPSG:n; left out: as the file declares")] = None,
        source_layer: Annotated[
            str | None, Query(max_length=200, description="which of the file's layers, where it has several")
        ] = None,
        accept_shift: Annotated[
            bool, Query(description="take coordinates whose way to CGCS2000 is not known well, as they are")
        ] = False,
        dry_run: Annotated[bool, Query(description="only say what would change")] = False,
        work: WorkName = None,
    ) -> dict[str, Any]:
        """Take a survey file, all or nothing: 422 with every fault; with ``dry_run`` nothing is changed."""
        _check(layer, crs)
        engine = given.databases.of(community.code)
        wanted = Wanted(crs=crs, source_layer=source_layer, accept_shift=accept_shift)
        with told_far(actor, work):
            looked = await elsewhere(request, _look, engine, content, file, layer, community.code, wanted, actor.label)
            far.step("writing", 0, len(looked.survey.features))
        answer = {"layer": layer, "features": len(looked.survey.features), **looked.reading, **looked.change}
        if dry_run:
            return answer | {"imported": False, "shapes": _shapes(looked)}
        taken = await run_in_threadpool(survey.take, engine, looked, actor.label)
        return answer | {"imported": True, "version": taken.version, "devices_moved": taken.devices_moved}

    @routes.post("/{layer}/versions/{version}")
    def use_version(community: CommunityPath, given: Given, actor: Manager, layer: str, version: int) -> dict[str, Any]:
        """Let an earlier version of a layer count again; 0 is what ships."""
        _check(layer, None)
        try:
            taken = survey.use(given.databases.of(community.code), community.code, layer, version, actor.label)
        except LookupError as error:
            raise Problem(404, "not found", str(error)) from None
        return {"layer": layer, "version": taken.version, "devices_moved": taken.devices_moved}

    return routes


def _check(layer: str, crs: str | None) -> None:
    if layer not in rules():
        raise Problem(404, "not found", f"layer {layer!r} is not one of {', '.join(rules())}")
    if crs is not None and crs not in set(Crs) and not crs.upper().startswith("EPSG:"):
        raise Problem(400, "bad parameter", f"crs {crs!r} is not one of {', '.join(Crs)} or EPSG:n")


def _look(engine: Engine, content: bytes, name: str, layer: str, community: str, wanted: Wanted, actor: str) -> Look:
    ending = Path(name).suffix.lower()
    if ending not in ENDINGS:
        raise Problem(400, "bad parameter", f"file {name[:80]!r}: the ending is none of {', '.join(ENDINGS)}")
    with scratch.folder() as folder:
        # Under a name of ours: what a stranger calls a file is no path.
        path = folder / f"survey{ending}"
        path.write_bytes(content)
        try:
            return survey.look(engine, path, layer, community, wanted, actor, file=name)
        except SurveyFaults as bad:
            raise _problem(bad) from None


def _problem(bad: SurveyFaults) -> Problem:
    shown = bad.faults[:MAX_TOLD]
    told = [str(fault) for fault in shown]
    more: dict[str, object] = {"faults": told, "faults_zh": [fault.told("zh") for fault in shown]}
    more |= {"kinds": sorted({fault.kind for fault in bad.faults})}
    if bad.layers:
        more["layers"] = [{"name": name, "features": count} for name, count in bad.layers]
    return Problem(422, "survey has faults", told[0], count=len(bad.faults), **more)


def _shapes(looked: Look) -> list[dict[str, Any]]:
    """Outlines for the map, as GeoJSON features; of very many only the first."""
    return [
        {
            "type": "Feature",
            "properties": {"code": one.code, "name": one.name},
            "geometry": one.geometry.__geo_interface__,
        }
        for one in looked.survey.features[:MAX_SHOWN]
    ]
