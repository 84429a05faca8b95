"""Months that are long past, filled with what devices say, and archived."""

from datetime import UTC, datetime

from sqlalchemy import Engine, func, select

from sensors.readings.archive.archiver import Archiver, Turn
from sensors.readings.columns import Observation, Observations, SeriesIndex
from sensors.readings.observations import store
from sensors.tables import reading
from store.engine import writing
from store.instant import Instant, from_datetime
from tests.database import ensure_months

NOW = from_datetime(datetime(2026, 9, 15, 8, tzinfo=UTC))


def at(*when: int) -> Instant:
    """An instant, UTC."""
    return from_datetime(datetime(*when, tzinfo=UTC))  # type: ignore[arg-type]


def keep(engine: Engine, *observations: Observation) -> int:
    """Store observations; how many were new."""
    ensure_months(engine, [o.ts for o in observations])
    index = SeriesIndex()
    with writing(engine) as connection:
        return len(store(connection, index, Observations.of(index, observations)))


def archived(engine: Engine, now: Instant = NOW) -> Turn:
    """Archive what is due."""
    return Archiver(engine, 3).take_turn(now)


def hot(engine: Engine) -> int:
    """How many readings are in the database."""
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(reading)) or 0
