"""Back to a moment, on either database and with a community's own; and the way back from an upgrade."""

import lzma
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from sqlalchemy import make_url, text

from cockpit import opening
from cockpit.backups import kept, making, restoring
from cockpit.checks import stores
from cockpit.checks.finding import Amiss
from cockpit.errors import BadSetting
from cockpit.opening import open_databases
from cockpit.settings import Settings
from store import audit, migrate
from store.backup import BackupError
from store.databases import Databases
from store.engine import open_engine, writing
from store.instant import DAY, SECOND, clock_at, now
from store.seal import fingerprints, seal_of
from tests.database import new_database, new_postgres_database
from tests.thorough import usually

RELEASE = Path(__file__).parents[2] / "store" / "releases" / "0.1.0"


@pytest.fixture
def new_url(request: pytest.FixtureRequest, make: str, tmp_path: Path) -> Callable[[str], str]:
    """Makes a database of the make, up to date, and tells its address."""

    def new(name: str) -> str:
        if make == "sqlite":
            (tmp_path / name).mkdir()
            return new_database(tmp_path / name).url.render_as_string(hide_password=False)
        template = request.getfixturevalue("postgres_template")
        return new_postgres_database(request.getfixturevalue("postgres"), template)

    return new


@pytest.fixture
def township(new_url: Callable[[str], str], settings: Settings) -> Settings:
    """A cockpit with a shared database and one of a community's own."""
    own = {"tahai": new_url("tahai")}
    return settings.model_copy(update={"database_url": new_url("shared"), "community_databases": own})


def wrote(settings: Settings, what: str) -> None:
    opened = open_databases(settings)
    for engine in opened.all:
        with writing(engine) as connection:
            audit.record(connection, "user:boss", "user.add", what)
    opened.close()


def written(settings: Settings) -> list[list[str]]:
    opened = open_databases(settings)
    found = []
    for engine in opened.all:
        with engine.connect() as connection:
            found.append(list(connection.scalars(text("SELECT object FROM audit ORDER BY seq"))))
    opened.close()
    return found


def back_up(settings: Settings) -> making.Made:
    opened = open_databases(settings)
    made = making.make(settings, making.databases_by_name(opened), lambda _progress: None, is_first=True)
    opened.close()
    return made


def test_back_to_each_moment(township: Settings) -> None:
    start = now() // SECOND * SECOND - 3 * DAY
    month = township.data_dir / "archive" / "shared" / "first.parquet"
    month.parent.mkdir(parents=True)
    for day, what in enumerate(("first", "second")):
        wrote(township, what)
        month.write_text(what)
        with clock_at(start + day * DAY):
            back_up(township)
    month.unlink()
    with pytest.raises(BackupError, match=r"has no backup of .* or before"):
        restoring.chosen(township, start - 1, "")
    for at, expected in ((start + 5, ["first"]), (now(), ["first", "second"])):
        name = restoring.chosen(township, at, "")
        restored = restoring.restore(township, name, None, is_any_key=False)
        assert written(township) == [expected, expected]
        assert month.read_text() == expected[-1]
        assert restored.kept.keys() == {"", "tahai"}
        assert all(restored.kept.values()), "what was there is kept"


@pytest.mark.parametrize("make", ["sqlite"])
def test_back_with_one_communitys_own_database_alone(township: Settings) -> None:
    wrote(township, "first")
    made = back_up(township)
    wrote(township, "second")
    restoring.restore(township, Path(made.file), "tahai", is_any_key=False)
    assert written(township) == [["first", "second"], ["first"]]
    with pytest.raises(BackupError, match="holds no database of 'heling' of its own"):
        restoring.restore(township, Path(made.file), "heling", is_any_key=False)


