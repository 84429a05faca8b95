"""A step is taken back by whoever made it, within a minute, where nobody outside heard of it; nothing is removed."""

from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, update

from layers.grid_events import queries, released, undo
from layers.grid_events.figures import Period, figures
from layers.grid_events.queries import Filter
from layers.grid_events.rules import UNASSIGNED
from layers.grid_events.tables import grid_event_present, grid_event_transition
from layers.problem import Problem
from layers.roles import Actor
from store.engine import writing
from store.instant import MINUTE, now
from store.notices import delivery, notice, webhook
from tests.layers.test_event_hands import MANAGER, STAFF, filed, take

OTHER = Actor("赵经理", "manager", kind="user")


def taken_back(
    engine: Engine, event: str, seq: int, actor: Actor = MANAGER, staff: frozenset[str] = frozenset(STAFF)
) -> int | None:
    """What a refusal is; None where it was taken back."""
    try:
        with writing(engine) as connection:
            undo.take_back(connection, "heling", event, seq, actor, staff)
    except Problem as problem:
        return problem.status
    return None


def state(engine: Engine, event: str) -> tuple[str, int, str | None]:
    present = grid_event_present.c
    with engine.connect() as connection:
        columns = (present.state, present.seq, present.assignee)
        return tuple(connection.execute(select(*columns).where(present.event_id == event)).one())  # type: ignore[return-value]


def test_what_was_taken_back_did_not_happen(engine: Engine) -> None:
    event = filed(engine, "u1")
    take(engine, event, "dispatched", assignee="李网格")
    take(engine, event, "in_hand")
    take(engine, event, "handled")
    assert taken_back(engine, event, 5) is None
    assert state(engine, event) == ("in_hand", 6, "李网格")
    assert taken_back(engine, event, 6) == 409, "what takes back is not taken back"
    with engine.connect() as connection:
        assert figures(connection, "heling", Period(0, now() + 1), None)["total"]["counts"]["handled"] == 0
        assert queries.how_many(connection, "heling", Filter(reached="handled"), None) == 0
        assert [one["action"] for one in queries.transitions(connection, event)][-1] == "undone"
        kinds = set(connection.scalars(select(notice.c.kind)))
    assert "handled" not in kinds, "who was to verify it need not"
    take(engine, event, "handled")
    with engine.connect() as connection:
        assert queries.how_many(connection, "heling", Filter(reached="handled"), None) == 1


def test_a_step_is_not_taken_back_late_by_others_or_once_it_was_told_outside(engine: Engine) -> None:
    event = filed(engine, "u2")
    assert taken_back(engine, event, 1) == 409, "not the newest"
    assert taken_back(engine, event, 2, OTHER) == 403
    with writing(engine) as connection:
        hook = {"community": "heling", "name": "群", "format": "dingtalk", "kinds": "*", "url": b"x", "created": 1}
        connection.execute(insert(webhook).values(hook))
    take(engine, event, "dispatched", assignee="李网格")
    with writing(engine) as connection:
        connection.execute(update(delivery).values(attempts=1))
    assert taken_back(engine, event, 3) == 409, "it is being sent"
    take(engine, event, "in_hand")
    assert taken_back(engine, event, 4) is None
    take(engine, event, "in_hand")
    with writing(engine) as connection:
        step = grid_event_transition.c
        connection.execute(update(grid_event_transition).where(step.event_id == event).values(at=now() - 2 * MINUTE))
    assert taken_back(engine, event, state(engine, event)[1]) == 409, "a minute is over"


def test_nothing_is_given_back_to_somebody_who_was_shut_out_meanwhile(engine: Engine) -> None:
    event = filed(engine, "u-gone")
    take(engine, event, "dispatched", assignee="李网格")
    take(engine, event, "assigned", assignee="王经理")
    left = frozenset(STAFF) - {"李网格"}
    assert taken_back(engine, event, 4, staff=left) == 409
    assert state(engine, event) == ("dispatched", 4, "王经理"), "it stays in hands that work"
    assert taken_back(engine, event, 4) is None
    assert state(engine, event) == ("dispatched", 5, "李网格")


@pytest.mark.parametrize("left", [frozenset({"王经理"}), frozenset[str]()])
def test_what_lies_with_somebody_without_an_account_lies_with_nobody(engine: Engine, left: frozenset[str]) -> None:
    event = filed(engine, "u3")
    take(engine, event, "dispatched", assignee="李网格")
    with writing(engine) as connection:
        assert released.release(connection, "heling", STAFF, MANAGER) == set()
        assert released.release(connection, "heling", left, MANAGER) == {event}
        assert released.release(connection, "heling", left, MANAGER) == set()
    assert state(engine, event) == ("dispatched", 4, None)
    with engine.connect() as connection:
        assert [row.id for row in queries.find(connection, "heling", Filter(state=[UNASSIGNED]), limit=9)] == [event]
        assert UNASSIGNED in set(connection.scalars(select(notice.c.kind)))
        newest = queries.transitions(connection, event)[-1]
    assert (newest["name"], newest["note"]) == ("收回：原经办人没有在用账号", ""), "strangers read it: it names nobody"


def test_who_takes_back_while_a_step_comes_is_refused_in_words(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    event = filed(engine, "u-race")
    take(engine, event, "dispatched", assignee="李网格")
    take(engine, event, "in_hand")
    seen_before: Any = undo.present_of
    told: list[Any] = []

    def just_before(connection: Any, community: str, code: str) -> Any:
        found = seen_before(connection, community, code)
        if not told:
            # As a database with several writers shows it: the row comes between what was seen and what is written.
            told.append(found)
            step = grid_event_transition
            row = connection.execute(select(step).where(step.c.event_id == code, step.c.seq == 4)).mappings().one()
            connection.execute(insert(step).values({**row, "seq": 5, "actor": "other"}))
        return found

    monkeypatch.setattr(undo, "present_of", just_before)
    assert taken_back(engine, event, 4) == 409
