"""What of governance matters now: totals of matters that wait; of none it is said whose it is."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from layers.concerns import Concerns, Condition, Looked, Standing, Then
from layers.governance import matters
from layers.governance.rules import Kind, kinds
from layers.governance.tables import matter, matter_step
from layers.sources import Rows, address, at_of
from store.instant import DAY, MINUTE, Instant, format_rfc3339, local_month, now
from store.language import Word

MOST = "1000"


class GovernanceCondition(Condition, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Open matters of a ``kind``: those of months before, or that had no step for so many days."""

    kind: str
    overdue: bool = False
    still_days: int | None = None


def look(connection: Connection, community: str, asked: Sequence[GovernanceCondition], then: Then) -> Looked:
    """How many there are of each. What is sealed, and what a title says, is not told."""
    present = _open(connection, community, asked, then.at)
    earlier = _open(connection, community, asked, then.before)
    found = []
    for one in asked:
        rows = [row for row in present if _is_asked(one, row, then.moment)]
        before = sum(_is_asked(one, row, then.before) for row in earlier)
        since = min((row.since if one.still_days else row.opened for row in rows), default=None)
        found.append(Standing(value=len(rows), before=before, since=since) if rows else None)
    return Looked(standing=found, missing=_missing(connection, community, asked, then))


def _open_states(kind: Kind) -> list[str]:
    return [code for code, state in kind.states.items() if state.open]


def _open(
    connection: Connection, community: str, asked: Sequence[GovernanceCondition], at: Instant | None
) -> Sequence[Row[Any]]:
    wanted = {one.kind for one in asked}
    states = {code for kind in wanted for code in _open_states(kinds()[kind])}
    query = matters.with_state(community, at)
    query = query.where(matter.c.kind.in_(wanted), query.selected_columns.state.in_(states))
    return connection.execute(query).all()


def _is_asked(one: GovernanceCondition, row: Row[Any], moment: Instant) -> bool:
    if row.kind != one.kind or not kinds()[row.kind].states[row.state].open:
        return False
    if one.overdue and (row.month is None or row.month >= local_month(moment)):
        return False
    return one.still_days is None or row.since < _stands_since(one.still_days, moment)


def _stands_since(days: int, moment: Instant) -> Instant:
    """Before when the last step was made of what stands still; by the minute, as the address of its rows says it."""
    return moment // MINUTE * MINUTE - days * DAY


def _missing(
    connection: Connection, community: str, asked: Sequence[GovernanceCondition], then: Then
) -> tuple[Word, ...]:
    """The kinds of which nothing was ever entered."""
    c, step = matter.c, matter_step.c
    found = []
    for kind in dict.fromkeys(one.kind for one in asked):
        begun = (step.matter_id == c.id, step.seq == 1, step.at <= then.moment)
        ever = select(c.id).join(matter_step, begun[0]).where(c.community == community, c.kind == kind, *begun[1:])
        if connection.scalar(ever.limit(1)) is None:
            found.append(Word(kinds()[kind].name, kinds()[kind].name_en))
    return tuple(found)


def rows(community: str, asked: GovernanceCondition, at: Instant | None) -> Rows:
    """The list of these matters."""
    states = _open_states(kinds()[asked.kind])
    moment, when = now() if at is None else at, at_of(at)
    still = None if asked.still_days is None else format_rfc3339(_stands_since(asked.still_days, moment))
    is_late = "true" if asked.overdue else None
    of_api = [("kind", asked.kind), *(("state", code) for code in states), ("overdue", is_late), ("to", still)]
    of_page = [("of", asked.kind), ("state", ",".join(states)), ("late", is_late), ("to", still)]
    return Rows(
        api=address(f"/api/v1/{community}/governance/matters", [*of_api, ("limit", MOST), when]),
        page=address("/governance", [("community", community), *of_page, when]),
    )


CONCERNS = Concerns(condition=GovernanceCondition, look=look, rows=rows)
