"""The figures of events, against what a reader counts by hand."""

import pytest
from sqlalchemy import Engine, insert, update

from layers.grid_events.figures import Period, figures
from layers.grid_events.tables import grid_event, grid_event_transition
from store.instant import DAY, HOUR
from tests.layers.test_event_life import file
from tests.layers.test_working_time import local

START = local("2026-11-02 09:00")


def play(engine: Engine, reference: str, *steps: tuple[str, float, float | None], **more: object) -> str:
    """An event whose steps happen so many hours after the start, each with the hour at which the next is due."""
    event, _ = file(engine, reference)
    with engine.begin() as connection:
        connection.execute(grid_event_transition.delete().where(grid_event_transition.c.event_id == event))
        first = START + int(steps[0][1] * HOUR)
        values = {"received": first, "occurred": first, "area": more.pop("area", None)}
        connection.execute(update(grid_event).where(grid_event.c.id == event).values(values))
        for seq, (state, hour, due) in enumerate(steps, 1):
            at = START + int(hour * HOUR)
            row = {"event_id": event, "seq": seq, "state": state, "at": at, "actor": "t", "note": "", **more}
            row["due"] = None if due is None else START + int(due * HOUR)
            row["rating"] = 4 if state == "rated" else None
            connection.execute(insert(grid_event_transition).values(row))
    return event


@pytest.fixture
def town(engine: Engine) -> Engine:
    """Six events: two closed (one late), one sent back, one declined, one waiting for ten days, one void."""
    begin = (("reported", 0, 2), ("filed", 1, 3), ("dispatched", 2, 6))
    play(
        engine, "1", *begin, ("handled", 5, 12), ("verified", 6, 12), ("closed", 7, None), ("rated", 8, None), area="a"
    )
    play(engine, "2", *begin, ("handled", 8, 12), ("verified", 9, 12), ("closed", 10, None), area="a")
    play(engine, "3", *begin, ("handled", 4, 12), ("sent_back", 5, 9), area="b", assignee="李网格")
    play(engine, "4", ("reported", 0, 2), ("declined", 1, None), area="b")
    play(engine, "5", ("reported", 0, 2))
    play(engine, "6", ("reported", 0, 2), ("void", 1, None))
    return engine


def test_rates_are_what_a_reader_counts(town: Engine) -> None:
    with town.connect() as connection:
        found = figures(connection, "heling", Period(START, START + 10 * DAY), "area")
    total = found["total"]
    assert total["counts"] == {
        "reported": 5,
        "filed": 3,
        "handled": 3,
        "closed": 2,
        "sent_back": 1,
        "handled_on_time": 2,
        "closed_on_time": 1,
    }
    assert total["rates"] == {
        "filing_rate": 0.6,
        "handling_rate": 1,
        "on_time_handling_rate": 0.6667,
        "closing_rate": 0.6667,
        "on_time_closing_rate": 0.5,
        "sent_back_rate": 0.3333,
    }
    assert total["hours"]["to_filed"] == {"n": 3, "mean": 1, "p90": 1}
    assert total["hours"]["to_handled"]["mean"] == pytest.approx((3 + 6 + 2) / 3, abs=1e-3)
    assert (total["satisfaction"], total["rated"], total["backlog"]) == (4, 1, 2)
    assert total["ageing"] == {"under_1_day": 0, "1_to_3_days": 0, "3_to_7_days": 0, "over_7_days": 2}
    by_area = {group["code"]: group["counts"]["reported"] for group in found["groups"]}
    assert by_area == {"a": 2, "b": 2, None: 1}


def test_what_happened_after_the_period_is_not_looked_at(town: Engine) -> None:
    with town.connect() as connection:
        total = figures(connection, "heling", Period(START, START + 3 * HOUR), "steward")["total"]
    assert (total["counts"]["filed"], total["counts"]["handled"], total["backlog"]) == (3, 0, 4)
    assert total["rates"]["on_time_handling_rate"] is None


def test_a_period_without_events_has_no_rates(town: Engine) -> None:
    with town.connect() as connection:
        total = figures(connection, "heling", Period(0, START), "category")["total"]
    assert set(total["rates"].values()) == {None}
