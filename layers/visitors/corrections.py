"""What a person decides: whether a step counts, and how many are inside; recorded with who, why and when.

A decision stands with its step, whatever is counted anew around it, and is undone by another one.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, insert, select

from layers.problem import Problem
from layers.roles import Actor
from layers.visitors import band, steps, sums
from layers.visitors.capacity import state
from layers.visitors.counter import Trust
from layers.visitors.inside import inside
from layers.visitors.passed import DOUBTFUL
from layers.visitors.steps import ACCEPTED, TAKEN_OUT, Change
from layers.visitors.tables import gate_decision, gate_step, site_count, site_walk
from store import audit, revision
from store.instant import Instant, format_rfc3339, now

OPEN = "open"
"""The decision that leaves a step to the model again."""
DECISIONS = (ACCEPTED, TAKEN_OUT, OPEN)


def listed(connection: Connection, community: str, site: str, is_open: bool, limit: int) -> list[dict[str, Any]]:
    """Steps that are doubtful, suspect or decided over, newest first; only those that await a decision where asked."""
    c = gate_step.c
    query = select(gate_step).where(c.community == community, c.site == site, DOUBTFUL)
    if is_open:
        query = query.where(c.trust == int(Trust.SUSPECT), c.decision.is_(None))
    found = connection.execute(query.order_by(c.ts.desc(), c.device_id, c.counter).limit(limit)).all()
    decided = _decided(connection, [row for row in found if row.decision is not None])
    return [_told(row, decided.get((row.device_id, row.counter, row.ts))) for row in found]


def decide(
    connection: Connection,
    community: str,
    site: str,
    key: tuple[str, str, Instant],
    decision: str,
    reason: str,
    by: Actor,
) -> dict[str, Any]:
    """Let a step count, take it out, or leave it to the model again; answers it as it now stands.

    Raises
    ------
    Problem
        404 if the site has no such step.
    """
    steps.alone(connection, {community})
    device, counter, ts = key
    c = gate_step.c
    query = select(gate_step).where(c.device_id == device, c.counter == counter, c.ts == ts)
    found = connection.execute(query.where(c.community == community, c.site == site)).one_or_none()
    if found is None:
        where = f"{counter!r} of {device!r} at {format_rfc3339(ts)}"
        raise Problem(404, "not found", f"no step of {where} at site {site!r}")
    before = steps.row_of(found)
    after = before.decided(None if decision == OPEN else decision)
    steps.keep(connection, [after])
    sums.add(connection, [Change(before, after)])
    state.follow_by_hand(connection, community, site, now())
    row = {"device_id": device, "counter": counter, "ts": ts, "decision": decision, "reason": reason}
    row |= {"community": community, "site": site, "actor": by.label, "at": now()}
    connection.execute(insert(gate_decision).values(row))
    told = {"site": site, "people": after.people, "decision": decision, "reason": reason}
    audit.record(connection, by.label, "visitors.step", f"{device}/{counter}/{format_rfc3339(ts)}", told)
    again = connection.execute(query).one()
    return _told(again, _decided(connection, [again])[device, counter, ts])


def set_inside(connection: Connection, community: str, site: str, people: int, note: str, by: Actor) -> dict[str, Any]:
    """Record how many people somebody counted inside; from now on the gates' steps go on from there.

    What the gates had said is kept beside it: ``off`` is by how many they said too many.
    """
    steps.alone(connection, {community})
    revision.bump(connection, sums.REVISION)
    at = now()
    row = {"community": community, "site": site, "at": at, "inside": people, "note": note, "actor": by.label}
    row |= _said_by_gates(connection, community, site, at)
    kept = connection.execute(insert(site_count).values(row).returning(site_count)).one()
    state.follow_by_hand(connection, community, site, at)
    told = {"inside": people, "note": note, "gates": row["gates"]}
    audit.record(connection, by.label, "visitors.count", f"{community}/{site}", told)
    return {"site": site} | _counted(kept)


def _said_by_gates(connection: Connection, community: str, site: str, at: Instant) -> dict[str, int | None]:
    c = site_walk.c
    if not connection.scalar(select(exists().where(c.community == community, c.site == site))):
        return {"gates": None, "low": None, "high": None}
    walked = inside(connection, community, site, at, None)
    around = band.now_or_then(connection, community, site, walked, at, None)
    return {"gates": round(walked.people), "low": around.low, "high": around.high}


def counts(connection: Connection, community: str, site: str, limit: int) -> list[dict[str, Any]]:
    """How many people somebody counted inside, newest first, and how far off the gates were."""
    c = site_count.c
    query = select(site_count).where(c.community == community, c.site == site).order_by(c.at.desc(), c.id.desc())
    return [_counted(row) for row in connection.execute(query.limit(limit))]


def _counted(row: Row[Any]) -> dict[str, Any]:
    told = {"inside": row.inside, "note": row.note, "by": row.actor, "at": format_rfc3339(row.at)}
    off = None if row.gates is None else row.gates - row.inside
    return told | {"gates": row.gates, "low": row.low, "high": row.high, "off": off}


def _decided(connection: Connection, rows: Sequence[Row[Any]]) -> dict[tuple[str, str, Instant], Row[Any]]:
    c = gate_decision.c
    found: dict[tuple[str, str, Instant], Row[Any]] = {}
    for row in rows:
        of_step = and_(c.device_id == row.device_id, c.counter == row.counter, c.ts == row.ts)
        newest = connection.execute(select(gate_decision).where(of_step).order_by(c.id.desc()).limit(1)).one_or_none()
        if newest is not None:
            found[row.device_id, row.counter, row.ts] = newest
    return found


def _told(row: Row[Any], decided: Row[Any] | None) -> dict[str, Any]:
    return {
        "device": row.device_id,
        "counter": row.counter,
        "ts": format_rfc3339(row.ts),
        "since": None if row.since is None else format_rfc3339(row.since),
        "people": row.people,
        "counted": row.counted,
        "said": {"total": row.total, "single": row.single},
        "verdict": row.verdict,
        "trust": Trust(row.trust).name.lower(),
        "decision": row.decision or OPEN,
        "reason": decided.reason if decided is not None else None,
        "by": decided.actor if decided is not None else None,
        "at": None if decided is None else format_rfc3339(decided.at),
    }
