"""A cockpit's settings and databases, as backups see them; quick, without a process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cockpit.backups import making
from cockpit.backups.making import Made
from cockpit.settings import Settings
from store import audit
from store.databases import Databases
from store.engine import writing
from tests.database import new_database


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of a cockpit on SQLite whose backups go to a folder that somebody named."""
    (tmp_path / "data").mkdir()
    (tmp_path / "target").mkdir()
    return Settings(data_dir=tmp_path / "data", backup_target=str(tmp_path / "target"))


@pytest.fixture
def databases(settings: Settings) -> Iterator[Databases]:
    """Its database, with a row in it."""
    engine: Engine = new_database(settings.data_dir)
    with writing(engine) as connection:
        audit.record(connection, "user:boss", "user.add", "somebody")
    opened = Databases(engine)
    yield opened
    opened.close()


@pytest.fixture
def back_up(settings: Settings, databases: Databases) -> Callable[..., Made]:
    """Makes a backup."""

    def make(of: Settings = settings, *, is_first: bool = True) -> Made:
        engines = making.databases_by_name(databases)
        return making.make(of, engines, lambda _progress: None, is_first=is_first)

    return make
