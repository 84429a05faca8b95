"""Taking a survey: what the command and the page have in common."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from geo import ground, surveys, versions
from geo.communities import community as community_of
from geo.surveys import Survey
from layers.grid_events import ground as event_places
from sensors import registry
from store import audit
from store.engine import writing
from store.instant import now


@dataclass(frozen=True)
class Look:
    """A file that was read and found good, and what it would change: codes that come, stay and go."""

    layer: str
    community: str
    file: str
    survey: Survey
    added: int
    replaced: int
    removed: int

    @property
    def change(self) -> dict[str, int]:
        """The same as words and numbers."""
        return {"added": self.added, "replaced": self.replaced, "removed": self.removed}


@dataclass(frozen=True)
class Taken:
    """What came of it: the number of the version, and how many devices lie in another area now."""

    version: int
    devices_moved: int


def look(path: Path, layer: str, community: str, crs: str | None) -> Look:
    """Read a file; changes nothing.

    Raises
    ------
    SurveyFaults
        With everything that is wrong with it.
    """
    survey = surveys.read(path, layer, community_of(community), crs)
    before = set(ground.frame(community, layer)["code"])
    codes = {feature.code for feature in survey.features}
    counts = (len(codes - before), len(codes & before), len(before - codes))
    return Look(layer, community, path.name, survey, *counts)


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
        moved = registry.relocate(connection, community) if layer == "areas" else 0
    if layer in event_places.LAYERS:
        event_places.relocate(engine, community, layer, actor)
    return moved
