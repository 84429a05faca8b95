"""The schema: what the migrations make is what the program uses."""

import shutil
import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from layers.declare import layers
from sensors.devices import registry
from store import metadata, migrate, revision
from store.engine import open_engine, writing
from store.instant import DAY, now


def test_the_migrations_make_the_tables_that_the_program_declares(database_url: str) -> None:
    assert layers()  # their tables are declared when they are found
    import cockpit.backups.tables
    import cockpit.displays.tables
    import cockpit.reports.tables
    import cockpit.tables
    import cockpit.views  # noqa: F401
    import sensors.tables  # noqa: F401

    engine = open_engine(database_url)
    migrate.upgrade(engine)
    with engine.connect() as connection:
        names = tuple(metadata.BEYOND)
        ours = {"compare_type": True, "include_name": lambda name, *_: not (name or "").startswith(names)}
        context = MigrationContext.configure(connection, opts=ours)
        assert compare_metadata(context, metadata.metadata) == []


def test_a_database_that_is_up_to_date_is_left_as_it_is(database_url: str) -> None:
    engine = open_engine(database_url)
    assert not migrate.is_current(engine)
    migrate.upgrade(engine)
    with writing(engine) as connection:
        revision.bump(connection, "kept")
    migrate.upgrade(engine)
    assert migrate.is_current(engine)
    with engine.connect() as connection:
        assert revision.current(connection, "kept") == 1


FAILS = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade() -> None:
    op.create_table("half_made", sa.Column("id", sa.Integer, primary_key=True))
    op.add_column("revision", sa.Column("half_made", sa.Integer))
    op.execute("UPDATE revision SET value = value + 100")
    op.execute("SELECT * FROM no_such_table")
"""


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(database_url)
    migrate.upgrade(engine)
    with writing(engine) as connection:
        revision.bump(connection, "kept")
    before = migrate.revision(engine)
    shutil.copytree(Path(migrate.__file__).parent / "migrations", tmp_path / "store" / "migrations")
    (tmp_path / "store" / "migrations" / "versions" / "9999_fails.py").write_text(FAILS.format(head=before))
    monkeypatch.setattr(migrate, "files", lambda package: tmp_path / package)
    with pytest.raises(SQLAlchemyError, match="no_such_table"):
        migrate.upgrade(engine)
    assert migrate.revision(engine) == before
    found = inspect(engine)
    assert "half_made" not in found.get_table_names()
    assert "half_made" not in {column["name"] for column in found.get_columns("revision")}
    with engine.connect() as connection:
        assert revision.current(connection, "kept") == 1
    monkeypatch.undo()
    migrate.upgrade(engine)


def test_two_that_start_at_once_migrate_once(database_url: str) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        try:
            migrate.upgrade(open_engine(database_url))
        except BaseException as error:  # noqa: BLE001 - the test says which
            failures.append(error)

    both = [threading.Thread(target=start) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert failures == []
    assert "reading" in inspect(open_engine(database_url)).get_table_names()


def test_what_is_committed_is_on_the_disk(tmp_path: Path) -> None:
    with open_engine(f"sqlite:///{tmp_path}/a.db").connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2  # FULL


def upgrade_to(engine: Engine, revision: str) -> None:
    """Bring an empty database to an earlier revision."""
    config = migrate._config(Path(migrate.__file__).parent / "migrations")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


def test_clocks_that_were_stopped_before_keep_which_limit_they_are(database_url: str) -> None:
    engine = open_engine(database_url)
    upgrade_to(engine, "0008")
    event = "INSERT INTO grid_event (id, community, reporter, reporter_ref, category, severity, title, detail, "
    event += "occurred, received) VALUES ('e', 'heling', 'r', '1', 'other', 'minor', 't', '', 1, 1)"
    step = "INSERT INTO grid_event_transition (event_id, seq, state, action, at, actor, note, due, time_left) "
    step += "VALUES ('e', :seq, :state, :action, :seq, 'a', '', :due, :time_left)"
    rows = [
        ("reported", None, 10, None),
        ("in_hand", None, 10, None),
        ("suspended", None, None, 5),
        ("suspended", "escalated", None, 5),
        ("void", None, None, None),
    ]
    with writing(engine) as connection:
        connection.execute(text(event))
        for seq, (state, action, due, time_left) in enumerate(rows, 1):
            values = {"seq": seq, "state": state, "action": action, "due": due, "time_left": time_left}
            connection.execute(text(step), values)
    migrate.upgrade(engine)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT limit_name FROM grid_event_transition ORDER BY seq"))
        assert list(found.scalars()) == ["filing", "handling", "handling", "handling", None]


def test_who_sent_what_was_refused_before_is_carried_over(database_url: str) -> None:
    engine = open_engine(database_url)
    upgrade_to(engine, "0009")
    rows = [
        ("'air-01' may not publish on this topic", "air-01"),
        ("sent by 'gw-1': no device 'x' is registered", "gw-1"),
        ("no device 'x' is registered", None),
    ]
    statement = "INSERT INTO quarantine (received, topic, reason, detail, payload) "
    statement += "VALUES (1, 't', 'r', :detail, :payload)"
    with writing(engine) as connection:
        for detail, _ in rows:
            connection.execute(text(statement), {"detail": detail, "payload": b""})
    migrate.upgrade(engine)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT detail, sender FROM quarantine ORDER BY id"))
        assert [tuple(row) for row in found] == rows


def test_tokens_from_before_hold_everywhere_for_a_year_and_waits_are_carried_over(database_url: str) -> None:
    engine = open_engine(database_url)
    upgrade_to(engine, "0010")
    token = "INSERT INTO api_token (name, role, token_hash, created, revoked) "
    token += "VALUES (:name, 'steward', :name, 1, :revoked)"
    with writing(engine) as connection:
        for name, revoked in (("used", None), ("gone", 2)):
            connection.execute(text(token), {"name": name, "revoked": revoked})
        connection.execute(text("INSERT INTO sign_in_failure (name, failures, last) VALUES ('zhang', 7, 3)"))
    migrate.upgrade(engine)
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT name, community, expires, last_used FROM api_token JOIN api_token_community ON token_id = id")
        )
        [(name, community, expires, last_used)] = found.all()
        assert (name, community, last_used) == ("used", "*", None)
        assert 364 * DAY < expires - now() < 366 * DAY
        waits = connection.execute(text("SELECT name, source, failures, last FROM sign_in_failure")).all()
        assert [tuple(row) for row in waits] == [("zhang", "", 7, 3)]


def test_where_devices_were_is_where_they_are(database_url: str) -> None:
    engine = open_engine(database_url)
    upgrade_to(engine, "0015")
    device = "INSERT INTO device (id, community, kind, name, lon, lat, raw_lon, raw_lat, crs, position_ts, area, "
    device += "interval_s, secret_hash, created) VALUES ('air-01', 'heling', 'air', 'a', 120.1, 28.9, 120.2, 28.8, "
    device += "'GCJ02', 7, 'chenglu', 60, 'x', 1)"
    with writing(engine) as connection:
        connection.execute(text(device))
        connection.execute(
            text(device.replace("'air-01'", "'air-02'").replace("'chenglu'", "NULL").replace("7", "NULL"))
        )
    migrate.upgrade(engine)
    with engine.connect() as connection:
        one, other = registry.read_all(connection)
    assert (one.lon, one.lat, one.raw_lon, one.raw_lat, one.crs) == (120.1, 28.9, 120.2, 28.8, "GCJ02")
    assert (one.position_ts, one.area, one.name) == (7, "chenglu", "a")
    assert (other.id, other.position_ts, other.area) == ("air-02", None, None)
