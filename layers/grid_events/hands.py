"""Whose hands an event comes into with a step: named, as before, who takes it on, or by its grid."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection

from geo import stewards
from geo.stewards import NoAccount
from layers.grid_events.rules import OF_ASSIGNEE
from layers.problem import Problem
from layers.roles import Actor
from layers.staff import no_account
from store.language import say

PROGRAM = "token"
"""A kind of actor: another program, which may have its own way to find somebody."""


def is_unassigned(state: str, assignee: str | None) -> bool:
    """Whether an event should be in somebody's hands and is in nobody's (未指派)."""
    return state in OF_ASSIGNEE and assignee is None


def named(name: str, staff: Collection[str]) -> str:
    """Somebody to whom an event is given by name; 400 where it is no account of the community."""
    try:
        stewards.check_account(name, staff)
    except NoAccount as error:
        raise no_account(error) from None
    return name


def after_step(
    connection: Connection,
    community: str,
    event: Any,
    *,
    to: str,
    before: tuple[str, str | None],
    wanted: str | None,
    actor: Actor,
    staff: Collection[str],
) -> str | None:
    """Who has an event after a step ``to`` a state; ``before`` is (state, who had it), ``wanted`` who is named.

    Raises
    ------
    Problem
        400 where somebody named is no account; 409 where it would lie with nobody though it is given out. Another
        program may give it out without a name: then it stands as 未指派 until somebody takes it on.
    """
    state, assignee = before
    if to not in OF_ASSIGNEE:
        return assignee
    if wanted is not None:
        return named(wanted, staff)
    if to != "dispatched" and state in OF_ASSIGNEE and assignee is not None:
        return assignee
    if assignee in staff:
        return assignee
    if to == "in_hand" and actor.kind == "user" and state in OF_ASSIGNEE and actor.name in staff:
        return actor.name
    steward = stewards.of_grids(connection, community).get(event.grid or "")
    if steward in staff:
        return steward
    if actor.kind == PROGRAM or to == "sent_back":
        return None
    raise Problem(409, "nobody to give it to", _why(event.grid, steward, assignee), reason="unassigned")


def _why(grid: str | None, steward: str | None, before: str | None) -> str:
    if before is not None and grid is None:
        return say("「{before}」没有在用账号；请指定人员", before=before)
    if grid is None:
        return say("此事件不在任何网格内；请指定人员")
    if steward is None:
        return say("网格 {grid} 没有网格员；请指定人员", grid=grid)
    return say("网格 {grid} 的网格员「{steward}」没有在用账号；请指定人员", grid=grid, steward=steward)
