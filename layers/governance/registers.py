"""The council with its meetings, and the ledger of partners."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, insert, select, update

from layers.governance.rules import bodies, fields
from layers.governance.tables import (
    council_attendance,
    council_meeting,
    council_member,
    partner,
    partner_deed,
)
from layers.problem import Problem
from layers.roles import Actor
from layers.texts import words
from store import audit
from store.instant import SHANGHAI, Instant, format_rfc3339, now, to_datetime
from store.language import Word, in_all, say


def add_member(
    connection: Connection, community: str, body: str, name: str, actor: Actor, since: Instant | None = None
) -> int:
    """A new member of the council: a unit or an office, of one of its bodies; ``since`` when, None for now.

    Raises
    ------
    Problem
        400 for an unknown body, a name that cannot be shown, or a time to come.
    """
    _check("body", body, bodies())
    at = now()
    if since is not None and since > at:
        raise Problem(400, "bad request", say("since: 加入时间不能晚于现在"))
    row = {"community": community, "body": body, "name": _named(name), "since": at if since is None else since}
    return _added(connection, council_member, row, actor, "council.member.add")


def add_partner(connection: Connection, community: str, field: str, name: str, actor: Actor) -> int:
    """A new partner in the ledger."""
    _check("field", field, fields())
    row = {"community": community, "field": field, "name": _named(name), "since": now()}
    return _added(connection, partner, row, actor, "partner.add")


def end(connection: Connection, table: Table, community: str, number: int, actor: Actor) -> None:
    """Let a member or a partner be one no more; what was stays in the register.

    Raises
    ------
    Problem
        404 where there is none.
    """
    mine = (table.c.id == number) & (table.c.community == community) & table.c.until.is_(None)
    if not connection.execute(update(table).where(mine).values(until=now())).rowcount:
        raise Problem(404, "not found", f"no {table.name.replace('_', ' ')} {number} in {community!r}")
    audit.record(connection, actor.label, f"{table.name}.end", str(number), {"community": community})


def hold(
    connection: Connection, community: str, held: Instant, subject: str, present: Sequence[int], actor: Actor
) -> int:
    """Write down a meeting: who was a member when it was held was invited, those in ``present`` came.

    Raises
    ------
    Problem
        400 where somebody was no member then, or the meeting is yet to come.
    """
    if held > now():
        raise Problem(400, "bad request", say("held: 会议开过以后才登记"))
    invited = set(connection.scalars(select(council_member.c.id).where(*_members_at(community, held))))
    strangers = sorted(set(present) - invited)
    if strangers:
        raise Problem(400, "bad request", f"present: {_why_not_invited(connection, community, strangers[0], held)}")
    row = {"community": community, "held": held, "subject": _named(subject), "actor": actor.label}
    number = _added(connection, council_meeting, row, actor, "council.meeting")
    rows = [{"meeting_id": number, "member_id": one, "present": one in set(present)} for one in sorted(invited)]
    if rows:
        connection.execute(insert(council_attendance), rows)
    return number


def add_deed(
    connection: Connection, community: str, number: int, done: Instant, what: str, people: int | None, actor: Actor
) -> int:
    """Write down what a partner did, when, and how many people it was for.

    Raises
    ------
    Problem
        404 where there is no such partner, 400 where it is yet to be done.
    """
    if done > now():
        raise Problem(400, "bad request", say("done: 做过以后才登记"))
    mine = (partner.c.id == number) & (partner.c.community == community) & partner.c.until.is_(None)
    if connection.scalar(select(partner.c.id).where(mine)) is None:
        raise Problem(404, "not found", f"no partner {number} in {community!r}")
    row = {"partner_id": number, "done": done, "what": _named(what), "people": people}
    return _added(connection, partner_deed, row, actor, "partner.deed")


def _members_at(community: str, at: Instant) -> list[ColumnElement[bool]]:
    columns = council_member.c
    is_still = columns.until.is_(None) | (columns.until > at)
    return [columns.community == community, columns.since <= at, is_still]


def _why_not_invited(connection: Connection, community: str, number: int, held: Instant) -> str:
    of_this = (council_member.c.id == number) & (council_member.c.community == community)
    row = connection.execute(select(council_member).where(of_this)).one_or_none()
    if row is None:
        return say("没有编号为 {number} 的成员", number=number)
    what = say("加入") if row.since > held else say("退出")
    day = to_datetime(row.since if row.since > held else row.until).astimezone(SHANGHAI)
    return say("「{name}」在会议时不是成员（{day} {what}）", name=row.name, day=f"{day:%Y-%m-%d %H:%M}", what=what)


def members(connection: Connection, community: str, at: Instant | None = None) -> list[dict[str, Any]]:
    """Who is a member, or was at a time, by body, with how many meetings each was invited to and came to."""
    attendance = (
        select(
            council_attendance.c.member_id,
            func.count().label("invited"),
            func.count().filter(council_attendance.c.present).label("came"),
        )
        .group_by(council_attendance.c.member_id)
        .subquery()
    )
    query = (
        select(council_member, attendance.c.invited, attendance.c.came)
        .outerjoin(attendance, attendance.c.member_id == council_member.c.id)
        .where(*_members_at(community, now() if at is None else at))
        .order_by(council_member.c.body, council_member.c.id)
    )
    return [
        {
            "id": row.id,
            "body": row.body,
            **in_all("body_name", bodies().get(row.body) or Word(row.body, row.body)),
            "name": row.name,
            "invited": row.invited or 0,
            "came": row.came or 0,
        }
        for row in connection.execute(query)
    ]


def meetings(connection: Connection, community: str, limit: int) -> list[dict[str, Any]]:
    """Meetings, newest first, with how many were invited and came."""
    query = (
        select(
            council_meeting,
            func.count(council_attendance.c.member_id).label("invited"),
            func.count().filter(council_attendance.c.present).label("came"),
        )
        .outerjoin(council_attendance, council_attendance.c.meeting_id == council_meeting.c.id)
        .where(council_meeting.c.community == community)
        .group_by(council_meeting.c.id)
        .order_by(council_meeting.c.held.desc())
        .limit(limit)
    )
    return [
        {
            "id": row.id,
            "held": format_rfc3339(row.held),
            "subject": row.subject,
            "invited": row.invited,
            "came": row.came,
        }
        for row in connection.execute(query)
    ]


def partners(connection: Connection, community: str, *, with_ended: bool = False) -> list[dict[str, Any]]:
    """Present partners, or all that ever were, by field, with their deeds, newest first."""
    query = select(partner).where(partner.c.community == community)
    if not with_ended:
        query = query.where(partner.c.until.is_(None))
    rows = connection.execute(query.order_by(partner.c.field, partner.c.id)).all()
    deeds: dict[int, list[dict[str, Any]]] = {row.id: [] for row in rows}
    done = select(partner_deed).where(partner_deed.c.partner_id.in_(list(deeds))).order_by(partner_deed.c.done.desc())
    for row in connection.execute(done):
        deeds[row.partner_id].append({"done": format_rfc3339(row.done), "what": row.what, "people": row.people})
    return [
        {
            "id": row.id,
            "name": row.name,
            "field": row.field,
            **in_all("field_name", fields().get(row.field) or Word(row.field, row.field)),
            "deeds": deeds[row.id],
        }
        for row in rows
    ]


def same_member(connection: Connection, community: str, body: str, name: str) -> int | None:
    """The member that is in the register already."""
    columns = council_member.c
    same = (columns.community == community) & (columns.body == body) & (columns.name == name.strip())
    return connection.scalar(select(columns.id).where(same, columns.until.is_(None)))


def same_partner(connection: Connection, community: str, field: str, name: str) -> int | None:
    """The partner that is in the ledger already."""
    columns = partner.c
    same = (columns.community == community) & (columns.field == field) & (columns.name == name.strip())
    return connection.scalar(select(columns.id).where(same, columns.until.is_(None)))


def same_meeting(
    connection: Connection, community: str, held: Instant, subject: str, present: Sequence[int]
) -> int | None:
    """The meeting that is written down already.

    Raises
    ------
    Problem
        409 where others came to it.
    """
    columns = council_meeting.c
    same = (columns.community == community) & (columns.held == held) & (columns.subject == subject.strip())
    number: int | None = connection.scalar(select(columns.id).where(same))
    if number is None:
        return None
    came = select(council_attendance.c.member_id).where(
        council_attendance.c.meeting_id == number, council_attendance.c.present
    )
    if set(connection.scalars(came)) != set(present):
        raise Problem(409, "known already", say("此会议已登记，到会名单不同"), id=number)
    return number


def same_deed(
    connection: Connection, community: str, number: int, done: Instant, what: str, people: int | None
) -> int | None:
    """The deed of a partner that is written down already."""
    columns = partner_deed.c
    same = (columns.partner_id == number) & (columns.done == done) & (columns.what == what.strip())
    of_community = (partner.c.id == columns.partner_id) & (partner.c.community == community)
    query = select(columns.id).join(partner, of_community)
    return connection.scalar(query.where(same, columns.people.is_not_distinct_from(people)))


def _check(name: str, given: str, known: Mapping[str, Any]) -> None:
    if given not in known:
        raise Problem(400, "bad request", f"{name} {given!r} is not one of {', '.join(known)}")


def _named(text: str) -> str:
    if not words(text) or not text.isprintable():
        raise Problem(400, "bad request", f"{text!r} cannot be shown")
    return text.strip()


def _added(connection: Connection, table: Table, row: dict[str, Any], actor: Actor, action: str) -> int:
    (number,) = connection.execute(insert(table).values(row)).inserted_primary_key or (0,)
    audit.record(connection, actor.label, action, str(number), {"community": row.get("community")})
    return int(number)
