"""What is known of the alarms, now or at a past time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, select

from geo import whereabouts
from geo.ground import Place, places
from layers.alarms import floods, life, returning
from layers.alarms.occurrences import TOLD
from layers.alarms.returning import Wait
from layers.alarms.rules import PRIORITIES
from layers.alarms.tables import alarm, alarm_step
from layers.course import ranked
from layers.first import First
from store import origins, revision
from store.instant import MILLISECOND, Instant, format_rfc3339
from store.language import Word, in_all

TALLY = "*"
"""The key of the counts over all open alarms."""
SHOWN = 300
"""Open alarms that a screen is given, the loudest first; the tally counts them all."""
ASIDE = ("shelved", "out_of_service")
"""States of which the step says why."""
PRESENT = (
    *("state", "seq", "is_active", "returned", "acknowledged", "acknowledged_by", "cleared", "shelved_until"),
    *("value", "said", "said_en", "repeats", "reason"),
)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked for; None and empty: all. ``open`` are those that are not over."""

    states: Sequence[str] = ()
    priorities: Sequence[str] = ()
    rule: str | None = None
    device: str | None = None
    cause: str | None = None
    flood: int | None = None
    since: Instant | None = None
    until: Instant | None = None
    is_open: bool = False


def records(
    connection: Connection, community: str, keys: set[str] | None, at: Instant | None = None
) -> dict[str, dict[str, Any] | None]:
    """The open alarms, the loudest first, or the named ones (None: over), and under `TALLY` the counts.

    Times are epoch milliseconds.
    """
    stamp = revision.stamp(connection, TOLD, at)
    query = with_state(community, at)
    query = _first(community, at) if keys is None else query.where(alarm.c.id.in_(keys - {TALLY}))
    rows = connection.execute(query).all()
    found: dict[str, dict[str, Any] | None] = dict.fromkeys(keys - {TALLY}) if keys is not None else {}
    names, waits = places_by_code(community), returning.waits(connection, community, rows, at)
    for row in rows:
        found[row.id] = _record(row, names, waits.get(row.id, Wait())) if row.state in life.open_states() else None
    if keys is None or TALLY in keys:
        found[TALLY] = tally(connection, community, at) | stamp
    return found


def _first(community: str, at: Instant | None) -> Select[Any]:
    query = with_state(community, at)
    return query.where(_is_open(query, at)).order_by(*_loudest(query)).limit(SHOWN)


def _first_keys(connection: Connection, community: str, at: Instant | None) -> list[str]:
    return list(connection.scalars(_first(community, at).with_only_columns(alarm.c.id)))


FIRST = First(most=lambda: SHOWN, keys=_first_keys)


def tally(connection: Connection, community: str, at: Instant | None) -> dict[str, Any]:
    """How many alarms are open, by state, how many of those sound by priority, and the flood that goes on."""
    query = with_state(community, at)
    inner = query.where(_is_open(query, at)).subquery()
    counted = select(inner.c.state, inner.c.priority, func.count()).group_by(inner.c.state, inner.c.priority)
    states: Counter[str] = Counter()
    sounds: Counter[str] = Counter()
    for of, loud, count in connection.execute(counted):
        states[of] += count
        if of in life.sounding():
            sounds[loud] += count
    return {
        "open": states.total(),
        "by_state": {code: states[code] for code in life.open_states()},
        "sounding": {code: sounds[code] for code in PRIORITIES},
        "flood": _flood(connection, community, at),
    }


