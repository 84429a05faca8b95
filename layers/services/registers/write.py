"""Rows written: added, changed, voided. Every write is a version more, with who, when and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from layers.problem import Problem
from layers.roles import may
from layers.services.registers import kept, queries, writer
from layers.services.registers.behind import Row, Value, Writing, behind
from layers.services.registers.keys import key
from layers.services.registers.writer import Writer
from layers.texts import words
from store import audit
from store.instant import Instant, now
from store.language import named, say
from store.seal import SealError

REASON_MOST = 500


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What somebody asks to be written, as it was given.

    ``given`` are values by field, None takes one away; ``reference`` is the asker's own id of a new row; ``seq`` is the
    version that was seen of one that is changed, None where nobody looked.
    """

    given: Mapping[str, Any] = field(default_factory=dict)
    reference: str | None = None
    seq: int | None = None
    state: str | None = None
    reason: str = ""


def add(connection: Connection, by: Writer, asked: Asked) -> tuple[Row, bool]:
    """A new row, and whether it came now: one with the same reference is the same.

    Raises
    ------
    Problem
        422 with every fault of its values, 403, or 409 where a row with this key stands already.
    """
    _check_role(by, by.register.writes)
    if asked.reference is not None:
        known = queries.by_reference(connection, by.seal, by.community, by.register.code, asked.reference)
        if known is not None:
            return known, False
    found = writer.good(connection, by, asked.given, {})
    return add_good(connection, by, found, asked.reference, asked.reason)


def add_good(
    connection: Connection, by: Writer, found: dict[str, Value], reference: str | None, reason: str
) -> tuple[Row, bool]:
    """The same with values that were found good."""
    writing = _writing(by, found, None, reason, now())
    found = found | dict(behind(by.register.behind).completed(connection, writing))
    (row,) = kept.add(connection, by, [(found, reference)], writing.at, writing.reason, by.register.first or None)
    if row is None:
        known = reference and queries.by_reference(connection, by.seal, by.community, by.register.code, reference)
        if known:
            return known, False
        raise known_already(connection, by, found)
    behind(by.register.behind).settle(connection, replace(writing, values=found), row)
    _audited(connection, by, "add", row.id, list(found))
    return row, True


def change(connection: Connection, by: Writer, number: int, asked: Asked) -> Row:
    """A row as somebody changes it; as it was where nothing is otherwise.

    Raises
    ------
    Problem
        404, 403, 422 with every fault, or 409: voided, changed meanwhile, a step that is not permitted, the key taken.
    """
    _check_role(by, by.register.writes)
    before = _standing(connection, by, number, asked.seq)
    found = writer.good(connection, by, asked.given, before.values)
    return change_good(connection, by, before, found, asked.reason, _next_state(by, before, asked.state))


def change_good(
    connection: Connection, by: Writer, before: Row, found: dict[str, Value], reason: str, state: str | None
) -> Row:
    """The same with values that were found good, of a row that nobody else changes meanwhile."""
    if found == dict(before.values) and state == before.state:
        return before
    writing = _writing(by, found, before, reason, max(now(), before.at))
    found = found | dict(behind(by.register.behind).completed(connection, writing))
    _check_key(connection, by, before, found)
    writing = replace(writing, values=found)
    row = kept.version(connection, by, before, writing, state)
    behind(by.register.behind).settle(connection, writing, row)
    changed = [code for code in found | dict(before.values) if found.get(code) != before.values.get(code)]
    _audited(connection, by, "change", before.id, changed, **({"state": state} if state != before.state else {}))
    return row


def change_seen(connection: Connection, by: Writer, seen: Row, found: dict[str, Value]) -> Row:
    """The same of a row as it was seen before; 409 where it was changed since."""
    before = _standing(connection, by, seen.id, seen.seq)
    return change_good(connection, by, before, found, "", before.state)


def void(connection: Connection, by: Writer, number: int, asked: Asked) -> Row:
    """A row that counts no more; it stays to be read, with why.

    Raises
    ------
    Problem
        404, 403, 422 without a reason, 409 where it is void already or was changed meanwhile.
    """
    _check_role(by, by.register.voids)
    if not words(asked.reason):
        raise Problem(422, "bad request", say("reason: 作废要说明理由"))
    before = _standing(connection, by, number, asked.seq)
    writing = _writing(by, before.values, before, asked.reason, max(now(), before.at))
    writing = replace(writing, is_voiding=True)
    row = kept.version(connection, by, before, writing, before.state)
    behind(by.register.behind).settle(connection, writing, row)
    _audited(connection, by, "void", number, [])
    return row


def known_already(connection: Connection, by: Writer, found: Mapping[str, Value]) -> Problem:
    """409 that names the row that has the key."""
    named_by = key(by.register, by.seal, found) or ""
    other = queries.by_key(connection, by.community, by.register.code, named_by)
    fields = say("、").join(named(by.register.field(code)) for code in by.register.key)
    detail = say("{fields}相同的已登记，编号 {other}", fields=fields, other=other)
    return Problem(409, "known already", detail, id=other)


def _check_key(connection: Connection, by: Writer, before: Row, found: Mapping[str, Value]) -> None:
    named_by = key(by.register, by.seal, found)
    if named_by is None or named_by == key(by.register, by.seal, before.values):
        return
    if queries.by_key(connection, by.community, by.register.code, named_by) is not None:
        raise known_already(connection, by, found)


def _standing(connection: Connection, by: Writer, number: int, seq: int | None) -> Row:
    try:
        row = queries.standing(connection, by.seal, by.community, by.register.code, number)
    except SealError as error:
        raise Problem(409, "sealed with another key", f"{number}: {error} (COCKPIT_SEAL_KEY_FILE)") from None
    if row is None:
        raise Problem(404, "not found", f"no row {number} in {by.register.code!r} of {by.community!r}")
    if row.is_voided:
        raise Problem(409, "voided", say("编号 {number} 已作废，不能再改", number=number), seq=row.seq)
    if seq is not None and seq != row.seq:
        what = say("编号 {number} 刚刚被别人改过；请看过再改", number=number)
        raise Problem(409, "changed meanwhile", what, seq=row.seq)
    return row


def _next_state(by: Writer, before: Row, asked: str | None) -> str | None:
    if asked is None or asked == before.state:
        return before.state
    states = by.register.states
    allowed = states[before.state].to if before.state in states else {}
    if asked not in allowed:
        names = say("、").join(named(states[one]) for one in allowed) or say("没有")
        detail = say("此时不能转为「{asked}」；可以：{names}", asked=asked, names=names)
        raise Problem(409, "step not permitted", detail, state=before.state)
    if not may(by.actor.role, allowed[asked]):
        raise Problem(403, "role does not suffice", f"{asked} needs {allowed[asked]}; you are {by.actor.role}")
    return asked


def _check_role(by: Writer, least: str) -> None:
    if not may(by.actor.role, least):
        raise Problem(403, "role does not suffice", f"this needs {least}; you are {by.actor.role}")


def _writing(by: Writer, found: Mapping[str, Value], before: Row | None, reason: str, at: Instant) -> Writing:
    return Writing(
        community=by.community,
        register=by.register.code,
        at=at,
        actor=by.actor,
        values=found,
        before=before,
        is_voiding=False,
        seal=by.seal,
        reason=words(reason)[:REASON_MOST],
    )


def _audited(connection: Connection, by: Writer, action: str, number: int, codes: list[str], **more: Any) -> None:
    if not by.is_audited:
        return
    told = {"community": by.community, "fields": codes, **more}
    audit.record(connection, by.actor.label, f"register.{action}", f"{by.register.code}/{number}", told)
