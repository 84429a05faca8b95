"""How much of a demonstration's past is filled in is told while it is, and by nobody once whoever did it is gone."""

from sqlalchemy import Engine

from store import demonstration
from store.engine import writing
from store.instant import MINUTE, clock_at, now


def told(engine: Engine) -> int | None:
    """What pages are told."""
    with engine.connect() as connection:
        return demonstration.filling(connection)


def test_percent_of_the_past_are_told_while_it_is_filled_in(engine: Engine) -> None:
    assert told(engine) is None
    with writing(engine) as connection:
        demonstration.begin(connection, "seed", now())
    assert told(engine) is None
    for percent in (0, 43, None):
        with writing(engine) as connection:
            demonstration.fill_to(connection, percent)
        assert told(engine) == percent


def test_who_was_killed_while_filling_in_fills_in_no_more(engine: Engine) -> None:
    with writing(engine) as connection:
        demonstration.begin(connection, "seed", now())
        demonstration.fill_to(connection, 43)
    with clock_at(now() + 3 * MINUTE):
        assert told(engine) is None
