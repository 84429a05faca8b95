"""What is told of an event's limits: once each, whoever looks and however often."""

from sqlalchemy import Engine, select

from layers.grid_events import notices, queries, write
from layers.grid_events.notices import is_anything_due, remind
from layers.grid_events.rules import UNASSIGNED, actions, states
from layers.grid_events.write import Wanted
from layers.roles import Actor
from store.engine import writing
from store.instant import DAY, MINUTE
from store.notices import notice
from tests.layers.test_grid_events import file

MANAGER = Actor("王经理", "manager")


def dispatched(engine: Engine, reference: str) -> tuple[str, int, int]:
    """An event in 李网格's hands: its id, and when it is to be warned of and due."""
    event, _ = file(engine, reference)
    with writing(engine) as connection:
        for to in ("filed", "dispatched"):
            write.advance(connection, "heling", event, Wanted(to=to, assignee="李网格"), MANAGER, {"李网格"})
    with engine.connect() as connection:
        row = queries.one(connection, "heling", event)
    assert row is not None
    return event, row.warn, row.due


def kinds(engine: Engine, event: str) -> list[str]:
    """What was told of an event, in order."""
    with engine.connect() as connection:
        query = select(notice.c.kind).where(notice.c.subject == event).order_by(notice.c.id)
        return list(connection.scalars(query))


def look(engine: Engine, at: int) -> None:
    """What the courier does."""
    with writing(engine) as connection:
        remind(connection, "heling", at)


def test_a_limit_is_told_of_before_and_after_and_once_each(engine: Engine) -> None:
    event, warn, due = dispatched(engine, "limit-1")
    before = kinds(engine, event)
    assert before == ["reported", "dispatched"]
    look(engine, warn - MINUTE)
    assert kinds(engine, event) == before
    for _ in range(3):
        look(engine, warn + MINUTE)
    assert kinds(engine, event) == [*before, "warn"]
    for _ in range(3):
        look(engine, due + MINUTE)
    assert kinds(engine, event) == [*before, "warn", "overdue"]
    with engine.connect() as connection:
        told = connection.execute(select(notice).where(notice.c.subject == event, notice.c.kind == "overdue")).one()
        assert (told.person, told.least) == ("李网格", "manager")
        assert not is_anything_due(connection, "heling", due + MINUTE)


def test_what_is_long_overdue_does_not_call_everybody_at_once(engine: Engine) -> None:
    event, _warn, due = dispatched(engine, "limit-2")
    look(engine, due + 2 * DAY)
    assert "overdue" not in kinds(engine, event)


def test_a_step_that_fails_is_not_told(engine: Engine) -> None:
    event, _ = file(engine, "limit-3")
    try:
        with writing(engine) as connection:
            write.advance(connection, "heling", event, Wanted(to="filed"), MANAGER, ())
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    assert kinds(engine, event) == ["reported"]


def test_each_kind_of_notice_is_a_step_an_action_or_a_limit() -> None:
    assert set(notices.rules()) <= {*states(), *actions(), *notices.LIMITS, UNASSIGNED}


def test_a_fire_that_nobody_files_is_told_of_within_minutes_whatever_the_hour(engine: Engine) -> None:
    event, _ = file(engine, "fire", category="safety.fire", severity="critical")
    with engine.connect() as connection:
        row = queries.one(connection, "heling", event)
    assert row is not None
    assert row.due - row.received == 5 * MINUTE
    look(engine, row.received + 4 * MINUTE)
    assert kinds(engine, event) == ["reported", "warn"]
    look(engine, row.received + 5 * MINUTE)
    assert kinds(engine, event) == ["reported", "warn", "overdue"]
