"""Open events find their grid and area when the ground they lie on is surveyed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from cockpit.ground import survey
from geo import ground as known_ground
from geo import surveys
from layers.grid_events import ground, write
from layers.grid_events.tables import grid_event
from layers.grid_events.write import Wanted
from layers.roles import Actor
from store import audit
from store.engine import writing
from tests.layers.test_grid_events import file
from tests.running import strip


@pytest.fixture
def fresh() -> Iterator[None]:
    """A process that knows no survey, before and after."""
    known_ground.forget()
    yield
    known_ground.forget()


def grid_of(engine: Engine, event: str) -> str | None:
    """The grid that an event is in."""
    with engine.connect() as connection:
        found: str | None = connection.scalar(select(grid_event.c.grid).where(grid_event.c.id == event))
        return found


@pytest.mark.usefixtures("fresh")
def test_open_events_find_their_grid_when_grids_are_imported(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ground, "AT_ONCE", 2)
    places = {"a": 120.187, "b": 120.194, "c": 120.187, "far": 121.0}
    events = {name: file(engine, name, lon=lon, lat=28.928)[0] for name, lon in places.items()}
    nowhere, done = file(engine, "nowhere")[0], file(engine, "done", lon=120.187, lat=28.928)[0]
    with writing(engine) as connection:
        write.advance(connection, "heling", done, Wanted(to="declined"), Actor("m", "manager"), ())
    path = tmp_path / "grids.geojson"
    strips = [strip("g1", "第1网格", 120.186, 120.19), strip("g2", "第2网格", 120.19, 120.2)]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": strips}), encoding="utf-8")
    looked = survey.look(engine, path, "grids", "heling", surveys.Wanted(), "user:王经理")
    survey.take(engine, looked, "user:王经理")
    assert {name: grid_of(engine, event) for name, event in events.items()} == {
        "a": "g1",
        "b": "g2",
        "c": "g1",
        "far": None,
    }
    assert (grid_of(engine, nowhere), grid_of(engine, done)) == (None, None)
    with engine.connect() as connection:
        told = next(row for row in audit.rows(connection, 9) if row["action"] == "event.relocate")
    assert (told["actor"], told["detail"]) == ("user:王经理", {"layer": "grids", "events": 3})
    assert ground.relocate(engine, "heling", "grids", "user:王经理") == 0
