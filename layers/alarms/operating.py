"""What becomes of open alarms beside their condition: what people do, what ends by time, what is withdrawn."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection, select

from layers.alarms import life
from layers.alarms.occurrences import BY_RULE, Desk, Key, Written, lock
from layers.alarms.rulebook import off_because
from layers.alarms.rules import PRIORITIES
from layers.alarms.tables import alarm
from layers.problem import Problem
from layers.roles import Actor, may
from store import audit
from store.instant import DAY, SECOND, Instant, format_rfc3339

BY_TIME = "time"
AT_ONCE = 2_000
"""Alarms that one request may be about: ingest waits meanwhile."""
LONGEST_SHELVED: Instant = 30 * DAY
"""An alarm that nobody is to hear of for longer is taken out of service instead (ISA-18.2-2016, 5.3.6)."""


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What somebody does with an alarm: an event of life.toml."""

    event: str
    note: str = ""
    until: Instant | None = None


def do(connection: Connection, community: str, ids: Collection[str], deed: Deed, actor: Actor, at: Instant) -> Written:
    """Do something with one alarm or several, all or none, in a transaction that writes.

    Raises
    ------
    Problem
        404 for an alarm that there is not or that is over, 409 for what its state does not permit, 403 for a role
        that does not suffice, 400 for a shelving without an end.
    """
    _check(deed, actor, at)
    lock(connection)
    desk = Desk(connection, at)
    rows = desk.load_ids(community, ids)
    missing = set(ids) - {row["id"] for row in rows}
    if missing:
        raise Problem(404, "not found", f"no open alarm {', '.join(sorted(missing)[:5])} in {community!r}")
    for row in rows:
        before = row["state"]
        if deed.event == "shelve":
            row |= {"shelved_until": deed.until, "reason": deed.note}
        elif deed.event == "take_out":
            row |= {"shelved_until": None, "reason": deed.note}
        if not desk.step(row, deed.event, at, actor.label, deed.note, until=deed.until):
            raise _not_possible(row, deed.event)
        if deed.event == "acknowledge":
            row |= {"acknowledged": at, "acknowledged_by": actor.label}
        elif deed.event in ("unshelve", "put_back"):
            row |= {"shelved_until": None, "reason": None}
        if row["state"] in life.sounding() and before not in life.sounding():
            desk.written.raised.append(row)
    desk.save()
    told = {"community": community, "event": deed.event, "count": len(rows)}
    if deed.until is not None:
        told["until"] = format_rfc3339(deed.until)
    audit.record(connection, actor.label, f"alarm.{deed.event}", rows[0]["id"] if len(rows) == 1 else community, told)
    return desk.written


def ids_of(
    connection: Connection,
    community: str,
    event: str,
    flood: int | None,
    cause: str | None,
    before: Instant | None = None,
) -> list[str]:
    """The open alarms of a flood or a cause with which something can be done; as many as one request may be about.

    Those only that were received ``before`` a time, when they were looked at. Of a flood what is critical is left out:
    it is dealt with singly.
    """
    c = alarm.c
    query = select(c.id, c.state, c.is_active, c.is_latched).where(c.community == community, c.cleared.is_(None))
    if flood is not None:
        query = query.where(c.flood == flood, c.priority != PRIORITIES[0])
    if before is not None:
        query = query.where(c.received <= before)
    if cause is not None:
        query = query.where(c.cause == cause)
    rows = connection.execute(query.order_by(c.id))
    possible = (
        row.id
        for row in rows
        if life.after(event, row.state, is_active=row.is_active, is_latched=row.is_latched) is not None
    )
    return list(islice(possible, AT_ONCE))


def withdraw(connection: Connection, keys: Collection[Key], at: Instant) -> Written:
    """End occurrences whose rule or subject is no more; after `lock`."""
    desk = Desk(connection, at)
    if keys:
        desk.load_keys(keys)
        for key in keys:
            row = desk.of(key)
            if row is not None:
                row |= {"is_active": False, "returned": row["returned"] or at}
                desk.step(row, "withdraw", at, BY_RULE, off_because(connection, *key[:2]))
                desk.release(row, at)
        desk.save()
    return desk.written


def expire(connection: Connection, at: Instant) -> Written:
    """End shelvings whose time is over; after `lock`."""
    desk = Desk(connection, at)
    for row in desk.load_where(alarm.c.shelved_until <= at):
        row |= {"shelved_until": None, "reason": None}
        desk.step(row, "expire", at, BY_TIME)
        if row["state"] in life.sounding():
            desk.written.raised.append(row)
    desk.save()
    return desk.written


def _check(deed: Deed, actor: Actor, at: Instant) -> None:
    least = life.life().events[deed.event].role
    if least is None or not may(actor.role, least):
        raise Problem(403, "role does not suffice", f"{deed.event} needs {least or 'nobody'}; you are {actor.role}")
    if deed.event == "shelve":
        if deed.until is None or not at + SECOND <= deed.until <= at + LONGEST_SHELVED:
            raise Problem(400, "bad request", f"until: a time within the next {LONGEST_SHELVED // DAY} days")
        if not deed.note.strip():
            raise Problem(400, "bad request", "reason: a shelving says why")
    if deed.event == "take_out" and not deed.note.strip():
        raise Problem(400, "bad request", "reason: who takes an alarm out of service says why")


def _not_possible(row: dict[str, object], event: str) -> Problem:
    state = str(row["state"])
    known = life.possible(state, is_active=bool(row["is_active"]), is_latched=bool(row["is_latched"]))
    detail = f"{row['id']} is {state}: possible are {', '.join(known) or 'nothing'}; not {event}"
    return Problem(409, "step not permitted", detail, state=state)
