"""A demonstration is taken out to the last row, and what others added stays: every table before and after."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, select

from cockpit.demonstration import beginning, scenario
from cockpit.demonstration.application import Application
from cockpit.demonstration.clearing import clear
from cockpit.demonstration.devices import recording
from cockpit.demonstration.performing import Performer
from cockpit.demonstration.tables import people
from cockpit.errors import BadSetting
from geo import ground
from layers.governance.figures import totals
from layers.indicators import figures
from layers.scenes import scenes
from layers.services.points.tables import points_account
from layers.services.tally import tally
from sensors.codecs.installed import codecs
from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.tables import reading_hour, series
from store import demonstration
from store.databases import Databases
from store.engine import open_engine, writing
from store.instant import local_date, now
from store.metadata import metadata
from store.migrate import upgrade
from store.seal import seal_of
from tests.running import run_async

STAFF = {code: (one.name, one.role) for code, one in people().staff.items()}
OWN = {"audit", "audit_head", "revision", "demonstration"}
"""What the beginning and the taking out themselves write."""


def content(engine: Engine) -> Mapping[str, list[Any]]:
    """Every row of every table but `OWN`."""
    with engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in metadata.sorted_tables
            if table.name not in OWN
        }


LEFT_OUT = ("lunch/", "tea-", "seen/", "dancer/", "tai-chi-", "learner-", "came-", "desk/", "case/", "asked/")
"""More of the same, so that a test takes seconds."""


async def live(engine: Engine, folder: Path, days: int) -> Performer:
    """The beginning and the last days of heling, without pictures."""
    application = Application(Databases(engine), lambda *_: None, codecs(None), seal_of(folder / "seal.key"), STAFF)
    performer = Performer("heling", application, engine)
    performer.remember()
    today = local_date(now())
    with engine.connect() as connection:
        seed, began = demonstration.began(connection) or ("", 0)
    acts = scenario.beginning(seed, "heling", local_date(began), today)
    for back in range(days, -1, -1):
        acts += scenario.of_day(seed, "heling", local_date(began), today - timedelta(days=back))
    wanted = [one for one in acts if one.kind != "picture" and not one.key.startswith(LEFT_OUT)]
    await performer.perform(sorted(wanted, key=lambda one: (one.at, one.key)), now())
    await application.close()
    return performer


def opened(url: str) -> Engine:
    """The database, up to date and with a real device."""
    engine = open_engine(url)
    upgrade(engine)
    return engine


def device(engine: Engine) -> None:
    """An invented device with something measured."""
    new = recording("heling", 0).tracks[0].device
    registry.add(engine, new)
    with writing(engine) as connection:
        row = {"device_id": new.id, "metric": "power", "kind": "number"}
        number = connection.execute(insert(series).values(row).returning(series.c.id)).scalar_one()
        sums = {"series_id": number, "hour": 0, "n": 1, "total": 1.0, "low": 1.0, "high": 1.0}
        connection.execute(insert(reading_hour).values(sums))


def test_every_row_goes_that_it_brought_and_every_one_stays_that_somebody_else_did(
    database_url: str, tmp_path: Path
) -> None:
    engine = opened(database_url)
    databases = Databases(engine)
    beginning.begin(databases)
    registry.add(engine, Device(id="real-01", community="heling", kind="air", name="真", raw_lon=120.2, raw_lat=28.93))
    before = content(engine)
    device(engine)
    # Two whole days and the present one, however early it is: a matter begins every other day.
    performer = run_async(live(engine, tmp_path, 2))
    assert performer.refused == 0
    assert sum(map(len, content(engine).values())) > sum(map(len, before.values())) + 600
    with engine.connect() as connection:
        assert sum(connection.scalars(select(points_account.c.balance))) == 0
    cleared = clear(databases, "tests")
    assert cleared.left == []
    assert {"device", "reading_hour", "grid_event", "register_row", "matter", "canteen_meal", "points_entry"} <= set(
        cleared.rows
    )
    assert {name: rows for name, rows in content(engine).items() if rows != before[name]} == {}
    ground.forget()
    with pytest.raises(BadSetting, match="no demonstration"):
        clear(databases, "tests")
    engine.dispose()


def unmarked(engine: Engine) -> list[str]:
    """Figures of the nine scenes that count what is invented and do not say so; here only the ground is not."""
    with engine.connect() as connection:
        shown = [one for scene in scenes() for one in figures.scene(connection, "heling", scene, sees="manager")]
        assert len([one for one in shown if one.value]) > 12
        governed = totals(connection, "heling")["demo"]
        assert {"mediation", "council", "partners"} & set(governed)
        assert tally(connection, "heling")["demo"]
        past = [one for scene in scenes() for one in figures.scene(connection, "heling", scene, now(), sees="manager")]
    return [one.of.code for one in (*shown, *past) if one.value and one.of.kind != "ground" and not one.is_invented]


def test_what_is_done_is_done_once_also_after_a_stop(tmp_path: Path) -> None:
    engine = opened(f"sqlite:///{tmp_path}/cockpit.db")
    beginning.begin(Databases(engine))
    run_async(live(engine, tmp_path, 0))
    before = content(engine)
    assert unmarked(engine) == []
    with writing(engine) as connection:
        # What was done, but not noted when the machine stopped.
        some = select(demonstration.demonstration_record.c.key).where(
            demonstration.demonstration_record.c.kind == "row"
        )
        keys = list(connection.scalars(some.limit(40)))
        connection.execute(
            delete(demonstration.demonstration_record).where(demonstration.demonstration_record.c.key.in_(keys))
        )
    run_async(live(engine, tmp_path, 0))
    known = {name for name in before if name != "demonstration_record"}
    after = content(engine)
    assert {name: len(after[name]) for name in known} == {name: len(before[name]) for name in known}
    ground.forget()
    engine.dispose()


def test_it_begins_in_an_empty_database_only(tmp_path: Path) -> None:
    engine = opened(f"sqlite:///{tmp_path}/cockpit.db")
    registry.add(engine, Device(id="real-01", community="heling", kind="air", name="真"))
    with pytest.raises(BadSetting, match="records of its own"):
        beginning.begin(Databases(engine))
    engine.dispose()
