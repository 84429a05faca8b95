"""Readings that go from one series of a device to another, a piece at a time: to a metric whose word their name became,
and back to their name where that is no word for it any more.

Each piece is a short transaction in which nobody who reads messages can store (`sensors.devices.words`). What stands
twice, under the word and under the metric at the same time, stays where it is, and no series is ever taken away: its
number would be given again. By which name a reading came stands beside it, so that it goes back where it came from.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, exists, func, not_, select, true, update

from sensors.devices import words
from sensors.devices.kinds import kinds
from sensors.devices.registry import Device
from sensors.devices.words import Key
from sensors.metrics import Metric
from sensors.readings import newest, summing
from sensors.readings.archive import parts, questions, thawing
from sensors.readings.judged_again import UNKNOWN, as_known, as_unknown, fault
from sensors.tables import reading, series, word_return
from store.bulk import as_it_was, upsert_all
from store.engine import writing
from store.instant import DAY, HOUR, Instant
from store.once import alone

ROWS_AT_ONCE = 1_000
"""Nobody stores while a piece is moved: with ten thousand rows a device waited for more than a second."""
GATES_AT_ONCE = 500
"""Of a gate: people are counted anew in the same transaction."""
LONGEST_PIECE: Instant = 31 * DAY
BREATH_S = 0.02
"""Between two pieces at least, for whoever else writes; and as long as a piece took: half of the time is theirs."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What followed a word, or went back: so many devices had said it, so many readings.

    ``twice`` stand under the metric too and stay under the word; ``suspect`` are doubtful now that it is known what
    they are.
    """

    devices: int = 0
    readings: int = 0
    twice: int = 0
    suspect: int = 0

    def __add__(self, other: "Followed") -> "Followed":
        return Followed(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


class Moved(NamedTuple):
    """Readings of a device that went: those at these times, in order, are of ``metric`` now, or are so no more."""

    device: Device
    metric: str
    times: Sequence[Instant]
    is_back: bool


Follower = Callable[[Connection, Moved], None]
"""Brings what it made of readings to what they are now, in the same transaction."""


@dataclass(frozen=True, slots=True)
class _Piece:
    followed: Followed
    until: Instant
    is_last: bool


def move(engine: Engine, key: Key, device: Device, metric: Metric, followers: Sequence[Follower]) -> Followed:
    """Move what a device said by a word to the metric, as long as the word means that."""
    with engine.connect() as connection:
        under, known = series_of(connection, device.id, key.word), series_of(connection, device.id, metric.code)
        if under is None:
            return Followed()
        archived = thawing.alone(connection, under.id, None if known is None else known.id)
        # What came late into a month that is archived otherwise is moved too.
        late = _oldest(connection, reading.c.series_id == under.id)
    _thaw(engine, (under.id, known.id if known is not None else under.id), archived, late)
    return _in_pieces(lambda after: _step(engine, key, device, metric, after, followers))


def move_back(engine: Engine, device: Device, said: int, number: int, followers: Sequence[Follower]) -> Followed:
    """Move what a device said by a name, which is the series ``said``, back to that from the series of a number."""
    with engine.connect() as connection:
        archived = thawing.by_name(connection, number, said)
        late = _oldest(connection, reading.c.series_id == number, reading.c.said == said)
    _thaw(engine, (said, number), archived, late)
    return _in_pieces(lambda after: _step_back(engine, device, said, number, after, followers))


def _oldest(connection: Connection, *chosen: ColumnElement[bool]) -> Instant | None:
    found: Instant | None = connection.scalar(select(func.min(reading.c.ts)).where(*chosen))
    return found


def _thaw(engine: Engine, numbers: tuple[int, int], archived: Sequence[Instant], late: Instant | None) -> None:
    """Bring back from the archive what is to be moved, and of both series what it is compared and summed up with."""
    times = [*archived[:1], *archived[-1:]]
    if late is not None:
        times += [late, questions.ALL]
    if times:
        thawing.thaw(engine, set(numbers), min(times), max(times))


def _in_pieces(step: Callable[[Instant], _Piece | None]) -> Followed:
    followed, after = Followed(), -1
    began = time.monotonic()
    while (piece := step(after)) is not None:
        followed += piece.followed
        after = piece.until
        if piece.is_last:
            break
        time.sleep(max(BREATH_S, time.monotonic() - began))
        began = time.monotonic()
    return followed


def _step(
    engine: Engine, key: Key, device: Device, metric: Metric, after: Instant, followers: Sequence[Follower]
) -> _Piece | None:
    """Move the next piece of a device's readings after a time; None where there is nothing to move."""
    with engine.connect() as connection:
        under = series_of(connection, device.id, key.word)
        if under is None or (after < 0 and not _is_left(connection, under.id, device, metric)):
            return None
    with writing(engine) as connection:
        alone(connection, words.REVISION)
        if not words.means(connection, key, metric.code):
            return None
        known = _made(connection, device, metric)
        if after < 0:
            newest.take(connection, under.id, known, under.kind, metric)
            summing.move_old(connection, under.id, known)
        chosen = (reading.c.series_id == under.id, not_(_is_double(known)), _is_movable(connection, under.id, known))
        times = _next(connection, device, after, *chosen)
        moving = _within(times, *chosen)
        wrong = and_(reading.c.quality == UNKNOWN, fault(reading.c, under.kind, metric) != 0)
        suspect = count(connection, *moving, wrong) if times else 0
        # The doubles are those of before: none becomes one by what is moved.
        judged = as_known(reading.c, under.kind, metric)
        changed = {"series_id": known, "said": under.id, "quality": judged}
        moved = Moved(device, metric.code, times, is_back=False)
        return _put(connection, moved, after, (under.id, known), moving, changed, suspect, followers)