def _flood(connection: Connection, community: str, at: Instant | None) -> dict[str, Any] | None:
    """The flood that goes on, with the words of what came first: it may be over by now, and no screen knows it."""
    flood = floods.going_on(connection, community, at)
    if flood is None:
        return None
    first = connection.execute(
        select(alarm.c.name, alarm.c.name_en, alarm.c.subject).where(alarm.c.id == flood.first)
    ).one()
    told = {"id": flood.id, "began": flood.began // MILLISECOND, "count": flood.count, "first": flood.first}
    return told | in_all("first_name", first) | {"first_subject": first.subject}


def with_state(community: str, at: Instant | None) -> Select[Any]:
    """Select alarms with their state; at a past time as they were then, those that came later left out."""
    c = alarm.c
    if at is None:
        return select(alarm).where(c.community == community)
    s = alarm_step.c
    newest = select(func.max(s.seq)).where(s.alarm_id == c.id, s.at <= at).correlate(alarm).scalar_subquery()

    def when(*events: str) -> Any:
        """The time of the newest of these steps by then."""
        of = alarm_step.alias()
        found = select(func.max(of.c.at)).where(of.c.alarm_id == c.id, of.c.at <= at, of.c.event.in_(events))
        return found.correlate(alarm).scalar_subquery()

    one = alarm_step.alias()
    raises = (one.c.alarm_id == c.id, one.c.at <= at, one.c.event == "raise")
    times = select(func.count()).where(*raises).correlate(alarm).scalar_subquery()
    last = select(one.c.value).where(*raises).order_by(one.c.seq.desc()).limit(1)
    value = last.correlate(alarm).scalar_subquery()
    heard_by = select(one.c.actor).where(one.c.alarm_id == c.id, one.c.at <= at, one.c.event == "acknowledge")
    by = heard_by.order_by(one.c.seq.desc()).limit(1).correlate(alarm).scalar_subquery()
    # Words are kept of the newest value alone.
    is_newest = value == c.value
    raised, returned, heard = when("raise"), when("return", "withdraw"), when("acknowledge")
    state = alarm_step.c.state
    present = {
        "state": state,
        "seq": alarm_step.c.seq,
        "returned": case((returned >= raised, returned), else_=None),
        "acknowledged": heard,
        "acknowledged_by": by,
        "cleared": case((state == life.NORMAL, alarm_step.c.at), else_=None),
        "is_active": func.coalesce(returned, 0) < raised,
        "shelved_until": case((state == "shelved", alarm_step.c.until), else_=None),
        "value": value,
        "said": case((is_newest, c.said), else_=None),
        "said_en": case((is_newest, c.said_en), else_=None),
        "repeats": times - 1,
        "reason": case((state.in_(ASIDE), alarm_step.c.note), else_=None),
    }
    others = [column for column in c if column.name not in PRESENT]
    columns = [column.label(name) for name, column in present.items()]
    joined = alarm.join(alarm_step, (alarm_step.c.alarm_id == c.id) & (alarm_step.c.seq == newest))
    return select(*others, *columns).select_from(joined).where(c.community == community, c.received <= at)


def sounding(community: str, at: Instant | None) -> Select[Any]:
    """Select the alarms of `with_state` that nobody has acknowledged."""
    query = with_state(community, at)
    return query.where(_is_open(query, at), query.selected_columns["state"].in_(life.sounding()))


def find(
    connection: Connection,
    community: str,
    wanted: Wanted,
    *,
    at: Instant | None,
    before: tuple[Instant, str] | None = None,
    limit: int,
) -> list[Row[Any]]:
    """Alarms, the newest first; ``before`` is the last of the page before."""
    query = with_state(community, at)
    c, state = alarm.c, query.selected_columns["state"]
    exact = {c.rule: wanted.rule, c.device: wanted.device, c.cause: wanted.cause, c.flood: wanted.flood}
    for column, value in exact.items():
        if value is not None:
            query = query.where(column == value)
    if wanted.states:
        query = query.where(state.in_(wanted.states))
    if wanted.is_open:
        query = query.where(_is_open(query, at))
    if wanted.priorities:
        query = query.where(c.priority.in_(wanted.priorities))
    if wanted.since is not None:
        query = query.where(c.raised >= wanted.since)
    if wanted.until is not None:
        query = query.where(c.raised < wanted.until)
    if before is not None:
        query = query.where((c.raised < before[0]) | ((c.raised == before[0]) & (c.id < before[1])))
    return list(connection.execute(query.order_by(c.raised.desc(), c.id.desc()).limit(limit)))


def one(connection: Connection, community: str, number: str, at: Instant | None) -> Row[Any] | None:
    """An alarm; None where there is none, or was none yet."""
    return connection.execute(with_state(community, at).where(alarm.c.id == number)).one_or_none()


def is_there(connection: Connection, community: str, number: str) -> bool:
    """Whether there is, or was, such an alarm of this community."""
    query = select(alarm.c.id).where(alarm.c.id == number, alarm.c.community == community)
    return connection.scalar(query) is not None


def steps(connection: Connection, number: str, at: Instant | None) -> list[dict[str, Any]]:
    """What became of an alarm, the first step first."""
    c = alarm_step.c
    query = select(alarm_step).where(c.alarm_id == number)
    if at is not None:
        query = query.where(c.at <= at)
    events = life.life().events
    return [
        {
            "seq": row.seq,
            "event": row.event,
            "name": events[row.event].name,
            "name_en": events[row.event].name_en,
            "state": row.state,
            "at": format_rfc3339(row.at),
            "by": row.actor,
            "note": row.note,
            "value": row.value,
            "until": None if row.until is None else format_rfc3339(row.until),
        }
        for row in connection.execute(query.order_by(c.seq))
    ]


def told(
    connection: Connection, community: str, rows: Sequence[Row[Any]], at: Instant | None = None
) -> list[dict[str, Any]]:
    """Alarms as the API says them, with the grid event that was opened for each."""
    events = origins.events_of(connection, community, "alarm", [row.id for row in rows])
    names, waits = places_by_code(community), returning.waits(connection, community, rows, at)
    return [_told(row, names, events.get(row.id), waits.get(row.id, Wait())) for row in rows]


def places_by_code(community: str) -> dict[str, Place]:
    """The areas and sites, which alarms name."""
    return {place.code: place for layer in ("areas", "sites") for place in places(community, layer)}


def where(row: Any) -> Word | None:
    """Where it is, in words; nothing of a site, which is what the alarm is about, and of the system."""
    if row.kind != "device":
        return None
    return whereabouts.words(row.community, row.spot, site=row.site, area=row.area)


def spot_of(connection: Connection, community: str, number: str) -> str | None:
    """The deepest place that is known of an alarm."""
    query = select(alarm.c.spot).where(alarm.c.id == number, alarm.c.community == community)
    found: str | None = connection.scalar(query)
    return found


def _told(row: Row[Any], names: dict[str, Place], event: dict[str, Any] | None, wait: Wait) -> dict[str, Any]:
    instants = ("raised", "received", "returned", "acknowledged", "cleared", "shelved_until")
    times = {name: None if (at := getattr(row, name)) is None else format_rfc3339(at) for name in instants}
    plain = ("id", "rule", "name", "name_en", "priority", "state", "kind", "subject", "device", "area", "site")
    further = (
        "label",
        "cause",
        "metric",
        "value",
        "threshold",
        "said",
        "said_en",
        "source",
        "flood",
        "repeats",
        "reason",
        "lon",
        "lat",
        "seq",
    )
    return {
        **{name: getattr(row, name) for name in plain},
        **_state_words(row),
        **in_all("area_name", names.get(row.area)),
        **in_all("site_name", names.get(row.site)),
        **in_all("place", where(row) or whereabouts.NOWHERE),
        "active": bool(row.is_active),
        "latched": bool(row.is_latched),
        "by": row.acknowledged_by,
        "possible": life.possible(row.state, is_active=bool(row.is_active), is_latched=bool(row.is_latched)),
        **{name: getattr(row, name) for name in further},
        **times,
        "back": wait.back,
        "leaves": None if wait.leaves is None else format_rfc3339(wait.leaves),
        "event": None if event is None else event | {"at": format_rfc3339(event["at"])},
    }


def _state_words(row: Row[Any]) -> dict[str, Any]:
    """The state in words; of a latched alarm whose condition is gone, that it waits to be reset."""
    state = life.life().states[row.state]
    waits = row.is_latched and not row.is_active and row.state in ("unacknowledged", "acknowledged")
    latched = Word(f"{state.name} · 已恢复待复位", f"{state.name_en}, returned, to be reset")
    return in_all("state_name", latched if waits else state)


def _record(row: Row[Any], names: dict[str, Place], wait: Wait) -> dict[str, Any]:
    """An alarm as the live channel tells it, the same for every screen: who acknowledged it is not said."""
    state = life.life().states[row.state]
    plain = ("id", "rule", "name", "name_en", "priority", "state", "kind", "subject", "device", "metric", "value")
    return {
        **{name: getattr(row, name) for name in plain},
        **in_all("area", names.get(row.area)),
        **in_all("site", names.get(row.site)),
        **in_all("place", where(row) or whereabouts.NOWHERE),
        **{
            name: getattr(row, name)
            for name in ("threshold", "said", "said_en", "cause", "source", "lon", "lat", "flood", "repeats")
        },
        **_state_words(row),
        "sounds": state.sounds,
        "active": bool(row.is_active),
        "raised": row.raised // MILLISECOND,
        "received": row.received // MILLISECOND,
        "returned": None if row.returned is None else row.returned // MILLISECOND,
        "shelved_until": None if row.shelved_until is None else row.shelved_until // MILLISECOND,
        "back": wait.back,
        "leaves": None if wait.leaves is None else wait.leaves // MILLISECOND,
        revision.FIELD: row.seq,
    }


def _is_open(query: Select[Any], at: Instant | None) -> Any:
    """Not over then; what was over long before is told by its row, and its steps are not looked at."""
    is_open = query.selected_columns["cleared"].is_(None)
    return is_open if at is None else is_open & (alarm.c.cleared.is_(None) | (alarm.c.cleared > at))


def _loudest(query: Select[Any]) -> tuple[Any, ...]:
    rank = ranked(alarm.c.priority, PRIORITIES)
    sounds = case((query.selected_columns["state"].in_(life.sounding()), 0), else_=1)
    # After a power cut hundreds are raised in one moment: whoever asks is given the same of them.
    return sounds, rank, alarm.c.raised.desc(), alarm.c.id
