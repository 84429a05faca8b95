"""Archived months go with a backup, and come back with it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from cockpit.backups import kept, making
from cockpit.backups.maker import BackupMaker
from cockpit.backups.making import Made
from cockpit.backups.restoring import restore
from cockpit.settings import Settings
from sensors.readings.archive.archiver import Archiver
from sensors.readings.archive.claiming import NotOurs
from sensors.readings.columns import Observation
from sensors.readings.history import history
from store.databases import Databases
from store.engine import open_engine
from store.instant import HOUR, SHANGHAI, clock_at, from_datetime, now
from tests.database import add, new_database
from tests.sensors.readings.archive.months import NOW, at, hot, keep

MARCH = at(2026, 3, 1)


def values(settings: Settings, own: str | None = None) -> list[object]:
    """All that is read back, by whoever opens the shared database now, or a community's own."""
    url = settings.database if own is None else settings.community_databases[own]
    engine = open_engine(url, archive=settings.archive(url))
    try:
        with engine.connect() as connection:
            return [one.value for one in history(connection, "air-01", "pm2_5", 0, NOW, 99)]
    finally:
        engine.dispose()


def test_archived_months_are_in_a_backup_and_come_back_with_it(
    settings: Settings, databases: Databases, back_up: Callable[..., Made]
) -> None:
    engine, folder = databases.shared, settings.archive(settings.database)
    engine.update_execution_options(cockpit_archive=folder)
    add(engine, "air-01")
    keep(engine, *(Observation("air-01", "pm2_5", MARCH + n, float(n), 0) for n in range(3)))
    Archiver(engine, 3).take_turn(NOW)
    assert hot(engine) == 0
    made = back_up()
    # What came after it is not in it, and a file that is lost is brought back.
    keep(engine, Observation("air-01", "pm2_5", MARCH + 9, 9.0, 0))
    Archiver(engine, 3).take_turn(NOW)
    next(folder.glob("*.parquet")).unlink()
    engine.dispose()
    restore(settings, Path(made.file), None, is_any_key=True)
    assert values(settings) == [2, 1, 0]
    assert len(list(folder.glob("*.parquet"))) == 1
    [aside] = folder.parent.glob("shared.before-*")
    assert list(aside.glob("*.parquet"))
    # The folder that went aside belongs to the former database, which keeps it.
    Archiver(engine, 3).take_turn(NOW)


def archive(engine: Engine, *values_: int) -> None:
    """Keep values of March, and archive the month."""
    keep(engine, *(Observation("air-01", "pm2_5", MARCH + n, float(n), 0) for n in values_))
    Archiver(engine, 3).take_turn(NOW)


def test_a_communitys_own_database_comes_back_alone_with_its_months(
    settings: Settings, databases: Databases, tmp_path: Path
) -> None:
    own = new_database(tmp_path).url.render_as_string(hide_password=False)
    settings = settings.model_copy(update={"community_databases": {"tahai": own}})
    engines = {"": databases.shared, "tahai": open_engine(own)}
    for name, engine in engines.items():
        engine.update_execution_options(cockpit_archive=settings.archive(own if name else settings.database))
        add(engine, "air-01")
        archive(engine, 1, 2, 3)
    made = making.make(settings, engines, lambda _progress: None, is_first=True)
    for engine in engines.values():
        archive(engine, 9)
        assert hot(engine) == 0
        engine.dispose()
    restore(settings, Path(made.file), "tahai", is_any_key=True)
    assert values(settings, "tahai") == [3, 2, 1]
    assert values(settings) == [9, 3, 2, 1]
    assert not list(settings.archive(settings.database).parent.glob("shared.before-*"))
    # The database that came back keeps its months, and goes on with them.
    again = open_engine(own, archive=settings.archive(own))
    archive(again, 5)
    again.dispose()
    assert values(settings, "tahai") == [5, 3, 2, 1]


@pytest.mark.parametrize("fault", ["missing", "damaged"])
def test_one_that_lacks_a_month_that_the_database_names_says_so_and_older_ones_stay(
    settings: Settings, databases: Databases, fault: str
) -> None:
    engine, folder = databases.shared, settings.archive(settings.database)
    settings = settings.model_copy(update={"backup_keep": {"days": 1, "weeks": 0, "months": 0, "schemas": 0}})
    engine.update_execution_options(cockpit_archive=folder)
    add(engine, "air-01")
    archive(engine, 1, 2, 3)
    one = BackupMaker(databases, settings)

    def make(hour: int) -> dict[str, Any]:
        with clock_at(from_datetime(datetime(2030, 1, 1, tzinfo=SHANGHAI)) + hour * HOUR):
            one.look(now())
        with engine.connect() as connection:
            assert kept.failed_since(connection) == (hour > 24)
            return kept.told(kept.newest(connection)[0])

    assert make(4)["state"] == "done"
    [month] = folder.glob("*.parquet")
    if fault == "missing":
        month.unlink()
    else:
        month.write_bytes(month.read_bytes()[:-9] + b"?" + month.read_bytes()[-8:])
    found = make(28)
    assert (found["state"], str(found["reason"])[:2]) == ("partial", "缺少" if fault == "missing" else "ar")
    assert len(list(Path(str(settings.backup_target)).glob("cockpit-*"))) == 2
    assert make(29) == found, "it is not tried again and again"
    engine.dispose()
    [old, new] = sorted(Path(str(settings.backup_target)).glob("cockpit-*"))
    assert restore(settings, new, None, is_any_key=True).lacks
    assert restore(settings, old, None, is_any_key=True).lacks == []
    assert values(settings) == [3, 2, 1]


def test_what_one_database_does_not_know_is_not_removed_by_another(
    settings: Settings, databases: Databases, tmp_path: Path
) -> None:
    engine, folder = databases.shared, tmp_path / "months"
    folder.mkdir()
    (folder / ".database").write_text("77\n")
    (folder / "readings-2026-03-00.parquet").touch()
    engine.update_execution_options(cockpit_archive=folder)
    with pytest.raises(NotOurs):
        Archiver(engine, 3).take_turn(NOW)
    assert (folder / "readings-2026-03-00.parquet").exists()