@pytest.mark.parametrize("make", ["sqlite"])
def test_one_that_was_cut_off_is_known_and_nothing_starts_on_what_it_left(
    township: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    month = township.data_dir / "archive" / "shared" / "first.parquet"
    month.parent.mkdir(parents=True)
    month.write_text("first")
    wrote(township, "first")
    made = back_up(township)
    wrote(township, "second")
    month.write_text("second")

    def cut_off(_self: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(restoring._Exchange, "__call__", cut_off)
    with pytest.raises(KeyboardInterrupt):
        restoring.restore(township, Path(made.file), None, is_any_key=False)
    monkeypatch.undo()
    assert month.read_text() == "second"
    with pytest.raises(BadSetting, match=f"putting {made.file} back was cut off"):
        open_databases(township)
    with pytest.raises(Amiss, match="cut off"):
        stores.databases(township)
    restoring.restore(township, Path(made.file), None, is_any_key=False)
    assert written(township) == [["first"], ["first"]]
    assert month.read_text() == "first"


@pytest.mark.parametrize("make", ["sqlite"])
def test_where_one_of_several_is_in_use_none_is_changed(township: Settings) -> None:
    wrote(township, "first")
    made = back_up(township)
    wrote(township, "second")
    busy = open_engine(township.community_databases["tahai"])
    with busy.connect() as connection:
        connection.execute(text("SELECT 1 FROM audit"))
        with pytest.raises(BackupError, match="in use"):
            restoring.restore(township, Path(made.file), None, is_any_key=False)
    busy.dispose()
    # Nothing was changed, so nothing was cut off.
    assert written(township) == [["first", "second"], ["first", "second"]]


def test_another_key_of_the_seal_is_refused_by_name(settings: Settings, databases: Databases) -> None:
    seal_of(settings.seal_key)
    [needed] = fingerprints(settings.seal_key)
    made = making.make(settings, making.databases_by_name(databases), lambda _progress: None, is_first=True)
    databases.close()
    settings.seal_key.unlink()
    with pytest.raises(BackupError, match=f"needs the key {needed}, and .*seal.key has none"):
        restoring.restore(settings, Path(made.file), None, is_any_key=False)
    seal_of(settings.seal_key)
    with pytest.raises(BackupError, match=f"needs the key {needed}"):
        restoring.restore(settings, Path(made.file), None, is_any_key=False)
    restoring.restore(settings, Path(made.file), None, is_any_key=True)


@pytest.fixture
def released(request: pytest.FixtureRequest, make: str, settings: Settings) -> Iterator[Settings]:
    """A database that an earlier release made."""
    content = lzma.decompress((RELEASE / f"{make}.{'db' if make == 'sqlite' else 'sql'}.xz").read_bytes())
    if make == "sqlite":
        (settings.data_dir / "cockpit.db").write_bytes(content)
        yield settings
        return
    url = new_postgres_database(request.getfixturevalue("postgres"))
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(content)
    yield settings.model_copy(update={"database_url": url})


def counts(settings: Settings) -> tuple[str | None, list[int]]:
    """The revision of a database, and how many rows some of its tables have."""
    engine = open_engine(settings.database)
    with engine.connect() as connection:
        tables = ("device", "reading", "grid_event", "audit")
        rows = [int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0) for table in tables]
    revision = migrate.revision(engine)
    engine.dispose()
    return revision, rows


def test_an_upgrade_is_backed_up_by_itself_and_that_is_the_way_back(released: Settings) -> None:
    before = counts(released)
    assert min(before[1]) > 0
    open_databases(released).close()
    assert counts(released)[0] != before[0]
    [made] = Path(str(released.backup_target)).glob("cockpit-*")
    assert f"-{before[0]}.tar.gz" in made.name
    restoring.restore(released, made, None, is_any_key=True)
    assert counts(released) == before


def test_an_upgrade_while_the_mount_is_away_does_not_take_the_empty_folder_for_the_target(
    settings: Settings, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Path(str(settings.backup_target))
    monkeypatch.setattr(opening, "is_current", lambda _engine: False)
    open_databases(settings).close()
    assert kept.was_any([databases.shared], str(target)), "the one before the upgrade is known"
    away = target.rename(target.with_name("away"))
    target.mkdir()
    with pytest.raises(BadSetting, match="is it mounted"):
        open_databases(settings)
    assert list(target.iterdir()) == []
    target.rmdir()
    away.rename(target)
    with clock_at(now() + SECOND):
        open_databases(settings).close()


@pytest.mark.parametrize("make", ["sqlite"])
@pytest.mark.parametrize("is_from_backup", usually([False], [False, True]))
def test_without_its_backup_an_upgrade_does_not_begin_unless_it_needs_none(
    released: Settings, is_from_backup: bool
) -> None:
    before = counts(released)
    Path(str(released.backup_target)).rmdir()
    with pytest.raises(BadSetting, match=r"the backup before the upgrade failed, nothing was changed: .*No such file"):
        open_databases(released)
    assert counts(released) == before
    said = released.model_copy(update={"backup_before_upgrade": is_from_backup})
    open_databases(said, is_backed_up=is_from_backup).close()
    assert counts(released)[0] != before[0]


def test_a_new_database_needs_no_backup(settings: Settings) -> None:
    open_databases(settings).close()
    assert not list(Path(str(settings.backup_target)).glob("cockpit-*"))
    assert make_url(settings.database).get_backend_name() == "sqlite"
