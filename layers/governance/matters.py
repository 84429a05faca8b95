"""Matters: opened, taken step by step, listed. Steps are only ever added; the newest is the state."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, FromClause, Row, Select, func, insert, select
from sqlalchemy.exc import IntegrityError

from geo.ground import place
from layers.governance.rules import Kind, kinds, topics
from layers.governance.tables import matter, matter_present, matter_step
from layers.problem import Problem
from layers.roles import Actor, may
from layers.texts import one_line, words
from store import audit
from store.instant import Instant, format_rfc3339, local_month, now
from store.language import in_all, named, say
from store.seal import Seal, SealError


@dataclass(frozen=True, kw_only=True)
class Opening:
    """A matter that is to be opened. ``parties`` and ``account`` name people: of mediations only, and sealed."""

    kind: str
    topic: str | None = None
    title: str | None = None
    area: str | None = None
    parties: str = ""
    account: str = ""
    reference: str | None = None
    """The opener's own id: the same from the same account is the same matter."""


def known(connection: Connection, community: str, asked: Opening, actor: Actor) -> str | None:
    """The id of the matter that was opened already: by the same id, or of the same title where it is still new."""
    if asked.reference is not None:
        return connection.scalar(select(matter.c.id).where(matter.c.id == _number(community, asked, actor)))
    if asked.title is None or asked.kind not in kinds():
        return None
    rows = with_state(community).where(matter.c.kind == asked.kind, matter.c.title == one_line(asked.title))
    first = kinds()[asked.kind].first
    same = (row.id for row in connection.execute(rows) if row.state == first and row.area == asked.area)
    return next(same, None)


def _number(community: str, asked: Opening, actor: Actor) -> str:
    if asked.reference is None:
        return secrets.token_hex(6)
    said = json.dumps([community, actor.label, asked.kind, asked.reference])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def open_matter(connection: Connection, seal: Seal, community: str, asked: Opening, actor: Actor) -> str:
    """Open a matter; returns its id.

    Raises
    ------
    Problem
        400 for what will not do, 403 for a role that does not suffice.
    """
    kind = kind_of(asked.kind)
    if not may(actor.role, kind.role):
        raise Problem(403, "role does not suffice", f"{asked.kind} needs {kind.role}; you are {actor.role}")
    _check(community, asked, kind)
    at = now()
    number = _number(community, asked, actor)
    content = {"parties": words(asked.parties), "account": words(asked.account)}
    row = {
        "id": number,
        "community": community,
        "kind": asked.kind,
        "topic": asked.topic,
        "title": None if asked.title is None else one_line(asked.title),
        "area": asked.area,
        "month": local_month(at) if asked.kind == "hard" else None,
        "sealed": seal.seal(json.dumps(content, ensure_ascii=False)) if kind.sealed else None,
    }
    connection.execute(insert(matter).values(row))
    _add(connection, number, 1, kind.first, at, actor, "", None)
    audit.record(connection, actor.label, "matter.open", number, {"kind": asked.kind, "community": community})
    return number


