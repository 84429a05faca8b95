"""What an alarm waits for before it returns: the deadband and the off-delay; on both databases."""

from typing import Any

import pytest
from sqlalchemy import Engine, event

from layers.alarms import queries
from layers.alarms.queries import TALLY
from store.instant import MILLISECOND, SECOND, Instant, format_rfc3339
from tests.layers.alarms.stand import HELING, Stand

AT_ONCE = 9
"""Alarms that are told together, fewer than make a flood: what came first in one is asked for besides."""


@pytest.fixture
def stand(engine: Engine) -> Stand:
    """An air station, and no rule."""
    made = Stand(engine)
    made.device("air-1")
    made.only()
    return made


def live(stand: Stand, at: Instant | None = None) -> dict[str, Any]:
    """The one alarm as screens are told it."""
    with stand.engine.connect() as connection:
        [found] = [one for key, one in queries.records(connection, HELING, None, at).items() if key != TALLY]
    assert found is not None
    return found


def told(stand: Stand) -> dict[str, Any]:
    """The same as the API tells it."""
    [alarm] = stand.alarms()
    with stand.engine.connect() as connection:
        row = queries.one(connection, HELING, alarm.id, None)
        assert row is not None
        return queries.told(connection, HELING, [row])[0]


@pytest.mark.parametrize(
    ("op", "value", "back"), [(">", 150, 90.0), (">=", 150, 90.0), ("<", 50, 110.0), ("<=", 50, 110.0)]
)
def test_the_deadband_says_up_to_which_value_an_alarm_stands(stand: Stand, op: str, value: float, back: float) -> None:
    stand.rule(op=op, deadband=10.0)
    stand.say((0, "air-1", {"pm2_5": value}))
    assert (live(stand)["back"], live(stand)["leaves"]) == (back, None)
    assert (told(stand)["back"], told(stand)["leaves"]) == (back, None)


def test_without_a_deadband_nothing_holds_it(stand: Stand) -> None:
    stand.rule()
    stand.say((0, "air-1", {"pm2_5": 150}))
    assert (live(stand)["back"], live(stand)["leaves"]) == (None, None)


def test_where_a_rule_changed_its_deadband_that_one_counts(stand: Stand) -> None:
    stand.rule(deadband=10.0)
    stand.say((0, "air-1", {"pm2_5": 150}))
    stand.rule(deadband=20.0)
    assert live(stand)["back"] == 80.0


def test_an_off_delay_says_until_when_and_screens_are_told_as_it_begins_and_ends(stand: Stand) -> None:
    stand.rule(off_delay_s=60.0)
    stand.say((0, "air-1", {"pm2_5": 150}))
    batch = stand.say((10, "air-1", {"pm2_5": 50}))
    [alarm] = stand.alarms()
    assert alarm.id in batch.touched["alarms"][HELING]
    assert live(stand)["leaves"] == (stand.start + 70 * SECOND) // MILLISECOND
    assert told(stand)["leaves"] == format_rfc3339(stand.start + 70 * SECOND)
    batch = stand.say((20, "air-1", {"pm2_5": 150}))
    assert alarm.id in batch.touched["alarms"][HELING]
    assert live(stand)["leaves"] is None


def test_many_alarms_are_told_with_as_many_questions_as_one(stand: Stand) -> None:
    asked: list[str] = []
    event.listen(stand.engine, "before_cursor_execute", lambda *of: asked.append(of[2]))
    stand.rule(deadband=10.0, off_delay_s=60.0)
    counts = []
    for many in (1, AT_ONCE):
        for number in range(many):
            if number or many == 1:
                stand.device(f"many-{number}")
        stand.say(*((many, f"many-{number}", {"pm2_5": 150}) for number in range(many)))
        asked.clear()
        with stand.engine.connect() as connection:
            queries.records(connection, HELING, None)
        counts.append(len(asked))
    assert counts[0] == counts[1]
