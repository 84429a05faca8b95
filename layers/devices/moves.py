"""How what is known of the devices changed in a span of the past: what they said, their connection, who came."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, exists, func, select

from layers.course import Ahead, Found, Moves, Span, Told
from layers.devices import queries
from sensors.readings.archive import questions
from sensors.readings.history import value_of
from sensors.tables import device, device_connection, reading, series
from store.instant import Instant

MANY = 1_000
"""More series than these are not named one by one when they are read."""
Said = tuple[bool, float]
"""Whether a device was there, and when that was said, in epoch milliseconds."""


def moves(community: str) -> Moves:
    """For each step the fields that changed of each device that spoke, came or went."""
    speaking = Ahead(partial(_speaking, community))
    words_ahead = Ahead(partial(_words, community))
    registered = Ahead(partial(_registered, community))

    def moves_in(connection: Connection, known: Mapping[str, Any], span: Span) -> Iterator[Told]:
        readings = _readings(connection, community, speaking.of(connection, span), span)
        readings_at = _by_end(span, readings, lambda row: row.number * span.step)
        words = span.part(words_ahead.of(connection, span), _at)
        words_at = _by_end(span, words, _at)
        changed = _by_end(span, span.part(registered.of(connection, span), itemgetter(0)), itemgetter(0))
        for end in span.ends:
            told: Told = {}
            said = {row.device_id: (row.connected, queries.milliseconds(row.at)) for row in words_at.get(end, ())}
            latest: defaultdict[str, dict[str, list[Any]]] = defaultdict(dict)
            for row in readings_at.get(end, ()):
                value = value_of(row.kind, row.value, row.text)
                latest[row.device_id][row.metric] = queries.entry(row.ts, value, row.quality)
            new: set[str] = set()
            for code in {**latest, **said}:
                if code in known:
                    told[code] = _part(known[code], latest.get(code), said.get(code))
                elif code in latest:
                    new.add(code)
            rows = [row for _, row in changed.get(end, ())]
            new |= {row.id for row in rows if row.id not in known}
            gone = {row.id for row in rows if row.revoked is not None and row.revoked <= end}
            # One that was registered later counts from its first reading on, and one that is not there says nothing.
            found = queries.records(connection, community, new, end) if new - gone else {}
            yield told | found | dict.fromkeys(gone & known.keys())

    return moves_in


def _part(known: Mapping[str, Any], latest: dict[str, list[Any]] | None, said: Said | None) -> dict[str, Any]:
    """What of a device is known otherwise: as `layers.devices.queries.states` has it of a past time."""
    before = [one[0] for one in known["latest"].values()]
    heard = max([*before, *(one[0] for one in (latest or {}).values())], default=None)
    word = said if said is not None or known["connected_at"] is None else (known["connected"], known["connected_at"])
    part: dict[str, Any] = {} if latest is None else {"latest": latest}
    if word is None:
        return part | {"last_seen": None if heard is None else int(heard)}
    is_there, at = word
    seen = max(at, heard or at) if is_there else heard
    # As `sensors.devices.past.is_gone`.
    part |= {"connected": bool(is_there) or (heard is not None and heard > at), "connected_at": at}
    return part | {"last_seen": None if seen is None else int(seen)}


def _by_end(span: Span, found: Sequence[Found], moment: Callable[[Found], Instant]) -> dict[Instant, list[Found]]:
    by_end: defaultdict[Instant, list[Found]] = defaultdict(list)
    for one in found:
        by_end[span.end_of(moment(one))].append(one)
    return by_end


def _at(row: Row[Any]) -> Instant:
    return int(row.at)


def _speaking(community: str, connection: Connection, span: Span) -> list[int] | None:
    """The series of which there is any reading in a span; None where they are too many to be named."""
    spoke = exists().where(reading.c.series_id == series.c.id, span.holds(reading.c.ts))
    of = select(series.c.id).join(device, device.c.id == series.c.device_id).where(device.c.community == community)
    is_archived = questions.is_any(connection, span.begin + 1, span.until)
    found = set(connection.scalars(of.where(spoke).limit(MANY + 1)))
    if is_archived:
        known = list(connection.scalars(of))
        found |= questions.first_in(connection, known, span.begin + 1, span.until).keys()
    return sorted(found) if len(found) <= MANY else None


def _readings(connection: Connection, community: str, of: list[int] | None, span: Span) -> list[Any]:
    """The newest reading in each step of these series, or of all: what came between is on no screen."""
    if of == []:
        return []
    is_archived = questions.is_any(connection, span.begin + 1, span.until)
    number = span.number(reading.c.ts).label("number")
    newest = select(reading.c.series_id.label("id"), number, func.max(reading.c.ts).label("ts"))
    if of is None:
        joined = device.join(series, series.c.device_id == device.c.id).join(
            reading, reading.c.series_id == series.c.id
        )
        newest = newest.select_from(joined).where(device.c.community == community)
    else:
        newest = newest.where(reading.c.series_id.in_(of))
    each = newest.where(span.holds(reading.c.ts)).group_by(reading.c.series_id, number).subquery()
    rows = (each.c.number, reading.c.ts, reading.c.value, reading.c.text, reading.c.quality)
    query = (
        select(series.c.device_id, series.c.metric, series.c.kind, *rows)
        .select_from(each)
        .join(series, series.c.id == each.c.id)
        .join(reading, (reading.c.series_id == each.c.id) & (reading.c.ts == each.c.ts))
    )
    found = list(connection.execute(query))
    return _with_archived(connection, community, found, of, span) if is_archived else found


class Newest(NamedTuple):
    """A row of `_readings`."""

    device_id: str
    metric: str
    kind: str
    number: int
    ts: Instant
    value: float | None
    text: str | None
    quality: int


def _with_archived(
    connection: Connection, community: str, kept: list[Any], of: list[int] | None, span: Span
) -> list[Any]:
    query = select(series.c.id, series.c.device_id, series.c.metric, series.c.kind)
    query = query.join(device, device.c.id == series.c.device_id).where(device.c.community == community)
    named = {row.id: row for row in connection.execute(query)}
    rows: dict[tuple[str, str, int], Any] = {(row.device_id, row.metric, row.number): row for row in kept}
    asked = of if of is not None else list(named)
    for (number, step), said in questions.newest_by_step(connection, asked, span.begin, span.until, span.step).items():
        one = named[number]
        known = rows.get((one.device_id, one.metric, step))
        if known is None or known.ts < said.ts:
            rows[one.device_id, one.metric, step] = Newest(one.device_id, one.metric, one.kind, step, *said)
    return list(rows.values())


def _words(community: str, connection: Connection, span: Span) -> list[Row[Any]]:
    """What was said of devices' connections, in the order of time."""
    c = device_connection.c
    query = (
        select(c.device_id, c.connected, c.at)
        .join(device, device.c.id == c.device_id)
        .where(device.c.community == community, span.holds(c.at))
        .order_by(c.at)
    )
    return list(connection.execute(query))


def _registered(community: str, connection: Connection, span: Span) -> list[tuple[Instant, Any]]:
    """Devices that were registered or revoked, and when, in the order of time."""
    c = device.c
    query = select(c.id, c.created, c.revoked).where(c.community == community)
    found: list[tuple[Instant, Any]] = []
    for row in connection.execute(query.where(span.holds(c.created) | span.holds(c.revoked))):
        found += [(at, row) for at in (row.created, row.revoked) if at is not None and span.begin < at <= span.until]
    return sorted(found, key=itemgetter(0))
