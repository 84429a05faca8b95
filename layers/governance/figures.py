"""Totals of governance: whole, and as everybody may be told them."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from geo import stewards
from geo.ground import places
from layers.governance import matters
from layers.governance.counted import what_is_invented
from layers.governance.rules import bodies, fields, hard_matters_a_month, kinds, topics
from layers.governance.tables import (
    council_attendance,
    council_meeting,
    council_member,
    matter,
    partner,
    partner_deed,
)
from layers.sources import Span
from layers.totals import hidden, told
from store.demonstration import brought_of
from store.instant import DAY, Instant, local_month, now, start_of_local_year

TALLY = "*"


def records(connection: Connection, community: str, keys: set[str] | None, at: Instant | None) -> dict[str, Any]:
    """The totals under `TALLY`."""
    if keys is not None and TALLY not in keys:
        return {}
    return {TALLY: told_to_everybody(totals(connection, community, at))}


def totals(connection: Connection, community: str, at: Instant | None = None) -> dict[str, Any]:
    """Matters by kind and state, the month's hard matters, council, partners, grids with a steward.

    At a past time a matter stands as its steps said then, the council and the partners are those of then;
    meetings and deeds count by the day on which they were held and done.
    """
    moment = now() if at is None else at
    rows = connection.execute(matters.with_state(community, at)).all()
    return {
        "demo": _demo(connection, community, rows, moment),
        "matters": {code: _of_kind(code, [row for row in rows if row.kind == code]) for code in kinds()},
        "hard": _hard([row for row in rows if row.kind == "hard"], moment),
        "council": _council(connection, community, moment),
        "partners": _partners(connection, community, moment),
        "grids": _grids(connection, community, at),
    }


def _demo(connection: Connection, community: str, rows: Sequence[Any], moment: Instant) -> list[str]:
    """Which of the parts count something that is invented: kinds of matters, council, partners, grids."""
    year = Span(start_of_local_year(moment), moment + 1)
    found = what_is_invented(connection, community, year, moment, ("members", "meetings", "partners", "deeds", "grids"))
    ids = brought_of(connection, matter, [row.id for row in rows])
    return [
        *(code for code in kinds() if any(row.kind == code and row.id in ids for row in rows)),
        *(["council"] if found["members"] or found["meetings"] else []),
        *(["partners"] if found["partners"] or found["deeds"] else []),
        *(["grids"] if found["grids"] else []),
    ]


def told_to_everybody(found: dict[str, Any]) -> dict[str, Any]:
    """The same without totals of people that could name one (`layers.totals`); null is one that is not told."""
    partners, served = found["partners"], found["partners"]["people_this_year"]
    return found | {
        "matters": {code: _open(code, of) if kinds()[code].sealed else of for code, of in found["matters"].items()},
        "partners": partners | {"people_this_year": told(served)},
    }


def _open(code: str, of: dict[str, Any]) -> dict[str, Any]:
    """Matters of people in a quarrel: what is made of a state that is not told is not told either."""
    kind, shown = kinds()[code], hidden(of["by_state"])

    def every(states: Iterable[str]) -> int | None:
        counts = [shown[state] for state in states]
        return None if None in counts else sum(count for count in counts if count is not None)

    ended = every(state for state, one in kind.states.items() if not one.open)
    is_told = ended is not None
    return {
        "by_state": shown,
        "open": every(state for state, one in kind.states.items() if one.open),
        "ended": ended,
        "good": every(kind.good) if is_told else None,
        "good_rate": of["good_rate"] if is_told else None,
        "mean_days": of["mean_days"] if is_told else None,
        "by_topic": hidden({topic: of["by_topic"].get(topic, 0) for topic in topics()}),
    }


def _of_kind(code: str, rows: list[Any]) -> dict[str, Any]:
    kind = kinds()[code]
    ended = [row for row in rows if not kind.states[row.state].open]
    good = [row for row in ended if row.state in kind.good]
    days = [(row.since - row.opened) / DAY for row in good]
    by_state = {state: sum(row.state == state for row in rows) for state in kind.states}
    found: dict[str, Any] = {
        "by_state": by_state,
        "open": len(rows) - len(ended),
        "ended": len(ended),
        "good": len(good),
        "good_rate": len(good) / len(ended) if ended else None,
        "mean_days": sum(days) / len(days) if days else None,
    }
    if kind.sealed:
        found["by_topic"] = {topic: n for topic in topics() if (n := sum(row.topic == topic for row in rows))}
    return found


def _hard(rows: list[Any], moment: Instant) -> dict[str, Any]:
    """T18: how many are solved this month, and how many of earlier months still wait."""
    month = local_month(moment)
    solved = sum(row.state == "solved" and local_month(row.since) == month for row in rows)
    open_rows = [row for row in rows if kinds()["hard"].states[row.state].open]
    return {
        "month": month,
        "solved": solved,
        "wanted": hard_matters_a_month(),
        "open": len(open_rows),
        "overdue": sum(row.month < month for row in open_rows),
    }


def _council(connection: Connection, community: str, moment: Instant) -> dict[str, Any]:
    present = select(council_member.c.body, func.count().label("n")).where(
        council_member.c.community == community, *_was_there(council_member, moment)
    )
    counts = {row.body: row.n for row in connection.execute(present.group_by(council_member.c.body))}
    year = (
        council_meeting.c.community == community,
        council_meeting.c.held.between(start_of_local_year(moment), moment),
    )
    held = connection.scalar(select(func.count()).select_from(council_meeting).where(*year)) or 0
    attended = select(func.count().label("invited"), func.count().filter(council_attendance.c.present).label("came"))
    row = connection.execute(
        attended.select_from(council_attendance)
        .join(council_meeting, council_meeting.c.id == council_attendance.c.meeting_id)
        .where(*year)
    ).one()
    return {
        "members": {body: counts.get(body, 0) for body in bodies()},
        "meetings_this_year": held,
        "invited": row.invited,
        "came": row.came,
        "attendance_rate": row.came / row.invited if row.invited else None,
    }


def _partners(connection: Connection, community: str, moment: Instant) -> dict[str, Any]:
    present = select(partner.c.field, func.count().label("n")).where(
        partner.c.community == community, *_was_there(partner, moment)
    )
    counts = {row.field: row.n for row in connection.execute(present.group_by(partner.c.field))}
    deeds = connection.execute(
        select(func.count().label("n"), func.coalesce(func.sum(partner_deed.c.people), 0).label("people"))
        .join(partner, partner.c.id == partner_deed.c.partner_id)
        .where(partner.c.community == community, partner_deed.c.done.between(start_of_local_year(moment), moment))
    ).one()
    return {
        "by_field": {field: counts.get(field, 0) for field in fields()},
        "deeds_this_year": deeds.n,
        "people_this_year": int(deeds.people),
    }


def _was_there(table: Table, moment: Instant) -> tuple[ColumnElement[bool], ...]:
    return table.c.since <= moment, table.c.until.is_(None) | (table.c.until > moment)


def _grids(connection: Connection, community: str, at: Instant | None) -> dict[str, int]:
    known = {one.code for one in places(community, "grids")}
    looked_after = known & set(stewards.of_grids(connection, community, at))
    return {"all": len(known), "with_steward": len(looked_after)}
