"""Who entered and left since the people inside were last set, so that the sum can be done on a screen."""

from collections.abc import Iterable
from typing import Any, NamedTuple, TypedDict

from sqlalchemy import Connection, func, select

from layers.visitors.inside import Inside, Short
from layers.visitors.passed import Hours, way_of
from layers.visitors.tables import gate_step
from store.instant import HOUR, MILLISECOND, MINUTE, Instant, now

KEPT = 256
Shortage = tuple[Instant, list[str]]
_found: dict[tuple[Any, ...], Shortage] = {}
"""A span is looked through once a minute, however often its site is told: what comes late, or is decided, counts."""


class Since(TypedDict):
    """``inside`` = ``base`` + ``entered`` - ``left`` + ``corrected``, in whole people, since ``ts`` (epoch ms).

    ``corrected`` are those who left and had not been seen to enter; ``is_counted``: ``base`` was counted on the spot.
    """

    ts: int
    base: int
    is_counted: bool
    entered: int
    left: int
    corrected: int


class Through(NamedTuple):
    """People who passed a gate each way since the people inside were last set."""

    entered: float = 0.0
    left: float = 0.0


def by_gate(
    connection: Connection, community: str, site: str, walked: Inside, hours: Hours, moment: Instant, at: Instant | None
) -> dict[str, Through]:
    """Those who passed each gate that counted for a site; ``hours`` go back to when they were set at least."""
    first = walked.since if walked.counted is None else walked.since - walked.since % HOUR + HOUR
    found: dict[str, Through] = {}
    for (of, gate, hour), people in hours.items():
        if of == site and hour >= first:
            before = found.get(gate, Through())
            found[gate] = Through(before.entered + people.entered, before.left + people.left)
    if walked.counted is not None:
        c = gate_step.c
        until = first - 1 if at is None else min(first - 1, moment)
        query = select(c.device_id, c.counter, func.sum(c.net)).where(
            c.community == community, c.site == site, c.ts.between(walked.counted + 1, until)
        )
        for gate, counter, net in connection.execute(query.group_by(c.device_id, c.counter)):
            before, way = found.get(gate, Through()), way_of(counter)
            entered, left = (net, 0.0) if way == "entered" else (0.0, -net)
            found[gate] = Through(before.entered + entered, before.left + left)
    return found


def since(walked: Inside, through: Iterable[Through]) -> Since:
    """The sum of the people inside, of those who passed each of its gates."""
    each = list(through)
    entered, left = sum(one.entered for one in each), sum(one.left for one in each)
    base, corrected = round(walked.base), round(walked.clamped)
    found = Since(
        ts=walked.since // MILLISECOND,
        base=base,
        is_counted=walked.counted is not None,
        entered=round(entered),
        left=round(left),
        corrected=corrected,
    )
    # Parts of people, of a silence that is spread: the sum of what is shown is right to the last one.
    off = base + found["entered"] - found["left"] + corrected - round(walked.people)
    found["left" if abs(off) <= 1 else "corrected"] += off if abs(off) <= 1 else -off
    return found


def shortage(connection: Connection, community: str, site: str, short: Short) -> Shortage:
    """When people first left who had not been seen to enter, and through which gates."""
    key = (str(connection.engine.url), community, site, now() // MINUTE, *short)
    if key not in _found:
        if len(_found) >= KEPT:
            _found.clear()
        _found[key] = _looked_for(connection, community, site, short)
    return _found[key]


def _looked_for(connection: Connection, community: str, site: str, short: Short) -> Shortage:
    c = gate_step.c
    of = (c.community == community, c.site == site)
    moments = select(c.ts, func.sum(c.net).label("net")).where(*of, c.ts.between(short.first, short.last))
    each = moments.group_by(c.ts).subquery()
    stood = select(each.c.ts, func.sum(each.c.net).over(order_by=each.c.ts).label("stood")).subquery()
    ts = connection.scalar(select(func.min(stood.c.ts)).where(stood.c.stood + short.before < 0))
    if ts is None:
        return short.first, []
    gates = select(c.device_id).where(*of, c.ts == ts, c.net < 0).distinct().order_by(c.device_id)
    return ts, list(connection.scalars(gates))
