"""The duty roster: who answers for alarms, from when to when."""

from typing import Any

from sqlalchemy import Connection, insert, select, update

from layers.alarms.tables import duty
from layers.problem import Problem
from layers.roles import Actor
from store import audit
from store.instant import DAY, Instant, now

LONGEST: Instant = 31 * DAY


def on_duty(connection: Connection, community: str, at: Instant) -> list[str]:
    """Who is on duty at a time, in the order of names."""
    c = duty.c
    query = select(c.person).where(c.community == community, c.begins <= at, c.ends > at, _stands(at))
    return sorted(set(connection.scalars(query)))


def listed(connection: Connection, community: str, since: Instant, until: Instant, at: Instant) -> list[Any]:
    """The roster of a period, as it stood at a time, the first to begin first."""
    c = duty.c
    query = select(duty).where(c.community == community, c.ends > since, c.begins < until, c.at <= at, _stands(at))
    return list(connection.execute(query.order_by(c.begins, c.id)))


def add(connection: Connection, community: str, person: str, begins: Instant, ends: Instant, actor: Actor) -> int:
    """Put somebody on the roster; returns the number of the row.

    Raises
    ------
    Problem
        400 for a time that ends before it begins, or is longer than a month.
    """
    if not begins < ends <= begins + LONGEST:
        raise Problem(400, "bad request", f"from, to: it ends after it begins, and within {LONGEST // DAY} days")
    row = {"community": community, "person": person, "begins": begins, "ends": ends}
    adding = insert(duty).values(**row, actor=actor.label, at=now()).returning(duty.c.id)
    number = int(connection.execute(adding).scalar_one())
    audit.record(connection, actor.label, "duty.add", person, {"community": community, "id": number})
    return number


def remove(connection: Connection, community: str, number: int, actor: Actor) -> None:
    """Take a row off the roster; what it was stays known.

    Raises
    ------
    Problem
        404 where there is none.
    """
    c = duty.c
    taken = update(duty).where(c.id == number, c.community == community, c.removed.is_(None))
    if connection.execute(taken.values(removed=now(), removed_by=actor.label)).rowcount != 1:
        raise Problem(404, "not found", f"no duty {number} in {community!r}")
    audit.record(connection, actor.label, "duty.remove", str(number), {"community": community})


def _stands(at: Instant) -> Any:
    return duty.c.removed.is_(None) | (duty.c.removed > at)