def advance(
    connection: Connection, seal: Seal, community: str, number: str, to: str, note: str, seen: int | None, actor: Actor
) -> None:
    """Take a matter a step further; ``seen`` is the number of the newest step that was seen.

    Raises
    ------
    Problem
        404, 403, or 409 for a step that is not permitted or where somebody was quicker.
    """
    row = one(connection, community, number)
    kind = kinds()[row.kind]
    if seen is not None and seen != row.seq:
        raise _overtaken(kind, row)
    permitted = kind.states[row.state].to
    if to not in permitted:
        what = f"from {row.state} the next may be: {', '.join(permitted) or 'nothing'}; not {to}"
        raise Problem(409, "step not permitted", what, state=row.state)
    if not may(actor.role, permitted[to]):
        raise Problem(403, "role does not suffice", f"{to} needs {permitted[to]}; you are {actor.role}")
    note = words(note)
    sealed = seal.seal(note) if kind.sealed and note else None
    try:
        with connection.begin_nested():
            _add(connection, number, row.seq + 1, to, max(now(), row.since), actor, "" if kind.sealed else note, sealed)
    except IntegrityError:
        raise _overtaken(kind, one(connection, community, number)) from None
    audit.record(connection, actor.label, "matter.step", number, {"to": to, "from": row.state})


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which matters of a kind: in which states, of any where none is named, since when they stand in them, and
    of which months: those before one (``2026-11``).
    """

    states: Sequence[str] = ()
    since: Instant | None = None
    until: Instant | None = None
    before_month: str | None = None


ALL = Wanted()


def listed(
    connection: Connection, community: str, code: str, limit: int, wanted: Wanted = ALL, at: Instant | None = None
) -> list[dict[str, Any]]:
    """Matters of a kind, what is open first, then the newest; never what is sealed."""
    kind = kinds()[code]
    query = with_state(community, at).where(matter.c.kind == code)
    columns = query.selected_columns
    if wanted.states:
        query = query.where(columns.state.in_(wanted.states))
    if wanted.since is not None:
        query = query.where(columns.since >= wanted.since)
    if wanted.until is not None:
        query = query.where(columns.since < wanted.until)
    if wanted.before_month is not None:
        query = query.where(matter.c.month < wanted.before_month)
    rows = sorted(connection.execute(query).all(), key=lambda row: (not kind.states[row.state].open, -row.opened))
    return [told(row) for row in rows[:limit]]


def told(row: Row[Any]) -> dict[str, Any]:
    """A matter as the API tells of it."""
    state = kinds()[row.kind].states[row.state]
    return {
        "id": row.id,
        "kind": row.kind,
        "topic": row.topic,
        **in_all("topic_name", topics().get(row.topic or "")),
        "title": row.title,
        "area": row.area,
        "month": row.month,
        "opened": format_rfc3339(row.opened),
        "state": row.state,
        **in_all("state_name", state),
        "since": format_rfc3339(row.since),
        "seq": row.seq,
        **{
            f"next{mark}": {to: getattr(kinds()[row.kind].states[to], f"verb{mark}") for to in state.to}
            for mark in ("", "_en")
        },
    }


def steps(connection: Connection, number: str) -> list[dict[str, Any]]:
    """Every step of a matter, oldest first, with what of its note is not sealed."""
    query = select(matter_step).where(matter_step.c.matter_id == number).order_by(matter_step.c.seq)
    return [
        {"seq": row.seq, "to": row.state, "at": format_rfc3339(row.at), "note": row.note}
        for row in connection.execute(query)
    ]


def unsealed(connection: Connection, seal: Seal, community: str, number: str, actor: Actor) -> dict[str, Any]:
    """What of a matter is sealed: parties, account, notes; told in the audit trail who read it.

    Raises
    ------
    Problem
        404 where there is none or nothing is sealed, 500 is never: 409 where the key does not fit.
    """
    row = one(connection, community, number)
    if row.sealed is None:
        raise Problem(404, "not found", f"nothing of {number!r} is sealed")
    audit.record(connection, actor.label, "matter.unseal", number, {"community": community})
    query = select(matter_step.c.seq, matter_step.c.sealed).where(
        matter_step.c.matter_id == number, matter_step.c.sealed.is_not(None)
    )
    try:
        content: dict[str, Any] = json.loads(seal.open(row.sealed))
        notes = {step.seq: seal.open(step.sealed) for step in connection.execute(query.order_by(matter_step.c.seq))}
    except SealError as error:
        raise Problem(409, "sealed with another key", f"{number}: {error} (COCKPIT_SEAL_KEY_FILE)") from None
    return content | {"notes": notes}


def one(connection: Connection, community: str, number: str) -> Row[Any]:
    """A matter with its state; 404 where there is none."""
    row = connection.execute(with_state(community).where(matter.c.id == number)).one_or_none()
    if row is None:
        raise Problem(404, "not found", f"no matter {number!r} in {community!r}")
    return row


def with_state(community: str, at: Instant | None = None) -> Select[Any]:
    """Select matters with when they were opened, their state, since when, and its number; as of ``at``."""
    last: FromClause = matter_present.alias("last")
    begun = matter_step.alias("begun")
    is_last = last.c.matter_id == matter.c.id
    if at is not None:
        last = matter_step.alias("last")
        steps = matter_step.c
        newest = select(func.max(steps.seq)).where(steps.matter_id == matter.c.id, steps.at <= at).scalar_subquery()
        is_last = (last.c.matter_id == matter.c.id) & (last.c.seq == newest)
    return (
        select(matter, last.c.state, last.c.seq, last.c.at.label("since"), begun.c.at.label("opened"))
        .select_from(matter)
        .join(last, is_last)
        .join(begun, (begun.c.matter_id == matter.c.id) & (begun.c.seq == 1))
        .where(matter.c.community == community)
    )


def kind_of(code: str) -> Kind:
    """A kind of matter; 400 where there is none."""
    if code not in kinds():
        raise Problem(400, "bad request", f"kind {code!r} is not one of {', '.join(kinds())}")
    return kinds()[code]


def _check(community: str, asked: Opening, kind: Kind) -> None:
    if kind.sealed:
        if asked.topic not in topics():
            raise Problem(400, "bad request", f"topic {asked.topic!r} is not one of {', '.join(topics())}")
        if asked.title:
            raise Problem(400, "bad request", "title: a mediation has a topic only; the rest goes in parties, account")
    elif not one_line(asked.title or ""):
        raise Problem(400, "bad request", "title: what it is about")
    elif asked.parties or asked.account:
        raise Problem(400, "bad request", f"parties, account: {asked.kind} keeps none")
    if asked.area is not None and place(community, "areas", asked.area) is None:
        raise Problem(400, "bad request", f"area: no area {asked.area!r} in {community!r}")


def _overtaken(kind: Kind, row: Row[Any]) -> Problem:
    what = say("此事项刚刚已转为「{name}」；请看过再定", name=named(kind.states[row.state]))
    return Problem(409, "changed meanwhile", what, state=row.state, seq=row.seq)


def _add(
    connection: Connection,
    number: str,
    seq: int,
    state: str,
    at: Instant,
    actor: Actor,
    note: str,
    sealed: bytes | None,
) -> None:
    row = {"matter_id": number, "seq": seq, "state": state, "at": at, "actor": actor.label, "note": note}
    connection.execute(insert(matter_step).values(row | {"sealed": sealed}))
