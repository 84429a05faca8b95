"""Who hears of alarms when: as they are raised, once for a flood, and again where nobody acknowledges."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from sqlalchemy import Connection, String, cast, exists, literal, select

from layers.alarms import duties, evidence, floods, life
from layers.alarms.occurrences import Written
from layers.alarms.rulebook import Book
from layers.alarms.rules import PRIORITIES
from layers.alarms.tables import alarm, alarm_flood
from sensors.intake.batch import Batch, Filing
from store import origins
from store.instant import DAY, SECOND, Instant
from store.language import in_all, named, say, spoken
from store.notices import Notice, notice
from store.notices import tell as tell_notice

AT_ONCE = 500
SEVERITIES = {"critical": "critical", "high": "critical", "medium": "major", "low": "minor"}
"""Priority of an alarm -> severity of the event that it opens: 高 stays 高, 中 stays 中."""
TOO_LATE: Instant = DAY
"""What is older is on the list; a cockpit that was away for long must not call everybody at once."""


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of a kind of notice."""

    text: str
    text_en: str


class Escalation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom an alarm of a priority is told that nobody acknowledged for so long."""

    priority: str
    after_s: int
    least: str


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """notices.toml."""

    kinds: dict[str, Kind]
    told: dict[str, str]
    escalation: tuple[Escalation, ...]


@cache
def table() -> Table:
    """The rows of notices.toml."""
    rows = tomllib.loads((files("layers.alarms") / "notices.toml").read_text(encoding="utf-8"))
    return msgspec.convert(rows, Table)


def tell(connection: Connection, batch: Batch, written: Written, books: Mapping[str, Book]) -> None:
    """Tell of what began to sound, within its transaction, and ask for the events that rules open."""
    by_community: dict[str, list[dict[str, Any]]] = {}
    for row in written.raised:
        if row["cleared"] is None and row["state"] in life.sounding():
            by_community.setdefault(row["community"], []).append(row)
    for community, rows in by_community.items():
        flood, first_ones = floods.joined(connection, community, rows, batch.at)
        if flood is not None and first_ones:
            _tell_flood(connection, community, flood, batch.at)
            written.touched.setdefault(community, set()).update(first_ones)
        people = duties.on_duty(connection, community, batch.at)
        for row in rows:
            if flood is None or row["priority"] == PRIORITIES[0]:
                _tell_raised(connection, row, people, batch.at)
        batch.filings += _filings(connection, rows, books.get(community, {}), batch.at)


def _filings(connection: Connection, rows: Sequence[dict[str, Any]], book: Book, at: Instant) -> list[Filing]:
    """The events that rules open: one for a cause; while that is open it is the event of what follows too."""
    found: dict[tuple[str, str], Filing] = {}
    for row in rows:
        rule = book.get(row["rule"])
        if rule is None or rule.event is None:
            continue
        key = (row["rule"], row["cause"])
        known = None if key in found else _open_event(connection, row)
        if known is not None:
            origins.opened(connection, row["community"], "alarm", row["id"], known.event_id, known.state, at)
        elif key in found:
            found[key] = replace(found[key], also=(*found[key].also, row["id"]))
        else:
            found[key] = filing(row, rule.event)
    return list(found.values())


def _open_event(connection: Connection, row: Mapping[str, Any]) -> Any:
    c, o = alarm.c, origins.origin.c
    query = select(o.event_id, o.state).join_from(origins.origin, alarm, c.id == o.ref)
    still_open = (o.community == row["community"], o.kind == "alarm", o.is_open)
    return connection.execute(
        query.where(*still_open, c.rule == row["rule"], c.cause == row["cause"]).limit(1)
    ).one_or_none()


def filing(row: Mapping[str, Any], category: str) -> Filing:
    """The grid event that an alarm opens: its evidence in words, its place, and what it was opened for."""
    return Filing(
        community=row["community"],
        kind="alarm",
        ref=row["id"],
        category=category,
        severity=SEVERITIES[row["priority"]],
        title=spoken(lambda: f"{named(row)} · {row['label']}"),
        number=row["seq"],
        detail=evidence.measured(row),
        lon=row["lon"],
        lat=row["lat"],
        spot=row["spot"],
        device=row["device"],
        source=row["source"],
        occurred=row["raised"],
    )


def _tell_raised(connection: Connection, row: Mapping[str, Any], people: Sequence[str], at: Instant) -> None:
    least = table().told.get(row["priority"])
    if least is None:
        return
    told = _notice("alarm.raised", row, at, least, f"alarm:{row['id']}:{row['seq']}")
    tell_notice(connection, told)
    for person in people:
        notice_to = _notice("alarm.raised", row, at, None, f"{told.mark}:{person}", person)
        tell_notice(connection, notice_to, is_posted=False)


def _tell_flood(connection: Connection, community: str, flood: int, at: Instant) -> None:
    query = select(alarm.c.name, alarm.c.name_en, alarm.c.label).join(alarm_flood, alarm_flood.c.first == alarm.c.id)
    first = connection.execute(query.where(alarm_flood.c.id == flood)).one()
    told = Notice(
        community=community,
        at=at,
        kind="alarm.flood",
        subject=str(flood),
        **in_all("title", spoken(lambda: _flood_title(first))),
        least="steward",
        mark=f"flood:{community}:{flood}",
    )
    tell_notice(connection, told)


def _flood_title(first: Any) -> str:
    counts = {"minutes": floods.WINDOW // SECOND // 60, "n": floods.BEGINS_AT}
    words = say("{minutes} 分钟内 {n} 条以上 · 首出：{name} · {label}", **counts, name=named(first), label=first.label)
    return words[:200]


def _notice(kind: str, row: Any, at: Instant, least: str | None, mark: str, person: str | None = None) -> Notice:
    of = row if isinstance(row, Mapping) else row._mapping
    return Notice(
        community=of["community"],
        at=at,
        kind=kind,
        subject=of["id"],
        **evidence.titles(of),
        place=of["area"],
        spot=of["spot"],
        severity=SEVERITIES[of["priority"]],
        category=of["metric"],
        least=least,
        person=person,
        mark=mark,
    )


def remind(connection: Connection, community: str, at: Instant) -> int:
    """Tell of alarms that nobody acknowledged in time, and were not told of yet to these; returns how many."""
    told = 0
    for step in table().escalation:
        for row in _unheard(connection, community, step, at):
            mark = f"alarm:{row.id}:{row.sounds_since}:{step.after_s}:{step.least}"
            told += tell_notice(connection, _notice("alarm.escalated", row, at, step.least, mark))
    return told


def is_anything_due(connection: Connection, community: str, at: Instant) -> bool:
    """Whether `remind` would tell of something; reads only."""
    return any(_unheard(connection, community, step, at, 1) for step in table().escalation)


def _unheard(
    connection: Connection, community: str, step: Escalation, at: Instant, most: int = AT_ONCE
) -> Sequence[Any]:
    c = alarm.c
    heard = literal(f":{step.after_s}:{step.least}")
    mark = literal("alarm:") + c.id + literal(":") + cast(c.sounds_since, String) + heard
    query = select(alarm).where(
        c.community == community,
        c.cleared.is_(None),
        c.state == "unacknowledged",
        c.priority == step.priority,
        c.sounds_since.between(at - TOO_LATE, at - step.after_s * SECOND),
        # Of a flood only what is critical is told singly.
        c.flood.is_(None) | (c.priority == PRIORITIES[0]),
        ~exists().where(notice.c.mark == mark),
    )
    return connection.execute(query.limit(most)).all()
