"""Who may what: rows of data, one for each route, page, callback and channel, and the one rule that reads them.

What has no row is refused to everybody. Each layer keeps its rows in ``access.toml`` in its own folder, the
shell in ``cockpit/access.toml``.
"""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Literal

import msgspec

from layers.problem import Problem
from layers.roles import DISPLAY, EVERYWHERE, Actor, may

PREFIX = "/api/v1/{community}"
"""What stands before the paths of a layer's rows, as before its routes."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row of the table.

    ``role`` is the least that a person or a token needs, None: nobody may. It must hold in the ``place``: the
    "community" of the path, "everywhere", or in "any" community; "found" is a community that only the page
    itself finds out. A ``stranger`` may "never", where "reading" is open to everybody, from this machine
    ("local"), or "always"; whoever signed in may at least that. ``display``: whether a wall's screen may, of
    its own community. ``csrf``: whether a write needs the session's own word. ``who``: whether a route that is
    always open asks who comes. ``live``: whether it stays open, and must end with what let it in.
    """

    role: Literal["steward", "manager", "admin"] | None = None
    place: Literal["community", "everywhere", "any", "found"] = "community"
    stranger: Literal["never", "reading", "local", "always"] = "never"
    display: bool = False
    csrf: bool = True
    who: bool = False
    live: bool = False


Rules = Mapping[str, Rule]
"""``METHOD /path``, ``WS /path``, ``PAGE /path`` or ``CALLBACK output`` -> its row."""


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision depends on beside the row and who asks."""

    is_reading_open: bool
    is_local: bool = False
    community: str | None = None


def of_package(package: str, prefix: str = PREFIX) -> Rules:
    """The rows that a package keeps in its ``access.toml``.

    Raises
    ------
    msgspec.ValidationError
        If a row says what no row can.
    """
    rows = tomllib.loads((files(package) / "access.toml").read_text(encoding="utf-8"))
    known = msgspec.convert(rows, dict[str, Rule])
    return {_placed(key, prefix): rule for key, rule in known.items()}


def _placed(key: str, prefix: str) -> str:
    method, _, path = key.partition(" ")
    return f"{method} {prefix}{path}"


def is_open(rule: Rule, given: Circumstances) -> bool:
    """Whether even a stranger may."""
    return (
        rule.stranger == "always"
        or (rule.stranger == "reading" and given.is_reading_open)
        or (rule.stranger == "local" and given.is_local)
    )


def check(rule: Rule | None, actor: Actor | None, given: Circumstances) -> None:
    """Let pass who may.

    Raises
    ------
    Problem
        401 where nobody signed in, 403 where the role does not suffice, does not hold there, or there is no row.
    """
    if rule is None:
        raise Problem(403, "not permitted", "no row of the table of permissions tells of this address")
    if is_open(rule, given):
        return
    if actor is None:
        raise Problem(401, "sign-in required", "sign in, or send the header Authorization: Bearer TOKEN")
    is_here = _is_in_place(rule, actor, given.community)
    if actor.role == DISPLAY:
        if not (rule.display and is_here):
            raise Problem(403, "role does not suffice", "a display sees the wall of its own community only")
        return
    if rule.role is None:
        raise Problem(403, "not permitted", "nobody may")
    if not is_here:
        where = repr(given.community) if rule.place == "community" else "all communities"
        raise Problem(403, "role does not suffice", f"this needs {rule.role} of {where}; you are no {actor.role} there")
    if not may(actor.role, rule.role):
        raise Problem(403, "role does not suffice", f"this needs {rule.role}; you are {actor.role}")


def _is_in_place(rule: Rule, actor: Actor, community: str | None) -> bool:
    if rule.place == "everywhere":
        return EVERYWHERE in actor.communities
    if rule.place == "community":
        return community is not None and actor.is_in(community)
    return True
