"""Observations in the store: each once, the latest never moved back."""

from contextlib import suppress
from itertools import count
from statistics import mean

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from sensors.quality import Quality
from sensors.readings.columns import Observation, Observations, SeriesIndex
from sensors.readings.history import aggregate, history, latest_at, metrics_of
from sensors.readings.observations import store
from sensors.tables import latest
from store.engine import writing
from store.instant import DAY, HOUR, MINUTE, now
from tests.database import add, ensure_months

NUMBER = count(1)
START = 1_764_000_000_000_000 - 1_764_000_000_000_000 % DAY


def keep(engine: Engine, *batches: list[Observation]) -> list[list[Observation]]:
    """Store batches, each in a transaction of its own."""
    index = SeriesIndex()
    new = []
    for batch in batches:
        ensure_months(engine, [o.ts for o in batch])
        with writing(engine) as connection:
            new.append(list(store(connection, index, Observations.of(index, batch))))
        index.committed()
    return new


def one(ts: int, value: float | bool | str = 1.0, metric: str = "pm2_5", quality: int = 0) -> Observation:
    """An observation of air-01."""
    return Observation("air-01", metric, START + ts, value, quality)


def newest(engine: Engine, at: int | None = None) -> tuple[int, float]:
    """Time and value of the newest reading."""
    with engine.connect() as connection:
        (row,) = latest_at(connection, ["air-01"], "heling", at)
    return row.ts - START, row.value


OBSERVED = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 100)), min_size=1, max_size=30)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(OBSERVED, min_size=1, max_size=4))
def test_in_whatever_order_and_however_often_sent_each_is_kept_once(
    engine: Engine, batches: list[list[tuple[int, int]]]
) -> None:
    device = f"d-{next(NUMBER)}"
    add(engine, device)
    sent = [[Observation(device, "pm2_5", START + m * 20 * MINUTE, float(v), 0) for m, v in batch] for batch in batches]
    new = keep(engine, *sent)
    first: dict[int, float] = {}
    for batch in sent:
        for o in batch:
            first.setdefault(o.ts, float(o.value))
    assert sum(len(batch) for batch in new) == len(first)
    with engine.connect() as connection:
        found = history(connection, device, "pm2_5", START, START + DAY, 1_000)
        assert [(r.ts, r.value) for r in found] == sorted(first.items(), reverse=True)
        (last,) = latest_at(connection, [device], "heling", None)
        assert (last.ts, last.value) == max(first.items())
        hours = aggregate(connection, device, "pm2_5", START, START + DAY, HOUR, 100)
        for step in hours:
            values = [v for ts, v in first.items() if step.ts <= ts < step.ts + HOUR]
            assert (step.low, step.high, step.count) == (min(values), max(values), len(values))
            assert abs(step.mean - mean(values)) < 1e-9
        assert sum(step.count for step in hours) == len(first)


def test_a_late_reading_is_history_and_not_the_latest(engine: Engine) -> None:
    add(engine, "air-01")
    keep(engine, [one(10, 2.0)], [one(5, 9.0)])
    assert newest(engine) == (10, 2.0)
    assert newest(engine, at=START + 7) == (5, 9.0)


def test_a_value_comes_back_as_it_was_sent(engine: Engine) -> None:
    add(engine, "air-01")
    sent = {"smoke": True, "pm2_5": 35, "temperature": 21.5, "firmware": "版本 2"}
    keep(engine, [one(0, value, metric) for metric, value in sent.items()])
    with engine.connect() as connection:
        for metric, value in sent.items():
            (found,) = history(connection, "air-01", metric, START, START, 1)
            assert found.value == value
            assert type(found.value) is type(value)


def test_a_suspect_reading_is_kept_but_not_averaged(engine: Engine) -> None:
    add(engine, "air-01")
    keep(engine, [one(0, 30.0), one(MINUTE, -999.0, quality=int(Quality.OUT_OF_RANGE)), one(2 * MINUTE, 50.0)])
    with engine.connect() as connection:
        assert len(history(connection, "air-01", "pm2_5", START, START + HOUR, 10)) == 3
        for every in (HOUR, 30 * MINUTE):
            (step,) = aggregate(connection, "air-01", "pm2_5", START, START + HOUR - 1, every, 10)
            assert (step.mean, step.low, step.count) == (40.0, 30.0, 2)


def test_a_series_of_a_transaction_that_was_rolled_back_is_made_again(engine: Engine) -> None:
    add(engine, "air-01")
    ensure_months(engine, [START])
    index = SeriesIndex()
    with suppress(InterruptedError), writing(engine) as connection:
        store(connection, index, Observations.of(index, [one(0, 1.0)]))
        raise InterruptedError
    with writing(engine) as connection:
        assert len(store(connection, index, Observations())) == 0
    index.committed()
    with writing(engine) as connection:
        store(connection, index, Observations.of(index, [one(0, 1.0)]))
    assert newest(engine) == (0, 1.0)


def test_any_number_of_new_metrics_at_once_is_kept(engine: Engine) -> None:
    add(engine, "air-01")
    keep(engine, [one(0, float(i), f"m{i}") for i in range(40_000)])
    with engine.connect() as connection:
        assert len(metrics_of(connection, "air-01")) == 40_000


def test_a_day_is_one_of_shanghai_and_its_sums_are_those_of_its_readings(engine: Engine) -> None:
    add(engine, "air-01")
    midnight = START + 16 * HOUR
    keep(engine, [one(16 * HOUR - 1, 10.0), one(16 * HOUR, 20.0)], [one(16 * HOUR + DAY - 1, 40.0)])
    with engine.connect() as connection:
        days = aggregate(connection, "air-01", "pm2_5", START, START + 3 * DAY, DAY, 10)
    assert [(d.ts, d.mean, d.low, d.high, d.count) for d in days] == [
        (midnight, 30.0, 20.0, 40.0, 2),
        (midnight - DAY, 10.0, 10.0, 10.0, 1),
    ]


def test_what_is_ahead_is_asked_anew_however_long_the_process_runs(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = now()
    for n in range(9):
        add(engine, f"old-{n}")
        add(engine, f"air-{n}")
    begun = [Observation(f"old-{n}", "pm2_5", at - 9 * HOUR, 1.0, 0) for n in range(9)]
    ahead = [Observation(f"air-{n}", "pm2_5", at + 8 * HOUR, 99.0, int(Quality.CLOCK_AHEAD)) for n in range(9)]
    right = [Observation(f"air-{n}", "pm2_5", at, 35.0, 0) for n in range(9)]
    monkeypatch.setattr("sensors.horizon.now", lambda: at - 9 * HOUR)
    keep(engine, begun)
    monkeypatch.setattr("sensors.horizon.now", now)
    keep(engine, ahead, right)
    with engine.connect() as connection:
        assert set(connection.scalars(select(latest.c.value).where(latest.c.ts >= at))) == {35.0}


def test_a_clock_that_ran_ahead_does_not_keep_out_what_comes_after_it_was_set_right(engine: Engine) -> None:
    add(engine, "air-01")
    at = now()
    ahead = Observation("air-01", "pm2_5", at + 8 * HOUR, 99.0, int(Quality.CLOCK_AHEAD))
    keep(engine, [ahead], [Observation("air-01", "pm2_5", at, 35.0, 0)])
    assert newest(engine)[1] == 35.0
    keep(engine, [Observation("air-01", "pm2_5", at - MINUTE, 1.0, 0)])
    assert newest(engine)[1] == 35.0
