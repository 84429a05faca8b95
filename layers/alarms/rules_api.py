"""Routes of the rules of alarms: the list, a new version, a trial on the past."""

from typing import Any

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from layers.alarms import references, rulebook
from layers.alarms.rules import PRIORITIES, Rule, defaults, faults, read, rings
from layers.alarms.trials import trial
from layers.people import sees_people, told_to
from layers.problem import Problem
from layers.roles import Actor
from layers.texts import words
from layers.web import At, CommunityPath, Given, Reading, Viewer, WriteActor, instant_query
from store.engine import writing
from store.instant import DAY, format_rfc3339, now

LONGEST_TRIAL = 92 * DAY
VERSIONS_TOLD = 50


class NewRule(BaseModel):
    """A rule; every field of `layers.alarms.rules.Rule`, those that are left out as they are by default."""

    model_config = ConfigDict(extra="allow")
    code: str = Field(max_length=64)
    name: str = Field(max_length=120)
    op: str = Field(max_length=8)
    reason: str = Field("", max_length=500, description="why this version is kept")


class Trial(BaseModel):
    """A rule, kept or not, and the period on which it is tried."""

    rule: dict[str, Any] | str = Field(description="a rule, or the code of one that is kept")
    from_: str = Field(alias="from", max_length=40)
    to: str = Field(max_length=40)


def add(routes: APIRouter) -> None:
    """Add the routes."""
    routes.get("/alarm-rules")(listed)
    routes.get("/alarm-rules/{code}")(one)
    routes.post("/alarm-rules", status_code=201)(keep)
    routes.post("/alarm-rules/trial")(try_out)


def listed(community: CommunityPath, connection: Reading, viewer: Viewer, at: At) -> dict[str, Any]:
    """The rules that hold, the loudest first: those that ship, and those that were kept here."""
    kept = rulebook.kept(connection, community.code, at)
    rules = rulebook.rules_of(connection, community.code, at)
    ordered = sorted(rules.values(), key=lambda rule: (PRIORITIES.index(rule.priority), rule.code))
    return _for(viewer, community.code, {"rules": [_told(rule, kept.get(rule.code)) for rule in ordered]})


def one(community: CommunityPath, connection: Reading, viewer: Viewer, code: str, at: At) -> dict[str, Any]:
    """A rule, with the newest versions that were kept of it."""
    rules = rulebook.rules_of(connection, community.code, at)
    if code not in rules:
        raise Problem(404, "not found", f"no rule {code!r} in {community.code!r}")
    versions = rulebook.versions(connection, community.code, code, at, VERSIONS_TOLD)
    found = _told(rules[code], versions[0] if versions else None)
    found["versions"] = [_told(version[0], version) for version in versions]
    return _for(viewer, community.code, found)


def keep(community: CommunityPath, given: Given, actor: WriteActor, body: NewRule) -> dict[str, Any]:
    """Keep a rule: a new one, or a new version of one; it holds at once. 422 names every field that is wrong.

    ``reason`` is kept with the version; to switch a rule off, which ends its alarms, it has to be given. What is as it
    was, and for no reason, is no new version.
    """
    rule = _read(body.model_dump(exclude={"reason"}))
    reason = words(body.reason)
    with writing(given.databases.of(community.code)) as connection:
        known = rulebook.rules_of(connection, community.code)
        if not reason and not rule.enabled and rule.code in known and known[rule.code].enabled:
            why = "reason: who switches a rule off says why; its open alarms end"
            raise Problem(422, "not a rule", why, faults={"reason": why})
        ring = rings(rule, known)
        if ring:
            why = f"suppresses: {', '.join(ring)} would suppress {rule.code} in turn"
            raise Problem(422, "not a rule", why, faults={"suppresses": why})
        _refuse(references.faults(connection, community.code, rule, known))
        before = rulebook.kept_of(connection, community.code, rule.code)
        if before is not None and before[0] == rule and not reason:
            return _told(before[0], before)
        version = rulebook.keep(connection, community.code, rule, actor, reason)
    return _told(rule, None) | {"version": version, "by": actor.label, "reason": reason}


def try_out(community: CommunityPath, connection: Reading, _actor: WriteActor, asked: Trial) -> dict[str, Any]:
    """What a rule would have raised in a period of the past, had it been on."""
    since, until = instant_query("from", asked.from_) or 0, min(instant_query("to", asked.to) or 0, now())
    if not since < until <= since + LONGEST_TRIAL:
        raise Problem(400, "bad request", f"from, to: a period of the past, at most {LONGEST_TRIAL // DAY} days")
    if isinstance(asked.rule, str):
        known = rulebook.rules_of(connection, community.code)
        if asked.rule not in known:
            raise Problem(404, "not found", f"no rule {asked.rule!r} in {community.code!r}")
        rule = known[asked.rule]
    else:
        rule = _read({"name": "trial", "code": "trial"} | asked.rule)
    return trial.trial(connection, community.code, rule, since, until)


def _read(body: dict[str, Any]) -> Rule:
    try:
        rule = read(body)
    except msgspec.ValidationError as error:
        raise Problem(422, "not a rule", str(error)) from None
    unsaid = "value" not in body and rule.op != "missing" and rule.other is None
    _refuse(({"value": "a number: the limit"} if unsaid else {}) | faults(rule))
    return rule


def _refuse(wrong: dict[str, str]) -> None:
    if wrong:
        raise Problem(422, "not a rule", "; ".join(f"{name}: {why}" for name, why in wrong.items()), faults=wrong)


def _for(viewer: Actor | None, community: str, told: dict[str, Any]) -> dict[str, Any]:
    """As a viewer may see it: why a rule is as it is, those who work there are told."""
    if sees_people(viewer, community):
        return told
    without = [one | {"reason": ""} for one in (*told.get("rules", ()), *told.get("versions", ()))]
    lists = {name: without for name in ("rules", "versions") if name in told}
    return told_to(viewer, community, told | lists | ({"reason": ""} if "reason" in told else {}))


def _told(rule: Rule, kept: tuple[Rule, Any] | None) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(rule)
    told["shipped"] = rule.code in defaults()
    row = kept[1] if kept is not None else None
    return told | {
        "version": 0 if row is None else row.version,
        "by": None if row is None else row.actor,
        "at": None if row is None else format_rfc3339(row.at),
        "reason": "" if row is None else row.reason,
    }
