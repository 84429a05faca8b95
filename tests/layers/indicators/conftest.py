"""One database of either make for all tests of indicators."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from store.engine import open_engine
from tests.database import new_database, new_postgres_database


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def shared_engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database that is up to date, and that tests leave things in."""
    if request.param == "sqlite":
        opened = new_database(tmp_path_factory.mktemp("indicators"))
    else:
        server, template = (request.getfixturevalue(name) for name in ("postgres", "postgres_template"))
        opened = open_engine(new_postgres_database(server, template))
    yield opened
    opened.dispose()
