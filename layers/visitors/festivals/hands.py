"""What people do with a festival: begin and end it, come to a post and leave it."""

from collections.abc import Collection

from sqlalchemy import Connection, insert

from layers.problem import Problem
from layers.roles import Actor
from layers.visitors.festivals.kept import changed
from layers.visitors.festivals.plans import Plan
from layers.visitors.festivals.state import on, on_duty
from layers.visitors.festivals.tables import festival_duty, festival_step
from store import audit
from store.instant import now


def step(connection: Connection, community: str, plan: Plan, note: str, actor: Actor, *, is_start: bool) -> None:
    """Begin or end a festival by hand; 409 where it is so already."""
    moment = now()
    is_on = plan.code in on(connection, community, moment)
    if is_start and is_on:
        raise Problem(409, "conflict", f"festival {plan.code!r} is on already")
    if not is_start and not is_on:
        raise Problem(409, "conflict", f"festival {plan.code!r} is not on")
    row = {"community": community, "festival": plan.code, "at": moment, "is_start": is_start, "note": note}
    connection.execute(insert(festival_step).values(row | {"actor": actor.label}))
    changed(connection)
    action = "festival.start" if is_start else "festival.stop"
    audit.record(connection, actor.label, action, f"{community}/{plan.code}", {"note": note})


def duty(
    connection: Connection,
    community: str,
    plan: Plan,
    post: str,
    who: str,
    staff: Collection[str],
    actor: Actor,
    *,
    is_on: bool,
) -> None:
    """Somebody comes to a post, or leaves it; 404 for a post that is not planned, 409 while the festival is not on.

    Only units of the plan and accounts may be named: a list of residents is nobody's to keep here.
    """
    known = [one.code for one in plan.posts]
    if post not in known:
        raise Problem(404, "not found", f"no post {post!r}; there are: {', '.join(known) or 'none'}")
    if who not in plan.units and who not in staff:
        raise Problem(400, "bad request", f"who: {who!r} is no unit of the plan and no account of the community")
    moment = now()
    current = on(connection, community, moment).get(plan.code)
    if current is None:
        raise Problem(409, "conflict", f"festival {plan.code!r} is not on")
    is_there = who in on_duty(connection, community, current, moment).get(post, ())
    if is_on and is_there:
        raise Problem(409, "conflict", f"{who!r} is on post {post!r} already")
    if not is_on and not is_there:
        raise Problem(409, "conflict", f"{who!r} is not on post {post!r}")
    row = {"community": community, "festival": plan.code, "post": post, "who": who, "at": moment, "is_on": is_on}
    connection.execute(insert(festival_duty).values(row | {"actor": actor.label}))
    changed(connection)
    audit.record(connection, actor.label, "festival.duty", f"{community}/{plan.code}/{post}", {"who": who, "on": is_on})
