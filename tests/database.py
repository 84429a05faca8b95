"""A real SQLite database, and what a test would otherwise write out each time."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from sensors import registry
from sensors.registry import Device
from store.engine import open_engine
from store.migrate import upgrade


def new_database(folder: Path) -> Engine:
    """An empty database, up to date."""
    opened = open_engine(f"sqlite:///{folder}/cockpit.db")
    upgrade(opened)
    return opened


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An empty database of one test."""
    opened = new_database(tmp_path)
    yield opened
    opened.dispose()


def add(engine: Engine, device: str, kind: str = "air", **properties: object) -> Device:
    """Register a device of heling."""
    new = Device(id=device, community="heling", kind=kind, name=device, **properties)  # type: ignore[arg-type]
    registry.add(engine, new)
    with engine.connect() as connection:
        return next(d for d in registry.read_all(connection) if d.id == device)