def _step_back(
    engine: Engine, device: Device, said: int, number: int, after: Instant, followers: Sequence[Follower]
) -> _Piece | None:
    """Move the next piece back; None where somebody else was done with it. With the last one nothing is to go back."""
    with writing(engine) as connection:
        alone(connection, words.REVISION)
        waits = select(word_return.c.said).where(word_return.c.said == said, word_return.c.series_id == number)
        if connection.scalar(waits) is None:
            return None
        came = (reading.c.series_id == number, reading.c.said == said, _is_movable(connection, said, number))
        if after < 0:
            newest.give_back(connection, said, number)
            summing.move_old_back(connection, said, number)
        times = _next(connection, device, after, *came)
        moving = _within(times, *came)
        _forget_doubles(connection, said, number, times)
        metric = connection.scalar(select(series.c.metric).where(series.c.id == number)) or ""
        changed = {"series_id": said, "said": None, "quality": as_unknown(reading.c)}
        moved = Moved(device, metric, times, is_back=True)
        piece = _put(connection, moved, after, (said, number), moving, changed, 0, followers)
        if piece.is_last:
            newest.have(connection, said)
            done = (word_return.c.said == said, word_return.c.series_id == number)
            connection.execute(delete(word_return).where(*done))
        return piece


def _is_movable(connection: Connection, *numbers: int) -> ColumnElement[bool]:
    """Whether a reading is of a month of which these series have none archived: else not all of its hour are here.

    What is to be moved was brought back before; what was archived again meanwhile is moved the next time.
    """
    months = thawing.months_of(connection, numbers)
    return and_(true(), *(not_(reading.c.ts.between(begin, end - 1)) for begin, end in months))


def _next(connection: Connection, device: Device, after: Instant, *chosen: ColumnElement[bool]) -> list[Instant]:
    most = ROWS_AT_ONCE if kinds()[device.kind].people_a_minute is None else min(ROWS_AT_ONCE, GATES_AT_ONCE)
    query = select(reading.c.ts).where(*chosen, reading.c.ts > after).order_by(reading.c.ts)
    found = list(connection.scalars(query.limit(most)))
    return [ts for ts in found if ts < found[0] + LONGEST_PIECE]


