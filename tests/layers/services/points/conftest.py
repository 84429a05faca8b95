"""The engine of registers at the times that a test chooses."""

import pytest
from sqlalchemy import Engine

from layers.services.registers import write
from tests.layers.services.points.rows import Shop, clock


@pytest.fixture
def at_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine of registers writes at the times of the test."""
    monkeypatch.setattr(write, "now", clock)


@pytest.fixture
def shop(shared_engine: Engine, at_times: None) -> Shop:
    """A community that nothing has happened in yet."""
    return Shop(shared_engine)
