"""Gates that send, and what is known of their sites: what tests of counting share."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine

from layers.visitors import queries
from layers.visitors.feed import VisitorsFeed
from sensors.devices import registry
from sensors.intake.batch import Batch
from sensors.readings import observations as readings
from sensors.readings.columns import Observation, Observations, SeriesIndex
from store.engine import writing
from store.instant import Instant
from tests.database import ensure_months

Sent = Sequence[tuple[Instant, dict[str, float]]]


def send(engine: Engine, gate: str, *batches: Sent, quality: int = 0) -> None:
    """Store what a gate sends, each batch in a transaction of its own, by a feed that remembers nothing."""
    with engine.connect() as connection:
        device = next(d for d in registry.read_all(connection) if d.id == gate)
    for sent in batches:
        batch = Batch(devices={gate: device})
        observations = [Observation(gate, m, ts, v, quality) for ts, values in sent for m, v in values.items()]
        ensure_months(engine, [o.ts for o in observations])
        with writing(engine) as connection:
            index = SeriesIndex()
            batch.new = readings.store(connection, index, Observations.of(index, observations))
            VisitorsFeed().store(connection, batch)


def site(engine: Engine, at: Instant | None, code: str = "fangyan") -> dict[str, Any]:
    """What is known of a site."""
    with engine.connect() as connection:
        return queries.records(connection, "heling", {code}, at)[code]


def sums_up(known: dict[str, Any]) -> bool:
    """Whether the people inside are the sum of what is told of since when they were set."""
    since = known["since"]
    return bool(known["inside"] == since["base"] + since["entered"] - since["left"] + since["corrected"])


def hours(engine: Engine, at: Instant, code: str = "fangyan") -> list[dict[str, Any]]:
    """People through a site's gates by the hour."""
    with engine.connect() as connection:
        return queries.flow(connection, "heling", code, 24, at)


def doubts(engine: Engine, at: Instant | None, code: str = "fangyan") -> dict[str, list[str]]:
    """Code of each doubt and the figures that it is about."""
    return {doubt["code"]: doubt["figures"] for doubt in site(engine, at, code)["doubt"]}
