"""Taking a survey: what the command and the page have in common."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from geo import ground, surveys, versions
from geo.communities import community as community_of
from geo.errors import SurveyFaults
from geo.surveys import Survey, Wanted
from layers.grid_events import ground as event_places
from sensors.devices import places
from store import audit
from store.engine import writing
from store.instant import now


@dataclass(frozen=True)
class Look:
    """A file that was read and found good, and what it would change: codes that come, stay and go."""

    layer: str
    community: str
    file: str
    sha256: str
    survey: Survey
    added: int
    replaced: int
    removed: int

    @property
    def change(self) -> dict[str, int]:
        """The same as words and numbers."""
        return {"added": self.added, "replaced": self.replaced, "removed": self.removed}

    @property
    def reading(self) -> dict[str, object]:
        """How the file was read, for whoever has to see that it was read rightly."""
        survey = self.survey
        return {
            "crs": survey.crs,
            "shift": survey.shift or None,
            "encoding": survey.encoding,
            "names": survey.names,
            "source_layer": survey.source_layer,
            "left_out": survey.left_out,
        }


@dataclass(frozen=True)
class Taken:
    """What came of it: the number of the version, and how many devices lie in another area now."""

    version: int
    devices_moved: int


def look(engine: Engine, path: Path, layer: str, community: str, wanted: Wanted, actor: str, file: str = "") -> Look:
    """Read a file; changes nothing but the audit trail, which tells who looked at what, and what was said of it.

    ``file`` is its name where the path has another.

    Raises
    ------
    SurveyFaults
        With everything that is wrong with it.
    """
    name = file or path.name
    digest = _sha256(path)
    try:
        survey = surveys.read(path, layer, community_of(community), wanted=wanted, title=name)
    except SurveyFaults as bad:
        _note(engine, actor, layer, community, name, digest, f"{len(bad.faults)} faults: {bad.faults[0]}"[:300])
        raise
    before = set(ground.frame(community, layer)["code"])
    codes = {feature.code for feature in survey.features}
    counts = (len(codes - before), len(codes & before), len(before - codes))
    _note(engine, actor, layer, community, name, digest, f"{len(survey.features)} features, no fault")
    return Look(layer, community, name, digest, survey, *counts)


def _note(engine: Engine, actor: str, layer: str, community: str, file: str, digest: str, verdict: str) -> None:
    told = {"file": file[-200:], "sha256": digest, "verdict": verdict}
    with writing(engine) as connection:
        audit.record(connection, actor, "ground.look", f"{community}/{layer}", told)


def _sha256(path: Path) -> str:
    """Of a file; "" where there is none, which is told when it is read."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def take(engine: Engine, looked: Look, actor: str) -> Taken:
    """Let a survey count from now on, all of it."""
    with writing(engine) as connection:
        number = versions.add(
            connection,
            looked.community,
            looked.layer,
            looked.survey.features,
            file=looked.file,
            crs=looked.survey.crs,
            actor=actor,
            at=now(),
        )
        told = {"version": number, "file": looked.file, "features": len(looked.survey.features)}
        told |= {"sha256": looked.sha256} | ({"shift": looked.survey.shift} if looked.survey.shift else {})
        audit.record(connection, actor, "ground.import", f"{looked.community}/{looked.layer}", told)
    return Taken(number, _settle(engine, looked.community, looked.layer, actor))


def use(engine: Engine, community: str, layer: str, number: int, actor: str) -> Taken:
    """Let an earlier version count again.

    Raises
    ------
    LookupError
        If there is none of that number.
    """
    with writing(engine) as connection:
        versions.use(connection, community, layer, number)
        audit.record(connection, actor, "ground.use", f"{community}/{layer}", {"version": number})
    return Taken(number, _settle(engine, community, layer, actor))


def _settle(engine: Engine, community: str, layer: str, actor: str) -> int:
    """This process sees the ground as it now is; devices and open events find their places anew."""
    with writing(engine) as connection:
        ground.refresh(connection)
        moved = places.relocate(connection, community) if layer == "areas" else 0
    if layer in event_places.LAYERS:
        event_places.relocate(engine, community, layer, actor)
    return moved
