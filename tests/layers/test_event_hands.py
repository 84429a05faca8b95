"""Whose hands an event comes into: never nobody's in silence, and never those of a name that nobody has."""

import pytest
from sqlalchemy import Engine, insert, select, update

from geo.tables import grid_steward
from layers.grid_events import queries, write
from layers.grid_events.queries import Filter
from layers.grid_events.rules import UNASSIGNED
from layers.grid_events.tables import grid_event, grid_event_present
from layers.grid_events.write import Wanted
from layers.problem import Problem
from layers.roles import Actor
from store.engine import writing
from store.instant import now
from store.notices import notice
from tests.layers.test_grid_events import file

MANAGER = Actor("王经理", "manager", kind="user")
PROGRAM = Actor("市级平台", "manager")
STAFF = frozenset({"王经理", "李网格", "李管家"})


def filed(engine: Engine, reference: str, *, grid: str | None = None, steward: str | None = None) -> str:
    """An event that is to be dispatched, in a grid that somebody looks after."""
    event, _ = file(engine, reference)
    take(engine, event, "filed")
    with writing(engine) as connection:
        connection.execute(update(grid_event).where(grid_event.c.id == event).values(grid=grid))
        if grid is not None:
            row = {"community": "heling", "grid": grid, "since": now(), "name": steward}
            connection.execute(insert(grid_steward).values(row))
    return event


def take(engine: Engine, event: str, to: str, actor: Actor = MANAGER, assignee: str | None = None) -> None:
    """A step."""
    with writing(engine) as connection:
        write.advance(connection, "heling", event, Wanted(to=to, assignee=assignee), actor, STAFF)


def now_stands(engine: Engine, event: str) -> tuple[str, str | None]:
    """State and assignee."""
    with engine.connect() as connection:
        row = queries.one(connection, "heling", event)
        assert row is not None
        return row.state, row.assignee


@pytest.mark.parametrize(
    ("grid", "steward", "why"),
    [
        (None, None, "此事件不在任何网格内；请指定人员"),
        ("g1", None, "网格 g1 没有网格员；请指定人员"),
        ("g2", "李网恪", "网格 g2 的网格员「李网恪」没有在用账号；请指定人员"),
    ],
)
def test_what_would_lie_with_nobody_is_refused(engine: Engine, grid: str | None, steward: str | None, why: str) -> None:
    event = filed(engine, f"nobody-{grid}", grid=grid, steward=steward)
    with pytest.raises(Problem) as caught:
        take(engine, event, "dispatched")
    assert (caught.value.status, caught.value.detail) == (409, why)
    assert now_stands(engine, event) == ("filed", None)
    take(engine, event, "dispatched", assignee="李网格")
    assert now_stands(engine, event) == ("dispatched", "李网格")


def test_it_goes_to_the_steward_of_its_grid(engine: Engine) -> None:
    event = filed(engine, "by-grid", grid="g3", steward="李管家")
    take(engine, event, "dispatched")
    assert now_stands(engine, event) == ("dispatched", "李管家")


@pytest.mark.parametrize("to", ["dispatched", "assigned"])
def test_a_name_that_nobody_has_is_refused_with_those_that_are_like_it(engine: Engine, to: str) -> None:
    event = filed(engine, f"typo-{to}")
    if to == "assigned":
        take(engine, event, "dispatched", assignee="李网格")
    with pytest.raises(Problem) as caught:
        take(engine, event, to, assignee="李网恪")
    assert caught.value.status == 400
    assert caught.value.detail == "没有名为「李网恪」的在用账号；是否要找：李网格"
    assert caught.value.more == {"reason": "no_account", "near": ["李网格"]}


def test_what_is_critical_stands_above_what_is_long_overdue(engine: Engine) -> None:
    old, fire = filed(engine, "old"), filed(engine, "fire")
    with writing(engine) as connection:
        connection.execute(update(grid_event).where(grid_event.c.id == fire).values(severity="critical"))
        connection.execute(update(grid_event_present).where(grid_event_present.c.event_id == old).values(due=1))
    with engine.connect() as connection:
        shown = [row.id for row in queries.board(connection, "heling", 99)["filed"]]
    assert shown.index(fire) < shown.index(old)


def test_what_another_program_leaves_with_nobody_is_loud_until_somebody_takes_it_on(engine: Engine) -> None:
    event, other = filed(engine, "program"), filed(engine, "has-one")
    take(engine, other, "dispatched", assignee="李网格")
    take(engine, event, "dispatched", PROGRAM)
    with engine.connect() as connection:
        assert [row.id for row in queries.find(connection, "heling", Filter(state=[UNASSIGNED]), limit=9)] == [event]
        assert queries.tally(connection, "heling", None)["unassigned"] == 1
        assert queries.records(connection, "heling", {event})[event]["unassigned"] is True
        assert [row.id for row in queries.board(connection, "heling", 9)["dispatched"]] == [event, other]
        told = select(notice.c.least).where(notice.c.subject == event, notice.c.kind == UNASSIGNED)
        assert list(connection.scalars(told)) == ["manager"]
    take(engine, event, "in_hand", Actor("李管家", "steward", kind="user"))
    assert now_stands(engine, event) == ("in_hand", "李管家")
    with engine.connect() as connection:
        assert queries.tally(connection, "heling", None)["unassigned"] == 0


def test_who_closed_it_does_not_rate_it(engine: Engine) -> None:
    event = filed(engine, "rated")
    for to in ("dispatched", "in_hand", "handled", "verified", "closed"):
        take(engine, event, to, assignee="李网格" if to == "dispatched" else None)
    with pytest.raises(Problem) as caught, writing(engine) as connection:
        write.advance(connection, "heling", event, Wanted(to="rated", rating=5), MANAGER, STAFF)
    assert (caught.value.status, caught.value.detail) == (403, "结案的人不评价；请上报人或他人评价")
    with writing(engine) as connection:
        write.advance(connection, "heling", event, Wanted(to="rated", rating=4), PROGRAM, STAFF)
    assert now_stands(engine, event)[0] == "rated"
