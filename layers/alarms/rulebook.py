"""The rules that hold in each community: those that ship, and what people made of them; every version is kept."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection, func, insert, select

from layers.alarms.rules import Rule, defaults, faults, read
from layers.alarms.tables import alarm_rule
from layers.roles import Actor
from store import audit, revision
from store.instant import Instant, now

log = structlog.get_logger(__name__)

REVISION = "alarm_rules"

Book = Mapping[str, Rule]
"""code -> rule."""


def rules_of(connection: Connection, community: str, at: Instant | None = None) -> dict[str, Rule]:
    """The rules of a community, now or as they were; the switched off ones too."""
    return dict(defaults()) | {code: rule for code, (rule, _) in kept(connection, community, at).items()}


def watching(connection: Connection, community: str) -> dict[str, Rule]:
    """The rules that watch in a community; one that an earlier version kept and that can be none is told of aloud."""
    found = {code: rule for code, rule in rules_of(connection, community).items() if rule.enabled}
    for code, wrong in [(code, faults(rule)) for code, rule in found.items()]:
        if wrong:
            log.error("rule_set_apart", community=community, rule=code, faults=wrong)
            del found[code]
    return found


def kept(connection: Connection, community: str, at: Instant | None = None) -> dict[str, tuple[Rule, Any]]:
    """code -> the newest version that people made, with its row."""
    c = alarm_rule.c
    newest = select(c.code, func.max(c.version).label("version")).where(c.community == community)
    if at is not None:
        newest = newest.where(c.at <= at)
    last = newest.group_by(c.code).subquery()
    query = select(alarm_rule).join(last, (last.c.code == c.code) & (last.c.version == c.version))
    return {row.code: (_read(row.body), row) for row in connection.execute(query.where(c.community == community))}


def versions(
    connection: Connection, community: str, code: str, at: Instant | None, limit: int
) -> list[tuple[Rule, Any]]:
    """The versions that people made of a rule, the newest first, each with its row."""
    c = alarm_rule.c
    query = select(alarm_rule).where(c.community == community, c.code == code)
    if at is not None:
        query = query.where(c.at <= at)
    return [(_read(row.body), row) for row in connection.execute(query.order_by(c.version.desc()).limit(limit))]


def newest(connection: Connection) -> dict[tuple[str, str], int]:
    """(community, code) -> the number of the newest version that people made of a rule."""
    c = alarm_rule.c
    query = select(c.community, c.code, func.max(c.version).label("version")).group_by(c.community, c.code)
    return {(row.community, row.code): row.version for row in connection.execute(query)}


def kept_since(connection: Connection, since: Instant) -> set[tuple[str, str]]:
    """(community, code) of the rules of which a version was kept from a time on."""
    c = alarm_rule.c
    return {(row.community, row.code) for row in connection.execute(select(c.community, c.code).where(c.at >= since))}


def _read(body: str) -> Rule:
    return read(json.loads(body))


def off_because(connection: Connection, community: str, code: str) -> str:
    """Why a rule was switched off; "" where it is on, or nobody said."""
    found = kept_of(connection, community, code)
    return "" if found is None or found[0].enabled else str(found[1].reason)


def kept_of(connection: Connection, community: str, code: str) -> tuple[Rule, Any] | None:
    """The newest version that people made of one rule, with its row."""
    c = alarm_rule.c
    query = select(alarm_rule).where(c.community == community, c.code == code).order_by(c.version.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else (_read(row.body), row)


def keep(connection: Connection, community: str, rule: Rule, actor: Actor, reason: str = "") -> int:
    """Keep a version of a rule, in a transaction that writes; returns its number. It holds from now on."""
    # Raised first: of two who keep the same rule at once, the second waits here and gets the next number.
    revision.bump(connection, REVISION)
    c = alarm_rule.c
    query = select(func.max(c.version)).where(c.community == community, c.code == rule.code)
    version = (connection.scalar(query) or 0) + 1
    body = msgspec.json.encode(rule).decode()
    row = {"community": community, "code": rule.code, "version": version, "body": body, "reason": reason}
    connection.execute(insert(alarm_rule).values(**row, actor=actor.label, at=now()))
    told = {"community": community, "version": version} | ({"reason": reason} if reason else {})
    audit.record(connection, actor.label, "alarm_rule.keep", rule.code, told)
    return version
