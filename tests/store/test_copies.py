"""A copy of a database of either make: counted, put back beside what is there, and what goes wrong changes nothing."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text

from sensors.tables import reading, series
from store import copies, dumps
from store.backup import BackupError
from store.engine import open_engine, writing
from store.instant import HOUR, now
from store.partitions import Partitions
from tests.database import add, new_postgres_database

ROWS = 500


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """A database with readings of two months, and a text that looks like the end of a dump's table."""
    add(engine, "air-01")
    moments = [now() - 40 * 24 * HOUR + number * 2 * HOUR for number in range(ROWS)]
    Partitions(engine, reading).ensure(moments)
    with writing(engine) as connection:
        number = connection.execute(
            series.insert().values(device_id="air-01", metric="pm2_5", kind="number").returning(series.c.id)
        ).scalar_one()
        rows = [{"series_id": number, "ts": at, "value": 1.0, "quality": 0} for at in moments]
        connection.execute(reading.insert(), rows)
        connection.execute(
            text("UPDATE device SET name = :name"), {"name": "\\.\nCOPY public.device (id) FROM stdin;\n"}
        )
    return engine


def url_of(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def counted(url: str, table: str = "reading") -> int:
    opened = open_engine(url)
    with opened.connect() as connection:
        found = connection.scalar(text(f"SELECT count(*) FROM {table}"))
    opened.dispose()
    return int(found or 0)


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, make: str, tmp_path: Path) -> str:
    """The address of another, empty database of the same make."""
    if make == "sqlite":
        return f"sqlite:///{tmp_path}/elsewhere/cockpit.db"
    return new_postgres_database(request.getfixturevalue("postgres"))


def test_a_copy_has_the_rows_of_its_source_and_becomes_a_database(
    filled: Engine, elsewhere: str, tmp_path: Path
) -> None:
    naming = [
        copies.Naming("there", "device", "SELECT id AS file, 7 AS bytes FROM device"),
        copies.Naming("not there", "nothing", "SELECT file, bytes FROM nothing"),
    ]
    made = copies.copy(filled, tmp_path / "copy", naming=naming)
    assert made.schema
    assert sum(rows for table, rows in made.rows.items() if table.startswith("reading_y") or table == "reading") == ROWS
    assert made.rows["device"] == 1
    assert made.files == {"there": {"air-01": 7}}, "of a table that is there, as at the moment of the copy"
    with copies.replacing(tmp_path / "copy", filled.dialect.name, elsewhere, made.rows) as put:
        put()
    assert counted(elsewhere) == ROWS
    opened = open_engine(elsewhere)
    with opened.connect() as connection:
        assert connection.scalar(text("SELECT name FROM device")) == "\\.\nCOPY public.device (id) FROM stdin;\n"
    opened.dispose()


def test_what_was_there_is_kept_and_what_is_not_put_is_gone(filled: Engine, tmp_path: Path) -> None:
    made = copies.copy(filled, tmp_path / "copy")
    url = url_of(filled)
    with writing(filled) as connection:
        connection.execute(text("DELETE FROM reading"))
    filled.dispose()
    with copies.replacing(tmp_path / "copy", filled.dialect.name, url, made.rows):
        pass
    assert counted(url) == 0
    with copies.replacing(tmp_path / "copy", filled.dialect.name, url, made.rows) as put:
        former = str(put())
    assert counted(url) == ROWS
    where = f"sqlite:///{former}" if filled.dialect.name == "sqlite" else str(_named(url, former))
    assert counted(where) == 0


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def test_a_database_in_use_is_left_alone(filled: Engine, tmp_path: Path) -> None:
    made = copies.copy(filled, tmp_path / "copy")
    with filled.connect() as connection:
        connection.execute(text("SELECT 1 FROM device"))
        with (
            pytest.raises(BackupError, match="in use: stop the cockpit first"),
            copies.replacing(tmp_path / "copy", filled.dialect.name, url_of(filled), made.rows),
        ):
            pass
    assert counted(url_of(filled)) == ROWS


def test_a_copy_of_another_make_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="is of sqlite, the database of the settings of postgresql"):
        copies.replacing(tmp_path / "copy", "sqlite", "postgresql+psycopg://nobody@127.0.0.1:9/none", {})


@pytest.fixture
def on_postgres(empty_postgres: str) -> Iterator[Engine]:
    opened = open_engine(empty_postgres)
    yield opened
    opened.dispose()


def test_of_several_hosts_the_one_that_takes_writes_is_found_and_copied(on_postgres: Engine, tmp_path: Path) -> None:
    with writing(on_postgres) as connection:
        connection.execute(text("CREATE TABLE alembic_version AS SELECT '0036' AS version_num"))
    hosts = f"host=127.0.0.1:9&host=127.0.0.1:{on_postgres.url.port}&target_session_attrs=read-write"
    opened = open_engine(f"postgresql+psycopg://cockpit@/{on_postgres.url.database}?{hosts}")
    assert dict(copies.copy(opened, tmp_path / "copy").rows) == {"alembic_version": 1}
    opened.dispose()


@pytest.mark.parametrize(
    ("folder", "why"),
    [
        ("/nowhere", "pg_dump and pg_restore of PostgreSQL 15 or newer: not installed"),
        ("old", "is of PostgreSQL 11, the server of 15: install a newer client"),
    ],
)
def test_tools_that_are_missing_or_older_than_the_server_are_said_to_be(
    on_postgres: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, why: str
) -> None:
    (tmp_path / "old").mkdir()
    for name in ("pg_dump", "pg_restore"):
        tool = tmp_path / "old" / name
        tool.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) 11.22'\n")
        tool.chmod(0o755)
    monkeypatch.setattr(dumps, "DEBIAN", tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path / folder) if folder == "old" else folder)
    with pytest.raises(BackupError, match=why):
        copies.copy(on_postgres, tmp_path / "copy")
    assert not list(tmp_path.glob("copy*"))


def test_a_dump_with_other_rows_or_cut_short_is_no_copy(
    on_postgres: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(on_postgres) as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num varchar(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('0036')"))
    made = copies.copy(on_postgres, tmp_path / "copy")
    assert (made.schema, dict(made.rows)) == ("0036", {"alembic_version": 1})
    url = url_of(on_postgres)
    on_postgres.dispose()
    with ExitStack() as stack, pytest.raises(BackupError, match="table alembic_version had 2 rows, the copy has 1"):
        stack.enter_context(copies.replacing(tmp_path / "copy", "postgresql", url, {"alembic_version": 2}))
    (tmp_path / "cut").write_bytes((tmp_path / "copy").read_bytes()[:-100])
    with ExitStack() as stack, pytest.raises(BackupError, match="pg_restore"):
        stack.enter_context(copies.replacing(tmp_path / "cut", "postgresql", url, made.rows))
    assert counted(url, "alembic_version") == 1
    monkeypatch.setattr(dumps, "_counted", lambda *_: {"alembic_version": 0})
    with pytest.raises(BackupError, match="table alembic_version had 1 rows, the copy has 0"):
        copies.copy(on_postgres, tmp_path / "other")
