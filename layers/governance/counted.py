"""What can be counted of governance: matters by kind, the council's meetings and members, partners and their deeds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Table, func, select

from geo import stewards
from geo.ground import places
from geo.tables import grid_steward
from layers.governance import matters
from layers.governance.rules import kinds
from layers.governance.tables import council_meeting, council_member, matter, partner, partner_deed
from layers.sources import Counted, Formula, Rows, Source, Span, address, at_of
from store.demonstration import brought, brought_of
from store.instant import Instant, format_rfc3339, now
from store.language import say

Of = Literal["open", "good", "meetings", "members", "partners", "deeds", "served", "grids"]
OF_MATTERS = ("open", "good")
"""Those that need a kind of matter: how many are open, how many ended well."""


class GovernanceFormula(Formula, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is counted: matters of a ``kind_of_matter`` that are open or ended well, meetings that were held, members
    of the council, partners, their deeds, people whom these served, or grids with a steward."""

    of: Of
    kind_of_matter: str = ""


def fault(_community: str, formula: GovernanceFormula) -> str | None:
    """Why this cannot be counted; None where it can."""
    if (formula.of in OF_MATTERS) != (formula.kind_of_matter in kinds()):
        return say("共治事项没有「{kind}」这一类", kind=formula.kind_of_matter)
    return None


def count(
    connection: Connection, community: str, formula: GovernanceFormula, spans: Sequence[Span | None], at: Instant | None
) -> list[Counted]:
    """The figure of each span, or as it stands."""
    moment = now() if at is None else at
    if formula.of in OF_MATTERS:
        return _matters(connection, community, formula, spans, at, moment)
    counted = COUNTED[formula.of]
    is_invented = what_is_invented(connection, community, spans[-1], moment, [formula.of])[formula.of]
    return [
        Counted(
            value=None if found is None else float(found),
            people=found if is_of_people(community, formula) else None,
            as_of=moment,
            is_invented=is_invented,
        )
        for found in (counted(connection, community, span, moment) for span in spans)
    ]


def _matters(
    connection: Connection,
    community: str,
    formula: GovernanceFormula,
    spans: Sequence[Span | None],
    at: Instant | None,
    moment: Instant,
) -> list[Counted]:
    """Of each matter what its newest step says: one that ended well counts in the span of that step."""
    kind = kinds()[formula.kind_of_matter]
    every = [row for row in connection.execute(matters.with_state(community, at)) if row.kind == formula.kind_of_matter]
    if not every:
        return [Counted(value=None) for _ in spans]
    wanted = set(kind.good) if formula.of == "good" else {code for code, state in kind.states.items() if state.open}
    chosen = [row for row in every if row.state in wanted]
    counted = []
    for span in spans:
        found = [row for row in chosen if span is None or span.since <= row.since < span.until]
        areas = [row.area for row in found if row.area is not None]
        people = len(found) if kind.sealed else None
        parts = {area: float(areas.count(area)) for area in set(areas)}
        counted.append(Counted(value=float(len(found)), areas=parts, people=people, as_of=moment))
        last = [row.id for row in found]
    is_invented = bool(brought_of(connection, matter, last))
    return [*counted[:-1], replace(counted[-1], is_invented=is_invented)]


def _since_until(span: Span | None, moment: Instant) -> tuple[Instant, Instant]:
    return (0, moment) if span is None else (span.since, min(span.until - 1, moment))


def _meetings(connection: Connection, community: str, span: Span | None, moment: Instant) -> int | None:
    c = council_meeting.c
    of = (c.community == community, c.held.between(*_since_until(span, moment)))
    if connection.scalar(select(c.id).where(c.community == community, c.held <= moment).limit(1)) is None:
        return None
    return connection.scalar(select(func.count()).select_from(council_meeting).where(*of))


def _there(table: Any) -> Callable[[Connection, str, Span | None, Instant], int | None]:
    def counted(connection: Connection, community: str, span: Span | None, moment: Instant) -> int | None:
        then = moment if span is None else min(span.until - 1, moment)
        c = table.c
        ever = select(c.id).where(c.community == community, c.since <= moment).limit(1)
        if connection.scalar(ever) is None:
            return None
        is_there = (c.community == community, c.since <= then, c.until.is_(None) | (c.until > then))
        return connection.scalar(select(func.count()).select_from(table).where(*is_there))

    return counted


