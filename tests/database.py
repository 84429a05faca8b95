"""Real databases, and what a test would otherwise write out each time."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.tables import reading
from store.engine import open_engine
from store.migrate import upgrade
from store.partitions import Partitions
from tests import empty
from tests.postgres import Postgres

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL for the whole run; each test has a database of its own."""
    server = Postgres(tmp_path_factory.mktemp("postgres"), is_flushed=False)
    server.create()
    yield server
    server.stop("immediate")


def new_database(folder: Path) -> Engine:
    """An empty SQLite database, up to date."""
    path = folder / "cockpit.db"
    path.write_bytes(empty.sqlite())
    return open_engine(f"sqlite:///{path}")


def _ask(server: Postgres, statement: str) -> None:
    opened = open_engine(server.url)
    with opened.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
    opened.dispose()


def new_postgres_database(server: Postgres, template: str = "template1") -> str:
    """The address of a new PostgreSQL database, without a table unless its template has some."""
    name = f"test_{next(_numbers)}"
    _ask(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    return server.url.removesuffix("/cockpit") + f"/{name}"


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """The name of a PostgreSQL database that is empty and up to date, of which others are made."""
    opened = open_engine(new_postgres_database(postgres))
    upgrade(opened)
    opened.dispose()
    return str(opened.url.database)


@pytest.fixture
def postgres_database(postgres: Postgres, postgres_template: str) -> str:
    """The address of a PostgreSQL database that is empty and up to date."""
    return new_postgres_database(postgres, postgres_template)


@pytest.fixture
def empty_postgres(postgres: Postgres) -> str:
    """The address of a PostgreSQL database without a table."""
    return new_postgres_database(postgres)


@pytest.fixture(params=["sqlite", "postgresql"])
def make(request: pytest.FixtureRequest) -> str:
    """One make of database, then the other."""
    return str(request.param)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, make: str, tmp_path: Path) -> str:
    """The address of an empty database of either make, without a table."""
    if make == "sqlite":
        return f"sqlite:///{tmp_path}/cockpit.db"
    return str(request.getfixturevalue("empty_postgres"))


@pytest.fixture
def engine(request: pytest.FixtureRequest, make: str, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of either make, up to date."""
    if make == "sqlite":
        opened = new_database(tmp_path)
        yield opened
        opened.dispose()
        return
    server = request.getfixturevalue("postgres")
    url = new_postgres_database(server, request.getfixturevalue("postgres_template"))
    opened = open_engine(url, archive=tmp_path / "archive")
    yield opened
    opened.dispose()
    _ask(server, f"DROP DATABASE {opened.url.database} WITH (FORCE)")


def ensure_months(engine: Engine, instants: list[int]) -> None:
    """Make the partitions that readings of these times need."""
    Partitions(engine, reading).ensure(instants)


def add(engine: Engine, device: str, kind: str = "air", **properties: object) -> Device:
    """Register a device of heling."""
    new = Device(id=device, community="heling", kind=kind, name=device, **properties)  # type: ignore[arg-type]
    registry.add(engine, new)
    with engine.connect() as connection:
        return next(d for d in registry.read_all(connection) if d.id == device)
