"""What was stored of what rules watch: within a window, as the limit of another metric, and what stands."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, select

from sensors.quality import Quality
from sensors.readings.archive import questions
from sensors.readings.columns import Series
from sensors.tables import device_clock, device_state, latest, reading, series
from store.instant import Instant

SOUND = frozenset({int(Quality.GOOD), int(Quality.UNKNOWN_METRIC)})


def past(connection: Connection, of: Series, before: Instant, window: Instant) -> Iterator[tuple[Instant, float]]:
    """The sound values within a window; what a batch brought is stored already, and taken in when it is looked at."""
    c = reading.c
    questions.is_any(connection, before - window, before)
    within = select(c.ts, c.value).where(c.series_id == of.number, c.ts > before - window, c.ts < before)
    sound = within.where(c.quality.in_(SOUND), c.value.is_not(None)).order_by(c.ts)
    found = [(row.ts, row.value) for row in connection.execute(sound)]
    spans = [(of.number, before - window + 1, before)]
    archived = questions.values(connection, spans, before - window + 1, before, SOUND)
    return iter(sorted([*found, *((ts, value) for _, ts, value in archived)]) if archived else found)


def limits(connection: Connection, device: str, metrics: Collection[str]) -> dict[tuple[str, str | None], float | None]:
    """(device, metric) -> what a device said last of these metrics, where it is sound."""
    query = select(series.c.metric, latest.c.value).join(latest, latest.c.series_id == series.c.id)
    said = query.where(series.c.device_id == device, series.c.metric.in_(metrics), latest.c.quality.in_(SOUND))
    return {(device, row.metric): row.value for row in connection.execute(said)}


def standing(connection: Connection, metrics: Collection[str | None]) -> Iterator[Any]:
    """What all devices said last of these metrics, where it is sound: rows of id, device_id, metric, ts and value."""
    columns = (series.c.id, series.c.device_id, series.c.metric, latest.c.ts, latest.c.value)
    said = select(*columns).join(latest, latest.c.series_id == series.c.id).order_by(series.c.id)
    sound = (latest.c.quality.in_(SOUND), latest.c.value.is_not(None))
    return iter(connection.execute(said.where(series.c.metric.in_(metrics), *sound)))


def clocks(connection: Connection) -> Sequence[Any]:
    """The clocks that are wrong: rows of device_id, offset and last_seen."""
    c = device_clock.c
    heard = select(c.device_id, c.offset, device_state.c.last_seen).join(
        device_state, device_state.c.device_id == c.device_id
    )
    return connection.execute(heard.where(device_state.c.last_seen.is_not(None)).order_by(c.device_id)).all()
