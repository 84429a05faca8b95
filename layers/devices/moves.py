"""How what is known of the devices changed in a span of the past: what they said, their connection, who came."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Row, func, select

from layers.course import Span, Told
from layers.devices import queries
from sensors.readings.history import value_of
from sensors.tables import device, device_connection, reading, series
from store.instant import Instant

Said = tuple[bool, float]
"""Whether a device was there, and when that was said, in epoch milliseconds."""


def moves(connection: Connection, community: str, known: Mapping[str, Any], span: Span) -> Iterator[Told]:
    """For each step the fields that changed of each device that spoke, came or went."""
    readings = _by_step(span, _readings(connection, community, span))
    words = _by_step(span, _words(connection, community, span))
    changed = _registered(connection, community, span)
    for end in span.ends:
        told: Told = {}
        said = {row.device_id: (row.connected, queries.milliseconds(row.at)) for row in words.get(end, ())}
        latest: defaultdict[str, dict[str, list[Any]]] = defaultdict(dict)
        for row in readings.get(end, ()):
            value = value_of(row.kind, row.value, row.text)
            latest[row.device_id][row.metric] = queries.entry(row.ts, value, row.quality)
        new: set[str] = set()
        for code in {**latest, **said}:
            if code in known:
                told[code] = _part(known[code], latest.get(code), said.get(code))
            elif code in latest:
                new.add(code)
        new |= {row.id for row in changed.get(end, ()) if row.id not in known}
        gone = {row.id for row in changed.get(end, ()) if row.revoked is not None and row.revoked <= end}
        # One that was registered later counts from its first reading on, and one that is not there says nothing.
        found = queries.records(connection, community, new, end) if new - gone else {}
        yield told | found | dict.fromkeys(gone & known.keys())


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


def _by_step(span: Span, rows: list[Row[Any]]) -> dict[Instant, list[Row[Any]]]:
    found: dict[Instant, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(span.end_of(row.number * span.step), []).append(row)
    return found


def _readings(connection: Connection, community: str, span: Span) -> list[Row[Any]]:
    """The newest reading of each series in each step: what came between is on no screen."""
    number = span.number(reading.c.ts).label("number")
    newest = (
        select(series.c.id, number, func.max(reading.c.ts).label("ts"))
        .select_from(device)
        .join(series, series.c.device_id == device.c.id)
        .join(reading, reading.c.series_id == series.c.id)
        .where(device.c.community == community, span.holds(reading.c.ts))
        .group_by(series.c.id, number)
        .subquery()
    )
    rows = (newest.c.number, reading.c.ts, reading.c.value, reading.c.text, reading.c.quality)
    query = (
        select(series.c.device_id, series.c.metric, series.c.kind, *rows)
        .select_from(newest)
        .join(series, series.c.id == newest.c.id)
        .join(reading, (reading.c.series_id == newest.c.id) & (reading.c.ts == newest.c.ts))
    )
    return list(connection.execute(query))


def _words(connection: Connection, community: str, span: Span) -> list[Row[Any]]:
    """What was said of devices' connections, in the order of time."""
    c = device_connection.c
    query = (
        select(c.device_id, c.connected, c.at, span.number(c.at).label("number"))
        .join(device, device.c.id == c.device_id)
        .where(device.c.community == community, span.holds(c.at))
        .order_by(c.at)
    )
    return list(connection.execute(query))


def _registered(connection: Connection, community: str, span: Span) -> dict[Instant, list[Any]]:
    """Devices that were registered or revoked, by the step."""
    c = device.c
    query = select(c.id, c.created, c.revoked).where(c.community == community)
    found: dict[Instant, list[Any]] = {}
    for row in connection.execute(query.where(span.holds(c.created) | span.holds(c.revoked))):
        for moment in (row.created, row.revoked):
            if moment is not None and span.begin < moment <= span.until:
                found.setdefault(span.end_of(moment), []).append(row)
    return found
