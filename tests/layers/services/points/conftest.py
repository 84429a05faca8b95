"""A community of its own for each test of points."""

import pytest
from sqlalchemy import Engine

from tests.layers.services.points.rows import Shop


@pytest.fixture
def shop(shared_engine: Engine) -> Shop:
    """A community that nothing has happened in yet."""
    return Shop(shared_engine)
