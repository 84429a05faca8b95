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
from tests.postgres import Postgres

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL for the whole run; each test has a database of its own."""
    server = Postgres(tmp_path_factory.mktemp("postgres"))
    server.create()
    yield server
    server.stop("immediate")


def new_database(folder: Path) -> Engine:
    """An empty SQLite database, up to date."""
    opened = open_engine(f"sqlite:///{folder}/cockpit.db")
    upgrade(opened)
    return opened


def new_postgres_database(postgres: Postgres) -> str:
    """The address of a PostgreSQL database without a table."""
    name = f"test_{next(_numbers)}"
    server = open_engine(postgres.url)
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    server.dispose()
    return postgres.url.removesuffix("/cockpit") + f"/{name}"


@pytest.fixture
def empty_postgres(postgres: Postgres) -> str:
    """The address of a PostgreSQL database without a table."""
    return new_postgres_database(postgres)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of either make."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/cockpit.db"
    return str(request.getfixturevalue("empty_postgres"))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An empty database of either make, up to date."""
    opened = open_engine(database_url)
    upgrade(opened)
    yield opened
    opened.dispose()


def ensure_months(engine: Engine, instants: list[int]) -> None:
    """Make the partitions that readings of these times need."""
    Partitions(engine, reading).ensure(instants)


def add(engine: Engine, device: str, kind: str = "air", **properties: object) -> Device:
    """Register a device of heling."""
    new = Device(id=device, community="heling", kind=kind, name=device, **properties)  # type: ignore[arg-type]
    registry.add(engine, new)
    with engine.connect() as connection:
        return next(d for d in registry.read_all(connection) if d.id == device)
