"""Months that are past go to files, and nothing is lost on the way."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from sensors.devices.words import Key, Scope
from sensors.readings import renaming
from sensors.readings.archive import archiver, asking, parts
from sensors.readings.archive.archiver import Archiver
from sensors.readings.columns import Observation
from sensors.readings.history import aggregate, history, latest_at
from sensors.readings.keeper import Keeper, Kept
from sensors.tables import archive_part, archive_series, reading
from store.engine import archive_of
from store.instant import DAY, HOUR, MINUTE
from tests.database import add
from tests.sensors.readings.archive.months import NOW, archived, at, hot, keep

MARCH = at(2026, 3, 1)


def air(ts: int, value: float | str | bool = 1.5, metric: str = "pm2_5", quality: int = 0) -> Observation:
    """An observation of air-01."""
    return Observation("air-01", metric, ts, value, quality)


def cold(engine: Engine) -> list[tuple[object, ...]]:
    """All that counts of the files, in the order of time."""
    with engine.connect() as connection:
        of = parts.read(connection)
        query = "SELECT ts, value, text, quality FROM archived ORDER BY ts, value"
        return asking.ask(connection, of, query, None, 0, asking.ALWAYS) if of else []


def test_a_month_goes_to_a_file_bit_for_bit_and_the_newest_months_stay(engine: Engine) -> None:
    add(engine, "air-01")
    values = [0.1, 1 / 3, -0.0, 1e300, 12.5, "雾", "", 7.0, -3.25]
    said = [air(MARCH + n * MINUTE, value, quality=n % 2) for n, value in enumerate(values)]
    said += [air(at(2026, 6, 1) - 1), air(at(2026, 6, 1)), air(at(2026, 9, 1))]
    keep(engine, *said)
    with engine.connect() as connection:
        columns = (reading.c.ts, reading.c.value, reading.c.text, reading.c.quality)
        before = [tuple(row) for row in connection.execute(select(*columns).order_by(reading.c.ts))]
    assert archived(engine).readings == len(values) + 1
    assert hot(engine) == 2
    # As words, since -0.0 equals 0.0 and is another.
    assert repr(cold(engine)) == repr(before[:-2])
    with engine.connect() as connection:
        assert list(connection.scalars(select(archive_part.c.month).order_by(archive_part.c.month))) == [
            MARCH,
            at(2026, 5, 1),
        ]
        assert set(connection.scalars(select(archive_series.c.last))) == {MARCH + 8 * MINUTE, at(2026, 6, 1) - 1}
    assert archived(engine).readings == 0


def test_many_readings_go_in_portions(engine: Engine) -> None:
    add(engine, "air-01")
    said = [air(MARCH + n * 100, n % 100 / 10, metric) for metric in ("pm2_5", "pm10") for n in range(7_000)]
    keep(engine, *said)
    assert archived(engine).readings == 14_000
    assert (hot(engine), len(cold(engine))) == (0, 14_000)
    with engine.connect() as connection:
        size = connection.scalar(select(archive_part.c.bytes)) or 0
    assert size < 40_000


def test_what_comes_late_follows_and_small_files_become_one(engine: Engine) -> None:
    add(engine, "air-01")
    keep(engine, *(air(MARCH + n * HOUR, float(n)) for n in range(100)))
    archived(engine)
    for turn in range(4):
        assert keep(engine, air(MARCH + turn * HOUR + 1, 0.5), air(MARCH + turn * HOUR)) == 1
        assert hot(engine) == 1
        archived(engine)
    assert (hot(engine), len(cold(engine))) == (0, 104)
    with engine.connect() as connection:
        [one] = parts.read(connection)
    assert one.readings == 104


def test_the_newest_month_is_never_archived(engine: Engine) -> None:
    add(engine, "air-01")
    keep(engine, air(at(2026, 8, 20)))
    assert archived(engine, at(2026, 9, 15)).readings == 0
    assert archived(engine, at(2026, 12, 2) + 40 * DAY).readings == 1


def test_a_clock_that_runs_ahead_has_nothing_new_archived(engine: Engine) -> None:
    add(engine, "air-01")
    keep(engine, air(MARCH), air(at(2026, 6, 20)))
    Archiver(engine, 3).try_turn(at(2027, 6, 1))
    assert hot(engine) == 2
    keep(engine, air(at(2026, 7, 1)))
    Archiver(engine, 3).try_turn(at(2027, 6, 1))
    assert hot(engine) == 2


def test_a_clock_that_is_set_back_hides_nothing_that_is_archived(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(engine, "air-01")
    keep(engine, *(air(MARCH + n * DAY, float(n)) for n in range(90)))
    archived(engine)
    monkeypatch.setattr(parts, "now", lambda: MARCH + 60 * DAY)
    with engine.connect() as connection:
        found = history(connection, "air-01", "pm2_5", MARCH + 40 * DAY, MARCH + 89 * DAY, 99)
    assert len(found) == 50
    assert keep(engine, air(MARCH + 70 * DAY), air(MARCH + 70 * DAY + 1)) == 1


def test_what_is_archived_under_a_word_follows_it_too(engine: Engine) -> None:
    add(engine, "air-01")
    keep(engine, *(air(MARCH + n * HOUR, 10.0 + n, "PM2.5", 2) for n in range(6)), air(MARCH + HOUR, 3.0))
    keep(engine, air(MARCH + 40 * DAY, 5_000.0, "PM2.5", 2))
    archived(engine)
    keep(engine, air(MARCH + 5 * HOUR + 1, 15.0, "PM2.5", 2))
    assert hot(engine) == 1
    key = Key("heling", Scope.DEVICE, "air-01", "PM2.5")
    with engine.connect() as connection:
        foreseen = renaming.foreseen(connection, key, "pm2_5")
    assert (foreseen.devices, foreseen.readings, foreseen.twice) == (1, 7, 1)
    followed = renaming.declare(engine, key, "pm2_5", "somebody")
    assert (followed.readings, followed.twice, followed.suspect) == (7, 1, 1)
    for _ in range(2):
        with engine.connect() as connection:
            under = history(connection, "air-01", "PM2.5", 0, MARCH + 99 * DAY, 99)
            known = history(connection, "air-01", "pm2_5", 0, MARCH + 99 * DAY, 99)
            [day] = aggregate(connection, "air-01", "pm2_5", MARCH, MARCH + 99 * DAY, DAY, 9)
        assert [one.value for one in under] == [11]
        assert [(one.value, one.quality) for one in known] == [
            (5000, "suspect"),
            *((value, "good") for value in (15, 15, 14, 13, 12, 3, 10)),
        ]
        assert (day.count, day.low) == (7, 3)
        archived(engine)
        assert hot(engine) == 0
        # What stands twice is not brought back each time that it is looked for.
        renaming.go_on(engine)
        assert hot(engine) == 0


def test_what_followed_a_word_goes_back_from_the_archive_with_the_word(engine: Engine) -> None:
    add(engine, "air-01")
    keep(engine, *(air(MARCH + n * HOUR, 10.0 + n, "PM2.5", 2) for n in range(3)), air(MARCH + 9 * HOUR, 3.0))
    key = Key("heling", Scope.DEVICE, "air-01", "PM2.5")
    renaming.declare(engine, key, "pm2_5", "somebody")
    archived(engine)
    assert hot(engine) == 0
    assert renaming.withdraw(engine, key, "somebody").readings == 3
    archived(engine)
    assert hot(engine) == 0
    with engine.connect() as connection:
        under = history(connection, "air-01", "PM2.5", 0, MARCH + 99 * DAY, 99)
        known = history(connection, "air-01", "pm2_5", 0, MARCH + 99 * DAY, 99)
        newest = {row.metric: row.value for row in latest_at(connection, None, "heling", None)}
    assert [one.value for one in under] == [12, 11, 10]
    assert [one.value for one in known] == [3]
    assert newest == {"PM2.5": 12, "pm2_5": 3}


def test_archived_months_go_when_readings_are_kept_no_longer(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    add(engine, "air-01")
    keep(engine, air(MARCH), air(at(2026, 5, 1)), air(at(2026, 9, 1)))
    archived(engine)
    Keeper(engine, Kept(readings=120), lambda: True).clear(NOW)
    with engine.connect() as connection:
        found = history(connection, "air-01", "pm2_5", 0, NOW, 9)
        sums = aggregate(connection, "air-01", "pm2_5", 0, NOW, DAY, 9)
    # A month goes whole, when all of it is older.
    assert [one.ts for one in found] == [at(2026, 9, 1), at(2026, 5, 1)]
    assert len(sums) == 3
    monkeypatch.setattr(archiver, "ORPHAN_S", 0)
    archived(engine)
    assert len(list((archive_of(engine) or Path()).glob("*.parquet"))) == 1
