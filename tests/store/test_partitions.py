"""Monthly partitions of the readings on PostgreSQL."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, inspect, select

from sensors.bus.message import Message
from sensors.codecs.installed import codecs
from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.intake.writer import Writer
from sensors.tables import reading
from store import partitions
from store.engine import open_engine
from store.instant import from_datetime, now
from store.migrate import upgrade
from store.partitions import Partitions, bounds, month_of


def at(*when: int) -> int:
    """An instant, UTC."""
    return from_datetime(datetime(*when, tzinfo=UTC))  # type: ignore[arg-type]


def test_a_month_ends_where_the_next_begins() -> None:
    first, last = bounds((2026, 12))
    assert (first, last) == (at(2026, 12, 1), at(2027, 1, 1))
    assert (month_of(first), month_of(last - 1), month_of(last)) == ((2026, 12), (2026, 12), (2027, 1))


def test_months_are_made_as_they_come_by_many_at_once_and_dropped_whole(empty_postgres: str) -> None:
    engine = open_engine(empty_postgres)
    upgrade(engine)
    times = [at(2026, 10, 31, 23, 59), at(2026, 11, 1), at(2026, 12, 24)]
    writers = [
        threading.Thread(target=Partitions(open_engine(empty_postgres), reading).ensure, args=[times]) for _ in range(4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with engine.begin() as connection:
        connection.execute(insert(reading), [{"series_id": 1, "ts": ts, "value": 1.0, "quality": 0} for ts in times])
    names = {name for name in inspect(engine).get_table_names() if name.startswith("reading_y")}
    assert names == {"reading_y2026m10", "reading_y2026m11", "reading_y2026m12"}

    kept = Partitions(engine, reading)
    assert kept.drop_before(at(2026, 11, 30)) == ["reading_y2026m10"]
    with engine.connect() as connection:
        assert list(connection.scalars(select(reading.c.ts).order_by(reading.c.ts))) == times[1:]
    kept.ensure(times)
    assert "reading_y2026m10" in inspect(engine).get_table_names()


def test_a_month_that_somebody_reads_is_dropped_the_next_time(
    empty_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "PATIENCE_MS", 100)
    engine = open_engine(empty_postgres)
    upgrade(engine)
    kept = Partitions(engine, reading)
    kept.ensure([at(2026, 10, 31)])
    with engine.connect() as reader:
        reader.execute(select(reading.c.ts)).all()
        assert kept.drop_before(at(2026, 11, 30)) == []
        with engine.begin() as writer:
            writer.execute(insert(reading).values(series_id=1, ts=at(2026, 10, 31), value=1.0, quality=0))
    assert kept.drop_before(at(2026, 11, 30)) == ["reading_y2026m10"]
    engine.dispose()


def test_a_table_that_the_database_does_not_partition_is_left_alone(empty_postgres: str) -> None:
    engine = open_engine(empty_postgres)
    upgrade(engine)
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE plain (LIKE reading INCLUDING ALL)",
            "DROP TABLE reading",
            "ALTER TABLE plain RENAME TO reading",
        ):
            connection.exec_driver_sql(statement)
    registry.add(engine, Device(id="air-01", community="heling", kind="air", name="站"))
    writer = Writer(engine, [], codecs())
    messages = [
        Message(
            "cim/v1/heling/air-01/telemetry", b'{"ts": %d, "values": {"pm2_5": 1}}' % (1_790_000_000_000 + n), now()
        )
        for n in range(300)
    ]
    for _ in range(2):
        writer.store(writer.decode(messages))
    with engine.connect() as connection:
        assert len(list(connection.scalars(select(reading.c.ts)))) == 300
    assert Partitions(engine, reading).drop_before(now()) == []
    engine.dispose()
