"""Patience: a question that takes longer than it may is ended, on either database and in archived months."""

import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import Connection, text

from store.engine import open_engine
from store.patience import TooLong, check, ending, patience

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture(params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    """A connection to a database of either make."""
    is_lite = request.param == "sqlite"
    engine = open_engine(f"sqlite:///{tmp_path}/x.db" if is_lite else request.getfixturevalue("postgres").url)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def test_a_statement_without_end_is_ended_and_the_connection_goes_on(connection: Connection) -> None:
    began = time.monotonic()
    with pytest.raises(TooLong), patience(connection, 0.2):
        connection.execute(text(ENDLESS))
    assert time.monotonic() - began < 5
    connection.rollback()
    check()
    with patience(connection, 60):
        assert connection.scalar(text("SELECT 1")) == 1


def test_what_is_left_of_the_time_counts_between_statements(connection: Connection) -> None:
    with patience(connection, 60):
        check()
    with pytest.raises(TooLong), patience(connection, 1e-6):
        check()


def test_archived_months_are_asked_no_longer_either(connection: Connection) -> None:
    with duckdb.connect() as asked:
        with pytest.raises(duckdb.InterruptException), patience(connection, 0.2), ending(asked.interrupt):
            asked.execute("SELECT count(*) FROM range(1000000000) a, range(1000000000) b")
        with ending(asked.interrupt):
            assert asked.execute("SELECT 1").fetchone() == (1,)
