"""What people keep of indicators: those that they added, targets, values. Rows are only ever added."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, insert, select

from layers.indicators.declare import Indicator, declared, fault, own_fault
from layers.indicators.tables import indicator, indicator_target, indicator_value
from layers.problem import Problem
from layers.roles import Actor
from layers.scenes import scenes
from store import audit
from store.instant import Instant, now
from store.language import say
from store.once import alone

MOST_ADDED = 200
"""Indicators that a community may add: each is counted where its scene is shown."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A value that somebody enters: of which day, from where; None takes back what was entered of that day."""

    day: Instant
    value: float | None
    source: str
    note: str = ""
    reference: str | None = None


def indicators(connection: Connection, community: str, at: Instant | None = None) -> Mapping[str, Indicator]:
    """The indicators of a community by code, in their order: declared ones and those that were added by then."""
    found = [*declared(community).values(), *(one for one in added(connection, community, at) if not one.withdrawn)]
    order = list(scenes())
    return {one.code: one for one in sorted(found, key=lambda one: (order.index(one.scene), one.order))}


def added(connection: Connection, community: str, at: Instant | None = None) -> list[Indicator]:
    """The indicators that people added, as they stand, in the order in which they came."""
    c = indicator.c
    query = select(indicator).where(c.community == community).order_by(c.code, c.seq)
    newest: dict[str, Row[Any]] = {}
    for row in connection.execute(query if at is None else query.where(c.at <= at)):
        newest[row.code] = row
    read = [msgspec.json.decode(row.definition, type=Indicator) for row in newest.values()]
    # One that counts what the community has no more, as a register of its folder that was taken out, is left out.
    return [one for one in read if one.code not in declared(community) and fault(community, one) is None]


def one(connection: Connection, community: str, code: str, at: Instant | None = None) -> Indicator:
    """An indicator.

    Raises
    ------
    Problem
        404 where there is none.
    """
    found = indicators(connection, community, at).get(code)
    if found is None:
        raise Problem(404, "not found", f"no indicator {code[:40]!r} in {community!r}")
    return found


def versions(connection: Connection, community: str, code: str, at: Instant | None = None) -> list[Row[Any]]:
    """Every version of an indicator that was added, newest first; none of one that is declared."""
    c = indicator.c
    query = select(indicator).where(c.community == community, c.code == code).order_by(c.seq.desc())
    return list(connection.execute(query if at is None else query.where(c.at <= at)))


def add(connection: Connection, community: str, new: Indicator, reason: str, actor: Actor) -> int:
    """A new indicator, or the next version of one that was added; returns the number of its version.

    Raises
    ------
    Problem
        409 where the code is one that is declared, 422 for what cannot be counted, or would tell of few people.
    """
    if new.code in declared(community):
        raise Problem(409, "conflict", say("编码「{code}」是随系统或社区文件夹提供的指标，不能改", code=new.code))
    wrong = own_fault(community, new)
    if wrong is not None:
        raise Problem(422, "bad request", wrong)
    alone(connection, "indicator", community)
    if len({one.code for one in added(connection, community)} | {new.code}) > MOST_ADDED:
        raise Problem(409, "conflict", say("最多新增 {most} 个指标", most=MOST_ADDED))
    before = versions(connection, community, new.code)
    seq = before[0].seq + 1 if before else 1
    row = {"community": community, "code": new.code, "seq": seq, "at": now(), "actor": actor.label, "reason": reason}
    connection.execute(insert(indicator).values(row | {"definition": msgspec.json.encode(new).decode()}))
    audit.record(connection, actor.label, "indicator.add", new.code, {"community": community, "seq": seq})
    return seq


def enter(connection: Connection, community: str, code: str, entry: Entry, actor: Actor) -> tuple[int, bool]:
    """Enter a value; returns the entry's number, and whether it is new: the same reference is entered once.

    Raises
    ------
    Problem
        404 for an unknown indicator, 409 for one that is counted and not entered, or a day yet to come.
    """
    found = one(connection, community, code)
    if found.kind != "entered":
        raise Problem(409, "conflict", say("「{name}」由登记或传感器统计得出，不能录入", name=found.name))
    if entry.day > now():
        raise Problem(422, "bad request", say("日期还没有到"))
    alone(connection, "indicator_value", community)
    if entry.reference is not None:
        c = indicator_value.c
        mine = (c.community == community, c.code == code, c.reference == entry.reference)
        known = connection.scalar(select(c.id).where(*mine))
        if known is not None:
            return known, False
    row = {"community": community, "code": code, "day": entry.day, "value": entry.value, "source": entry.source}
    row |= {"note": entry.note, "reference": entry.reference, "at": now(), "actor": actor.label}
    number = connection.execute(insert(indicator_value).values(row).returning(indicator_value.c.id)).scalar_one()
    audit.record(connection, actor.label, "indicator.value", code, {"community": community, "value": entry.value})
    return number, True


def set_target(
    connection: Connection, community: str, code: str, value: float | None, day: Instant, reason: str, actor: Actor
) -> None:
    """A target that holds from a day on; None takes it away.

    Raises
    ------
    Problem
        404 where there is no such indicator.
    """
    one(connection, community, code)
    row = {"community": community, "code": code, "day": day, "value": value, "reason": reason}
    connection.execute(insert(indicator_target).values(row | {"at": now(), "actor": actor.label}))
    audit.record(connection, actor.label, "indicator.target", code, {"community": community, "value": value})


def targets(connection: Connection, community: str, at: Instant | None = None) -> dict[str, list[Row[Any]]]:
    """Every target that was set, by indicator, newest entry first; known by then."""
    c = indicator_target.c
    query = select(indicator_target).where(c.community == community).order_by(c.id.desc())
    found: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(query if at is None else query.where(c.at <= at)):
        found.setdefault(row.code, []).append(row)
    return found


def target_of(one: Indicator, set_: list[Row[Any]], moment: Instant) -> float | None:
    """The target that holds at a moment: the one of the newest day up to then, else the one that is declared."""
    held = [row for row in set_ if row.day <= moment]
    if not held:
        return one.target
    newest = max(held, key=lambda row: (row.day, row.id))
    return None if newest.value is None else float(newest.value)