def _deeds(figure: Any) -> Callable[[Connection, str, Span | None, Instant], int | None]:
    def counted(connection: Connection, community: str, span: Span | None, moment: Instant) -> int | None:
        joined = select(figure).join(partner, partner.c.id == partner_deed.c.partner_id)
        mine = joined.where(partner.c.community == community, partner.c.since <= moment)
        found = mine.where(partner_deed.c.done.between(*_since_until(span, moment)))
        ever = select(partner.c.id).where(partner.c.community == community, partner.c.since <= moment).limit(1)
        return None if connection.scalar(ever) is None else connection.scalar(found)

    return counted


def _grids(connection: Connection, community: str, span: Span | None, moment: Instant) -> int | None:
    known = {one.code for one in places(community, "grids")}
    then = moment if span is None else min(span.until - 1, moment)
    return len(known & set(stewards.of_grids(connection, community, then))) if known else None


def what_is_invented(
    connection: Connection, community: str, span: Span | None, moment: Instant, asked: Iterable[str]
) -> dict[str, bool]:
    """Whether some of it is invented, of each that is ``asked``: meetings, members, partners, deeds, served, grids."""
    since, until = _since_until(span, moment)
    ours = select(partner.c.id).where(partner.c.community == community)
    deeds = (partner_deed, partner_deed.c.partner_id.in_(ours), partner_deed.c.done.between(since, until))
    records: Mapping[str, tuple[Table, *tuple[ColumnElement[bool], ...]]] = {
        "meetings": (
            council_meeting,
            council_meeting.c.community == community,
            council_meeting.c.held.between(since, until),
        ),
        "members": (council_member, council_member.c.community == community),
        "partners": (partner, partner.c.community == community),
        "deeds": deeds,
        "served": deeds,
        "grids": (grid_steward, grid_steward.c.community == community),
    }
    return {one: brought(connection, *records[one]) for one in asked}


COUNTED: Mapping[str, Callable[[Connection, str, Span | None, Instant], int | None]] = {
    "meetings": _meetings,
    "members": _there(council_member),
    "partners": _there(partner),
    "deeds": _deeds(func.count(partner_deed.c.id)),
    "served": _deeds(func.coalesce(func.sum(partner_deed.c.people), 0)),
    "grids": _grids,
}
LISTED = {
    "meetings": "governance/council",
    "members": "governance/council",
    "partners": "governance/partners",
    "deeds": "governance/partners?ended=true",
    "served": "governance/partners?ended=true",
    "grids": "stewards",
}


def is_of_people(_community: str, formula: GovernanceFormula) -> bool:
    """Whether people are counted: those in a quarrel, and those whom a partner served."""
    return formula.of == "served" or (formula.of in OF_MATTERS and kinds()[formula.kind_of_matter].sealed)


def rows(community: str, formula: GovernanceFormula, span: Span | None, at: Instant | None) -> Rows:
    """The list of matters in the states that count, the council, the partners, or the roster of stewards."""
    when = at_of(at)
    times = [] if span is None else [("from", format_rfc3339(span.since)), ("to", format_rfc3339(span.until))]
    base = f"/api/v1/{community}"
    if formula.of not in OF_MATTERS:
        page = address("/governance", [("community", community), ("of", formula.of), *times, when])
        return Rows(api=f"{base}/{LISTED[formula.of]}", page=page)
    kind = kinds()[formula.kind_of_matter]
    wanted = kind.good if formula.of == "good" else [code for code, state in kind.states.items() if state.open]
    asked = [("kind", formula.kind_of_matter), *(("state", code) for code in wanted), *times]
    shown = [("community", community), ("of", formula.kind_of_matter), ("state", ",".join(wanted)), *times, when]
    return Rows(
        api=address(f"{base}/governance/matters", [*asked, ("limit", "1000"), when]),
        page=address("/governance", shown),
    )


SOURCE = Source(
    name="共治台账",
    name_en="Governance",
    formula=GovernanceFormula,
    fault=fault,
    count=count,
    rows=rows,
    has_areas=lambda _community, formula: formula.of in OF_MATTERS,
    is_of_people=is_of_people,
)
