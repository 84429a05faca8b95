"""A backup by a click and by the clock: one at a time over all processes, stopped without a trace, told if it fails."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from cockpit.backups import kept, maker, making
from cockpit.backups.kept import AGAIN_AFTER, TRIES
from cockpit.backups.maker import BackupMaker, Stopped, Teller
from cockpit.checks import backups as checks
from cockpit.checks.finding import Amiss
from cockpit.own_figures import own_figures
from cockpit.settings import Settings
from layers.problem import Problem
from store.backup import Progress
from store.databases import Databases
from store.engine import writing
from store.instant import DAY, HOUR, MINUTE, SECOND, SHANGHAI, clock_at, format_rfc3339, from_datetime, now
from store.language import say
from tests.database import new_database
from tests.running import until


def newest(databases: Databases) -> dict[str, object]:
    with databases.shared.connect() as connection:
        rows = kept.newest(connection)
        return kept.told(rows[0]) if rows else {}


def test_a_backup_is_made_by_a_click(databases: Databases, settings: Settings) -> None:
    number = BackupMaker(databases, settings).start("user:boss")
    until(lambda: newest(databases)["state"] != "making")
    made = newest(databases)
    assert (made["id"], made["state"], made["by"]) == (number, "done", "user:boss")
    assert Path(str(made["file"])).stat().st_size == made["total"]
    assert int(str(made["counted"])) > 0


def test_one_is_made_at_a_time_and_ends_where_somebody_stops_it(
    databases: Databases, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maker, "TELL_EVERY_S", 0.01)
    with writing(databases.shared) as connection:
        number = kept.begin(connection, "somewhere", "user:boss")
    with pytest.raises(Problem, match="409"):
        BackupMaker(databases, settings).start("user:other")
    with Teller(databases.shared, number) as tell:
        tell(Progress("copy", 10, 100))
        until(lambda: (newest(databases)["done"], newest(databases)["total"]) == (10, 100))
        with writing(databases.shared) as connection:
            kept.stop(connection, number, "user:other")
        until(lambda: is_stopped(tell))
    assert newest(databases)["state"] == "stopping"


def is_stopped(tell: Teller) -> bool:
    """Whether it hears, while it goes on, that it is to stop."""
    try:
        tell(Progress("check", 20, 100))
    except Stopped:
        return True
    return False


def test_a_database_that_is_busy_neither_holds_a_backup_up_nor_ends_it(
    databases: Databases, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maker, "TELL_EVERY_S", 0.01)
    monkeypatch.setattr(maker, "ALIVE_EVERY_S", 0.1)
    busy = BackupMaker(databases, settings)
    made, told = making.make, kept.made

    def make(*given: Any, **named: Any) -> making.Made:
        with writing(databases.shared):
            given[2](Progress("copy", 1, 2))
            time.sleep(0.05)
        return made(*given, **named)

    tries = []

    def tell(*given: Any) -> None:
        tries.append(given)
        if len(tries) == 1:
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        told(*given)

    monkeypatch.setattr(making, "make", make)
    monkeypatch.setattr(kept, "made", tell)
    busy.start("user:boss")
    until(lambda: newest(databases)["state"] == "done")
    assert len(tries) == 2


def local(day: int, hour: int, minute: int = 0) -> int:
    """A time of December 2030, when all of the test is over."""
    return from_datetime(datetime(2030, 12, day, hour, minute, tzinfo=SHANGHAI))


def backups(settings: Settings) -> list[str]:
    return sorted(one.name[8:23] for one in Path(str(settings.backup_target)).glob("cockpit-*"))


def test_one_is_made_each_day_at_its_time_by_whichever_process_comes_first(
    databases: Databases, settings: Settings
) -> None:
    settings = settings.model_copy(update={"backup_at": "03:30"})
    one, other = BackupMaker(databases, settings), BackupMaker(databases, settings)
    for hour in (2, 4, 5, 27):
        for process in (one, other):
            with clock_at(local(1, 0) + hour * HOUR):
                process.look(now())
    with clock_at(local(3, 9)):  # the machine was off at half past three
        one.look(now())
    assert backups(settings) == ["20301201-040000", "20301203-090000"], "of the first day the newer stays"


def test_nothing_is_made_where_it_is_switched_off_or_was_due_before_the_first_day(
    databases: Databases, settings: Settings
) -> None:
    BackupMaker(databases, settings.model_copy(update={"backup_at": "off"})).look(local(1, 4))
    BackupMaker(databases, settings).look(now())
    assert newest(databases) == {}


def test_what_failed_is_told_and_tried_again_after_a_while(databases: Databases, settings: Settings) -> None:
    target = Path(str(settings.backup_target))
    target.rmdir()
    one = BackupMaker(databases, settings)
    for attempt in range(3):
        with clock_at(local(1, 4) + attempt * MINUTE):
            one.look(now())
    failed = newest(databases)
    assert (failed["state"], failed["by"]) == ("failed", "schedule")
    assert str(failed["reason"]).endswith("：不在"), "the page says it in its language"
    with databases.shared.connect() as connection:
        assert kept.failed_since(connection) == 1
    found = own_figures(settings, databases.shared, lambda: 0.0)()
    assert found["system.backup_failed"] == 1
    target.mkdir()
    with clock_at(local(1, 4) + AGAIN_AFTER + SECOND):
        one.look(now())
        assert newest(databases)["state"] == "done"
        assert own_figures(settings, databases.shared, lambda: 0.0)()["system.backup_failed"] == 0


def test_what_fails_all_day_is_not_tried_for_ever(databases: Databases, settings: Settings) -> None:
    Path(str(settings.backup_target)).rmdir()
    one = BackupMaker(databases, settings)
    for half_hour in range(TRIES + 4):
        with clock_at(local(1, 4) + half_hour * (AGAIN_AFTER + SECOND)):
            one.look(now())
    with databases.shared.connect() as connection:
        assert kept.failed_since(connection) == TRIES


def test_a_target_that_lost_its_newest_is_told_once_and_forgiven_when_it_is_back(
    databases: Databases, settings: Settings
) -> None:
    target, away = Path(str(settings.backup_target)), settings.data_dir / "away"
    one = BackupMaker(databases, settings)
    with clock_at(local(1, 4)):
        one.look(now())
    for hour, is_away in ((6, True), (8, True), (10, False)):
        if is_away and target.exists():
            target.rename(away)
        elif not is_away:
            away.rename(target)
        with clock_at(local(1, hour)):
            one.look(now())
            found = own_figures(settings, databases.shared, lambda: 0.0)()
            assert found["system.backup_failed"] == is_away
            assert found["system.backup_age"] == hour - 4
    assert newest(databases)["state"] == "back"


def test_what_a_clock_that_ran_ahead_dated_is_neither_new_nor_under_way(
    databases: Databases, settings: Settings
) -> None:
    one = BackupMaker(databases, settings)
    with clock_at(local(1, 4) + 400 * DAY):
        one.look(now())
    with clock_at(local(1, 4)):
        assert "system.backup_age" not in own_figures(settings, databases.shared, lambda: 0.0)()
        with pytest.raises(Amiss, match="dated ahead"):
            checks.backup(settings.model_copy(update={"database_url": str(databases.shared.url)}))
        with clock_at(now() + 9 * HOUR), writing(databases.shared) as connection:
            kept.begin(connection, "somewhere", "user:boss")  # and was killed
        with databases.shared.connect() as connection:
            [left, ahead] = [kept.told(row) for row in kept.newest(connection)]
        assert (left["state"], ahead["reason"]) == ("failed", say("做它时时钟快了：不算新的备份"))
    for day in (1, 2, 3):
        with clock_at(local(day, 4)):
            one.look(now())
            assert own_figures(settings, databases.shared, lambda: 0.0)()["system.backup_age"] == 0
    assert backups(settings) == ["20301201-040000", "20301202-040000", "20301203-040000", "20320105-040000"]


def test_only_what_the_target_itself_had_can_be_lost_there(
    databases: Databases, settings: Settings, tmp_path: Path
) -> None:
    target = Path(str(settings.backup_target))
    one = BackupMaker(databases, settings.model_copy(update={"backup_at": "off"}))
    one.check(str(target))
    assert maker.TARGET._value.get() == 1, "there is nothing that it lacks"
    neighbour = tmp_path / "target2"
    neighbour.mkdir()
    with writing(databases.shared) as connection:
        # By hand, called otherwise; and to a place whose name only begins alike.
        kept.note(connection, str(target), "command:boss", f"{target}/before-the-move.tar.gz", 1, 1)
        file = f"{neighbour}/cockpit-20301201-040000-0038.tar.gz"
        kept.note(connection, str(neighbour), "command:boss", file, 1, 1)
    assert not kept.was_any([databases.shared], str(target))
    assert kept.was_any([databases.shared], str(neighbour))
    one.check(str(target))
    assert newest(databases)["state"] == "done"
    with clock_at(local(2, 4)):
        BackupMaker(databases, settings).look(now())
        assert newest(databases)["state"] == "done", "it gets its mark at its first backup"
        [made] = target.glob("cockpit-*")
        made.write_bytes(made.read_bytes()[:-1])
        one.check(str(target))
    assert newest(databases)["state"] == "gone"
    assert "字节" in str(newest(databases)["reason"])
    assert maker.TARGET._value.get() == 0


def test_one_that_came_back_knows_that_it_was_made(databases: Databases, settings: Settings) -> None:
    file = f"{settings.backup_target}/cockpit-20301201-040000-0038.tar.gz"
    with writing(databases.shared) as connection:
        kept.are_whole_now(connection, file)
    found = newest(databases)
    assert (found["file"], found["began"], found["state"]) == (file, format_rfc3339(local(1, 4)), "done")
    assert kept.was_any([databases.shared], str(settings.backup_target))
    with clock_at(local(1, 6)):
        with writing(databases.shared) as connection:
            kept.begin(connection, "somewhere", "user:boss")
            kept.are_whole_now(connection, file)
        assert [
            newest(databases)["state"],
            own_figures(settings, databases.shared, lambda: 0.0)()["system.backup_age"],
        ] == [
            "done",
            0,
        ]


def test_the_database_of_a_community_hears_of_it_too(settings: Settings, databases: Databases) -> None:
    (settings.data_dir / "tahai").mkdir()
    own = new_database(settings.data_dir / "tahai")
    both = Databases(databases.shared, {"tahai": own})
    with clock_at(local(1, 4)):
        BackupMaker(both, settings).look(now())
        assert own_figures(settings, own, lambda: 0.0)()["system.backup_age"] == 0
    with clock_at(local(1, 4) + 3 * DAY):
        assert own_figures(settings, own, lambda: 0.0)()["system.backup_age"] == 72
    own.dispose()
