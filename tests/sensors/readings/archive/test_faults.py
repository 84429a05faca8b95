"""Whatever stops archiving, nothing is lost, nothing is in both, and it is told."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import SQLAlchemyError

from cockpit.vitals import archived as vital
from sensors.meters import NOT_ARCHIVED
from sensors.readings.archive import archiver, asking, checking, claiming, files, hot, merging, parts, rounds
from sensors.readings.archive.archiver import Archiver
from sensors.readings.archive.columns import Written
from sensors.readings.archive.lateness import late_h
from sensors.readings.columns import Observation
from sensors.readings.history import history
from sensors.tables import archive_part
from store import revision
from store.engine import archive_of, writing
from store.instant import DAY, HOUR
from tests.database import add
from tests.faults.disk import small_disk
from tests.sensors.readings.archive.months import NOW, archived, at, keep
from tests.sensors.readings.archive.months import hot as hot_ones

MARCH = at(2026, 3, 1)


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def filled(engine: Engine) -> Engine:
    add(engine, "air-01")
    keep(engine, *(Observation("air-01", metric, MARCH + n * HOUR, n / 10, 0) for metric in "ab" for n in range(300)))
    return engine


def values(engine: Engine) -> list[list[object]]:
    with engine.connect() as connection:
        found = [history(connection, "air-01", metric, 0, NOW, 5_000) for metric in "ab"]
    return [[one.value for one in of] for of in found]


def killed(*_: object, **__: object) -> None:
    raise Killed


def after(count: int, work: Callable[..., object]) -> Callable[..., object]:
    """Is killed after it has done something so many times."""
    left = iter(range(count))

    def done(*args: object, **kwargs: object) -> object:
        if next(left, None) is None:
            raise Killed
        return work(*args, **kwargs)

    return done


POINTS = {
    "while it writes": (files, "_table", killed),
    "before the file has its name": (files, "on_disk", killed),
    "before the folder knows the name": (files, "on_disk", after(1, files.on_disk)),
    "while it is compared": (checking, "check", killed),
    "before the file is known": (parts, "add", killed),
    "before any reading is taken out": (hot, "_count", killed),
    "after some are taken out": (hot, "_take_out", after(3, hot._take_out)),
    "before all count": (hot, "count_all", killed),
}


def test_a_kill_in_the_middle_loses_nothing_and_doubles_nothing(
    filled: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hot, "ROWS_AT_ONCE", 100)
    for number, (point, (module, name, fault)) in enumerate(POINTS.items()):
        begin = at(2025, 4 + number, 1)
        keep(filled, *(Observation("air-01", "a", begin + n * HOUR, float(n), 0) for n in range(250)))
        before = values(filled)
        # PostgreSQL drops a month in one step and so does not come by each of these points.
        with monkeypatch.context() as patched, contextlib.suppress(Killed):
            patched.setattr(module, name, fault)
            archived(filled)
        assert values(filled) == before, point
    archived(filled)
    assert values(filled) == before
    assert hot_ones(filled) == 0
    with filled.connect() as connection:
        query = "SELECT count(*) FROM archived"
        count = asking.ask(connection, parts.read(connection), query, None, 0, asking.ALWAYS)
    assert count == [(sum(map(len, before)),)]


def test_files_that_nobody_knows_go(filled: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = archive_of(filled)
    assert folder is not None
    with monkeypatch.context() as patched:
        patched.setattr(checking, "check", killed)
        with pytest.raises(Killed):
            archived(filled)
    (folder / "readings-2026-03.part").touch()
    monkeypatch.setattr(archiver, "ORPHAN_S", 0)
    archived(filled)
    with filled.connect() as connection:
        known = set(connection.scalars(select(archive_part.c.file)))
    assert {one.name for one in folder.glob("*.p*")} == known


def test_a_kill_while_files_become_one_leaves_them(filled: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    archived(filled)
    monkeypatch.setattr(archiver, "MANY", 1)
    keep(filled, Observation("air-01", "a", MARCH + 1, 0.5, 0))
    before = values(filled)
    with monkeypatch.context() as patched:
        patched.setattr(merging.hot, "count_all", killed)
        with contextlib.suppress(Killed):
            archived(filled)
        assert values(filled) == before
    archived(filled)
    archived(filled)
    assert values(filled) == before
    with filled.connect() as connection:
        assert len(parts.read(connection)) == 1


def test_a_full_disk_is_told_and_tried_again(filled: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(filled, Observation("air-01", "a", NOW, 0.5, 0))
    before, failures = values(filled), NOT_ARCHIVED._value.get()
    monkeypatch.setattr(archiver, "LEAST_FREE", 0)
    with small_disk(tmp_path / "small", 8_192) as disk:
        filled.update_execution_options(cockpit_archive=disk)
        (disk / "filler").write_bytes(b"\0" * 8_192)
        Archiver(filled, 3).try_turn(NOW)
        assert values(filled) == before
        assert not list(disk.glob("*.p*"))
        assert NOT_ARCHIVED._value.get() == failures + 1
        assert late_h(filled) > 0
        assert vital.figures([filled], late_h(filled))["archive.late"][0]
        (disk / "filler").unlink()
        monkeypatch.setattr(archiver, "LEAST_FREE", 2**60)
        Archiver(filled, 3).try_turn(NOW)
        assert late_h(filled) > 0
    filled.update_execution_options(cockpit_archive=tmp_path / "larger")
    monkeypatch.setattr(archiver, "LEAST_FREE", 0)
    Archiver(filled, 3).try_turn(NOW)
    assert (late_h(filled), values(filled)) == (0, before)
    assert vital.figures([filled], 0)["archive.newest"][0] == "2026-03"


def test_a_file_that_is_gone_is_told_and_what_comes_late_is_kept(filled: Engine) -> None:
    archived(filled)
    with filled.connect() as connection:
        for one in parts.read(connection):
            one.file.write_bytes(b"PAR1")
    with pytest.raises(SQLAlchemyError, match="archived readings cannot be read"):
        values(filled)
    assert keep(filled, Observation("air-01", "a", MARCH + 1, 0.5, 0)) == 1


def test_a_bit_that_turned_is_told_and_gives_no_wrong_answer(filled: Engine) -> None:
    archived(filled)
    before = values(filled)
    with filled.connect() as connection:
        [one] = parts.read(connection)
    content = one.file.read_bytes()
    for place in range(0, len(content), len(content) // 40):
        turned = bytearray(content)
        turned[place] ^= 4
        one.file.write_bytes(turned)
        with pytest.raises(SQLAlchemyError, match="is not what was written"):
            values(filled)
    archived(filled)
    assert rounds.damaged(filled) == [one.file.name]
    assert vital.figures([filled], 0)["archive.damaged"][0] == 1
    one.file.unlink()
    archived(filled)
    assert rounds.damaged(filled) == [one.file.name]
    one.file.write_bytes(content)
    archived(filled)
    assert (rounds.damaged(filled), values(filled)) == ([], before)


def test_a_database_of_before_removes_no_file_of_a_later_one(filled: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archiver, "ORPHAN_S", 0)
    archived(filled)
    with filled.connect() as connection:
        begun = revision.current(connection, claiming.OF_COUNT)
    keep(filled, Observation("air-01", "a", MARCH + 40 * DAY, 0.5, 0))
    archived(filled)
    folder = archive_of(filled) or Path()
    with filled.connect() as connection:
        early, late = parts.read(connection)
    # As it is where the database is put back and the folder is not.
    with writing(filled) as connection:
        parts.forget(connection, [late.number])
        connection.execute(
            update(revision.revision).where(revision.revision.c.name == claiming.OF_COUNT).values(value=begun)
        )
    archived(filled)
    assert [one.name for one in folder.glob("*.parquet")] == [early.file.name]
    [aside] = claiming.aside(folder)
    assert [one.name for one in aside.iterdir()] == [late.file.name]
    # What comes to lie there from now on is nobody's again.
    (folder / "readings-2026-03-0.parquet").touch()
    archived(filled)
    assert [one.name for one in folder.glob("*.parquet")] == [early.file.name]
    assert claiming.aside(folder) == [aside]


def test_what_comes_while_its_month_is_archived_is_not_lost(filled: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    check, late = checking.check, iter([Observation("air-01", "a", MARCH + 7, 70.5, 0)])

    def with_a_late_one(written: Written) -> None:
        check(written)
        for one in late:
            assert keep(filled, one) == 1

    monkeypatch.setattr(checking, "check", with_a_late_one)
    for _ in range(3):
        archived(filled)
        assert [len(of) for of in values(filled)] == [301, 300]
        assert 70.5 in values(filled)[0]
    assert hot_ones(filled) == 0


def test_who_asks_meanwhile_sees_each_reading_once(filled: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hot, "ROWS_AT_ONCE", 20)
    expected, seen, is_over = values(filled), [], threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            seen.append(values(filled))

    asking_thread = threading.Thread(target=ask)
    asking_thread.start()
    try:
        for turn in range(20):
            archived(filled)
            if turn >= 2 and hot_ones(filled) == 0:
                break
    finally:
        is_over.set()
        asking_thread.join()
    assert hot_ones(filled) == 0
    assert all(one == expected for one in seen)


def test_one_process_archives_at_a_time(filled: Engine) -> None:
    with Archiver(filled, 3)._alone(archive_of(filled) or Path()) as is_mine:
        assert is_mine
        assert archived(filled).readings == 0
    assert archived(filled).readings == 600
