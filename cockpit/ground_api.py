"""Routes of the ground's versions: look at a survey file, take it, go back to an earlier one."""

import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool

from cockpit import survey
from cockpit.survey import Look
from geo import versions
from geo.crs import Crs
from geo.errors import SurveyFaults
from geo.survey_faults import rules
from layers.people import told_to
from layers.problem import Problem
from layers.web import CommunityPath, Given, Manager, Reading, Viewer, bounded_body

MAX_BYTES = 64 * 1024 * 1024
MAX_TOLD = 100
MAX_SHOWN = 5_000
ENDINGS = (".gpkg", ".geojson", ".json", ".kml", ".csv", ".dxf", ".zip")


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
        content: Annotated[bytes, Depends(bounded_body(MAX_BYTES))],
        file: Annotated[str, Query(max_length=200, description="the file's name; its ending says the format")],
        crs: Annotated[str | None, Query(description="one of ours, or EPSG:n; left out: as the file declares")] = None,
        dry_run: Annotated[bool, Query(description="only say what would change")] = False,
    ) -> dict[str, Any]:
        """Take a survey file, all or nothing: 422 with every fault; with ``dry_run`` nothing is changed."""
        _check(layer, crs)
        looked = await run_in_threadpool(_look, content, file, layer, community.code, crs)
        answer = {"layer": layer, "crs": looked.survey.crs, "features": len(looked.survey.features), **looked.change}
        if dry_run:
            return answer | {"imported": False, "shapes": _shapes(looked)}
        engine = given.databases.of(community.code)
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


def _look(content: bytes, name: str, layer: str, community: str, crs: str | None) -> Look:
    ending = Path(name).suffix.lower()
    if ending not in ENDINGS:
        raise Problem(400, "bad parameter", f"file {name[:80]!r}: the ending is none of {', '.join(ENDINGS)}")
    with tempfile.TemporaryDirectory(prefix="cockpit-survey-") as folder:
        # Under a name of ours: what a stranger calls a file is no path.
        path = Path(folder) / f"survey{ending}"
        path.write_bytes(content)
        try:
            looked = survey.look(path, layer, community, crs)
        except SurveyFaults as bad:
            told = [str(fault) for fault in bad.faults[:MAX_TOLD]]
            raise Problem(422, "survey has faults", told[0], faults=told, count=len(bad.faults)) from None
    return Look(layer, community, name, looked.survey, looked.added, looked.replaced, looked.removed)


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
