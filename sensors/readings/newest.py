"""The newest reading of a series, where readings go from one to another."""

from sqlalchemy import ColumnElement, Connection, delete, select, tuple_, update

from sensors.metrics import Metric
from sensors.quality import NOT_LIVE
from sensors.readings.archive import questions
from sensors.readings.judged_again import as_known, as_unknown
from sensors.tables import latest, reading
from store.instant import Instant, now


def of(connection: Connection, number: int) -> Instant | None:
    """When a series was said last."""
    return connection.scalar(select(latest.c.ts).where(latest.c.series_id == number))


def take(connection: Connection, under: int, known: int, kind: str, metric: Metric) -> None:
    """Judge the newest of a series, and have it be the other's where that has none newer."""
    judged = as_known(latest.c, kind, metric)
    connection.execute(update(latest).where(latest.c.series_id == under).values(quality=judged))
    _newer(connection, under, known)


def _newer(connection: Connection, under: int, known: int) -> None:
    """Have the newest of a series be the other's, where that has none newer."""
    rows = {
        row.series_id: row for row in connection.execute(select(latest).where(latest.c.series_id.in_((under, known))))
    }
    newer = max(rows.values(), key=lambda row: (not row.quality & NOT_LIVE, row.ts), default=None)
    connection.execute(delete(latest).where(latest.c.series_id == under))
    if newer is not None and newer.series_id == under:
        connection.execute(delete(latest).where(latest.c.series_id == known))
        connection.execute(latest.insert().values({**newer._mapping, "series_id": known}))


def give_back(connection: Connection, said: int, number: int) -> None:
    """Have the newest of a series go back, where it came by that name; the newest of what stays takes its place."""
    c = reading.c
    of_latest = tuple_(c.series_id, c.ts).in_(
        select(latest.c.series_id, latest.c.ts).where(latest.c.series_id == number)
    )
    if connection.scalar(select(c.said).where(of_latest)) != said:
        return
    connection.execute(update(latest).where(latest.c.series_id == number).values(quality=as_unknown(latest.c)))
    _newer(connection, number, said)
    have(connection, number, c.said.is_distinct_from(said))


def have(connection: Connection, number: int, *chosen: ColumnElement[bool]) -> None:
    """Have the newest of a series be that of its readings, where nothing is said to be."""
    if of(connection, number) is None:
        c = reading.c
        query = select(c.series_id, c.ts, c.value, c.text, c.quality).where(c.series_id == number, *chosen)
        row = connection.execute(query.order_by(c.ts.desc()).limit(1)).one_or_none()
        found = None if row is None else dict(row._mapping)
        # What is archived by now came by no name that goes back: that was brought back before.
        archived = questions.latest(connection, [number], now(), {} if found is None else {number: found["ts"]})
        if number in archived:
            found = {"series_id": number, **archived[number]._asdict()}
        if found is not None:
            connection.execute(latest.insert().values(found))
