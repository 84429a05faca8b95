"""A backup by a command is known however it ends, as any other; what is there is copied as it is."""

import lzma
from pathlib import Path
from typing import Any

import pytest

from cockpit.backups import commanded, kept
from cockpit.backups.making import Made
from cockpit.backups.targets import target_of
from cockpit.errors import BadSetting
from cockpit.opening import attach, open_databases, present_databases
from cockpit.own_figures import own_figures
from cockpit.settings import Settings
from store.backup import BackupError, Progress
from store.databases import Databases
from store.engine import open_engine, writing
from store.migrate import head, revision
from tests.cockpit.backups.test_restoring import RELEASE
from tests.database import new_database


def make(settings: Settings, databases: Databases, tell: commanded.Tell = lambda _progress: None) -> Made:
    return commanded.make(settings, databases, target_of(settings), "", "command:root", tell)


def newest(databases: Databases) -> dict[str, Any]:
    with databases.shared.connect() as connection:
        rows = kept.newest(connection)
        return kept.told(rows[0]) if rows else {}


def test_it_is_kept_by_whom_it_was_made_and_stays_as_one_by_hand(settings: Settings, databases: Databases) -> None:
    made = make(settings, databases)
    known = newest(databases)
    assert (known["state"], known["by"], known["file"]) == ("done", "command:root", made.file)
    assert made.name.is_by_hand


def test_one_that_fails_is_kept_and_counted_with_its_reason_in_each_database(
    settings: Settings, databases: Databases
) -> None:
    (settings.data_dir / "tahai").mkdir()
    own = new_database(settings.data_dir / "tahai")
    Path(str(settings.backup_target)).rmdir()
    with pytest.raises(BackupError, match="No such file"):
        make(settings, Databases(databases.shared, {"tahai": own}))
    assert (newest(databases)["state"], newest(databases)["reason"][-2:]) == ("failed", "不在")
    for engine in (databases.shared, own):
        assert own_figures(settings, engine, lambda: 0.0)()["system.backup_failed"] == 1
    own.dispose()


def test_one_that_is_interrupted_was_stopped(settings: Settings, databases: Databases) -> None:
    def interrupt(_progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(settings, databases, interrupt)
    assert newest(databases)["state"] == "stopped"
    assert not list(Path(str(settings.backup_target)).glob("cockpit-*"))


def test_where_the_database_takes_nothing_the_backup_is_made_all_the_same(
    settings: Settings, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.engine.BUSY_TIMEOUT_MS", 50)
    engine = open_engine(settings.database)
    with writing(databases.shared):
        made = make(settings, Databases(engine))
    assert Path(made.file).is_file()
    assert newest(databases) == {}
    engine.dispose()


@pytest.fixture
def released(settings: Settings) -> Settings:
    """A database that an earlier release made, of SQLite."""
    (settings.data_dir / "cockpit.db").write_bytes(lzma.decompress((RELEASE / "sqlite.db.xz").read_bytes()))
    return settings


def schema(settings: Settings) -> str | None:
    engine = open_engine(settings.database)
    try:
        return revision(engine)
    finally:
        engine.dispose()


def test_of_an_older_schema_what_is_there_is_copied_and_nothing_is_changed(released: Settings) -> None:
    before = schema(released)
    attached = attach(released)
    made = make(released, attached.databases)
    attached.databases.close()
    assert made.name.schema == before == schema(released) != head()


def test_a_command_refuses_another_schema_and_a_start_takes_an_older_one(released: Settings) -> None:
    before = schema(released)
    with pytest.raises(BadSetting, match=f"has schema {before}, this version needs {head()}: cockpit db upgrade"):
        present_databases(released)
    assert schema(released) == before
    open_databases(released).close()
    present_databases(released).close()
    engine = open_engine(released.database)
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    for opening in (present_databases, open_databases):
        with pytest.raises(BadSetting, match=r"is of a newer version of the cockpit \(schema 9999\)"):
            opening(released)


def test_a_command_makes_a_database_where_there_is_none_and_a_backup_does_not(settings: Settings) -> None:
    attached = attach(settings)
    with pytest.raises(BackupError, match="no database was made yet"):
        make(settings, attached.databases)
    attached.databases.close()
    present_databases(settings).close()
    assert schema(settings) == head()