def _within(times: Sequence[Instant], *chosen: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    return (*chosen, reading.c.ts.between(times[0], times[-1])) if times else chosen


def _put(
    connection: Connection,
    moved: Moved,
    after: Instant,
    numbers: tuple[int, int],
    moving: Sequence[ColumnElement[bool]],
    changed: dict[str, Any],
    suspect: int,
    followers: Sequence[Follower],
) -> _Piece:
    times = moved.times
    if not times:
        return _Piece(Followed(devices=1), after, True)
    connection.execute(update(reading).where(*moving).values(changed))
    # Whoever is about to archive their months begins anew.
    hot_since = parts.hot_since(connection)
    parts.touch(connection, [ts for ts in times if ts < hot_since])
    hours = sorted({ts - ts % HOUR for ts in times})
    for number in numbers:
        summing.sum_again(connection, number, hours)
    for follow in followers:
        follow(connection, moved)
    more = select(reading.c.ts).where(*moving[:-1], reading.c.ts > times[-1]).limit(1)
    is_last = connection.scalar(more) is None
    return _Piece(Followed(int(is_last), len(times), 0, suspect), times[-1], is_last)


def series_of(connection: Connection, device: str, name: str) -> Any:
    """The number and kind of what a device says by a name; None where it never said it."""
    query = select(series.c.id, series.c.kind).where(series.c.device_id == device, series.c.metric == name)
    return connection.execute(query).one_or_none()


def count(connection: Connection, *conditions: ColumnElement[bool]) -> int:
    """How many readings there are of those."""
    return connection.scalar(select(func.count()).select_from(reading).where(*conditions)) or 0


def counted(connection: Connection, under: int, known: int | None) -> tuple[int, int]:
    """How many readings a series has, and how many of them stand in another one too, at the same time."""
    if thawing.is_any(connection, under):
        said = thawing.times(connection, under)
        return len(said), 0 if known is None else len(said & thawing.times(connection, known))
    of_series = reading.c.series_id == under
    twice = 0 if known is None else count(connection, of_series, _is_double(known))
    return count(connection, of_series), twice


def _is_left(connection: Connection, under: int, device: Device, metric: Metric) -> bool:
    if newest.of(connection, under) is not None:
        return True
    known = series_of(connection, device.id, metric.code)
    is_single = [] if known is None else [not_(_is_double(known.id))]
    numbers = (under,) if known is None else (under, known.id)
    left = select(reading.c.ts).where(reading.c.series_id == under, *is_single, _is_movable(connection, *numbers))
    return connection.scalar(left.limit(1)) is not None


def _made(connection: Connection, device: Device, metric: Metric) -> int:
    """The number of a device's series of a metric, which is made where there is none."""
    row = {"device_id": device.id, "metric": metric.code, "kind": metric.kind}
    upsert_all(connection, series, [row], as_it_was)
    number: int = series_of(connection, device.id, metric.code).id
    return number


def _is_double(known: int) -> ColumnElement[bool]:
    """Whether a reading has one of the same time in another series."""
    theirs = reading.alias("theirs")
    return exists().where(theirs.c.series_id == known, theirs.c.ts == reading.c.ts).correlate(reading)


def _forget_doubles(connection: Connection, said: int, number: int, times: Sequence[Instant]) -> None:
    """What goes back was said first: what was said again by its name, of the same time, goes."""
    if times:
        theirs = reading.alias("theirs").c
        first = exists().where(theirs.series_id == number, theirs.said == said, theirs.ts == reading.c.ts)
        within = reading.c.ts.between(times[0], times[-1])
        connection.execute(delete(reading).where(reading.c.series_id == said, within, first.correlate(reading)))


def returning(connection: Connection) -> Iterator[tuple[str, int, int]]:
    """(device, name's series, series) of what is to go back."""
    c = word_return.c
    query = select(series.c.device_id, c.said, c.series_id).join(series, series.c.id == c.said)
    yield from (tuple(row) for row in connection.execute(query.order_by(c.said, c.series_id)).all())
