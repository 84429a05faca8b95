"""``cockpit check --only backup`` looks at the target and the key, whatever the database remembers."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyrage import x25519

from cockpit.backups import kept, making
from cockpit.backups.making import Made
from cockpit.backups.targets import MARK
from cockpit.checks.backups import backup
from cockpit.checks.finding import Amiss, Finding
from cockpit.settings import Settings
from store.databases import Databases
from store.engine import writing
from store.instant import DAY, clock_at, now
from tests.cockpit.backups.conftest import databases, settings

__all__ = ["databases", "settings"]

Back = Callable[..., Made]


@pytest.fixture
def back_up(databases: Databases) -> Back:
    """Makes a backup as the clock does, and keeps that."""

    def make(of: Settings, *, is_first: bool = True, actor: str = kept.SCHEDULE) -> Made:
        engines = making.databases_by_name(databases)
        made = making.make(of, engines, lambda _progress: None, is_first=is_first, is_by_hand=actor != kept.SCHEDULE)
        with writing(databases.shared) as connection:
            kept.note(connection, str(of.backup_target), actor, made.file, made.bytes, made.rows)
        return made

    return make


def amiss(settings: Settings) -> list[Finding]:
    """What it finds; each says where, and what to do."""
    with pytest.raises(Amiss) as found:
        backup(settings)
    assert all(one.where and one.todo for one in found.value.findings)
    return list(found.value.findings)


def test_it_tells_how_old_the_newest_is_who_made_it_and_for_how_many_there_is_room(
    settings: Settings, back_up: Back
) -> None:
    back_up(settings)
    assert f"the newest is 0 h old, made by schedule, 1 at {settings.backup_target}, room for " in backup(settings)
    with clock_at(now() + DAY):
        back_up(settings, is_first=False, actor="user:boss")
        assert f"made by user:boss, 2 at {settings.backup_target}" in backup(settings)


def test_a_target_that_is_away_lacks_its_mark_or_takes_nothing_is_wrong_however_new_the_last_one_is(
    settings: Settings, back_up: Back, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(settings)
    target = Path(str(settings.backup_target))
    assert "No such file" in amiss(settings.model_copy(update={"backup_target": "/nowhere"}))[0].what
    (target / MARK).rename(target / "unmarked")
    assert "lacks the mark" in amiss(settings)[0].what
    (target / "unmarked").rename(target / MARK)

    def refuse(**_where: object) -> None:
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    [one] = amiss(settings)
    assert (one.is_wrong, one.what) == (True, f"{target}: Read-only file system")


@pytest.mark.parametrize(("times", "is_wrong"), [(0.5, True), (2.5, False)])
def test_room_for_few_more_is_told(
    settings: Settings, back_up: Back, monkeypatch: pytest.MonkeyPatch, times: float, is_wrong: bool
) -> None:
    made = back_up(settings)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=int(made.bytes * times)))
    [one] = amiss(settings)
    assert (one.is_wrong, "more like the newest" in one.what) == (is_wrong, True)


def test_after_all_was_lost_and_after_a_restore_it_finds_what_is_there(
    settings: Settings, back_up: Back, databases: Databases
) -> None:
    back_up(settings)
    with writing(databases.shared) as connection:
        connection.execute(kept.database_backup.delete())
    assert "the newest is 0 h old, made by the cockpit itself, 1 at" in backup(settings)
    databases.close()
    shutil.rmtree(settings.data_dir)
    settings.data_dir.mkdir()
    assert "the newest is 0 h old, made by the cockpit itself, 1 at" in backup(settings)


def test_a_key_that_is_away_or_another_one_is_named(settings: Settings, back_up: Back, tmp_path: Path) -> None:
    key = tmp_path / "backup.key"
    secret = x25519.Identity.generate()
    key.write_text(f"{secret}\n")
    encrypted = settings.model_copy(update={"backup_key_file": key})
    back_up(encrypted)
    assert backup(encrypted).endswith(", opens here")
    [unset] = amiss(settings)
    assert (unset.is_wrong, unset.what) == (False, "the newest is encrypted, and no key is set")
    key.write_text(f"{secret.to_public()}\n")
    assert backup(encrypted).endswith("opens only where its secret key is")
    key.write_text(f"{x25519.Identity.generate()}\n")
    [other] = amiss(encrypted)
    assert (other.is_wrong, other.what) == (True, "the newest is encrypted for another key than the one here")
    key.unlink()
    [away] = amiss(encrypted)
    assert (away.is_wrong, away.where) == (True, str(key))
    assert "no backup can be made: the key of backups is not at" in away.what
