"""What comes late is kept once, found in files before the transaction that stores it, and by what is late alone."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from sensors.bus.message import Message
from sensors.codecs.installed import codecs
from sensors.intake import past
from sensors.intake.playback import take_again
from sensors.intake.writer import Writer
from sensors.readings.archive import asking, late, parts, thawing
from sensors.readings.columns import Observation, Observations, Series, SeriesIndex
from sensors.readings.observations import store
from sensors.refusal import Reason
from sensors.tables import series
from store.engine import writing
from store.instant import DAY, HOUR, Instant
from tests.database import add, ensure_months, new_database
from tests.sensors.readings.archive.months import NOW, archived, at, hot, keep

BEGIN = at(2026, 2, 20)
STEP = 7 * HOUR
STEPS = 300
METRICS = ("a", "b", "c")


def said(metric: str, step: int) -> Observation:
    """What stands at a step; of ``c`` every third one."""
    return Observation("air-01", metric, BEGIN + step * STEP, step / 10, 0)


def there() -> list[Observation]:
    """All that is archived at first."""
    return [said(metric, n) for metric in METRICS for n in range(STEPS) if metric != "c" or n % 3 == 0]


@pytest.fixture(scope="module")
def three_months(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = new_database(tmp_path_factory.mktemp("late"))
    add(engine, "air-01")
    keep(engine, *there())
    archived(engine)
    # Of a file that has become a second one, a series of the first counts no more.
    with engine.connect() as connection:
        number = connection.scalar(select(series.c.id).where(series.c.metric == "b")) or 0
    thawing.thaw(engine, [number], at(2026, 3, 1), at(2026, 4, 1))
    archived(engine)
    yield engine
    engine.dispose()


KEYS = st.tuples(
    st.sampled_from((*METRICS, "new")),
    st.integers(-20, STEPS + 20),
    st.sampled_from((0, 0, 0, 1, -1, HOUR)),
)


@settings(max_examples=40)
@given(st.lists(KEYS, max_size=30, unique=True))
def test_what_is_in_files_is_found_there_and_nothing_else(
    three_months: Engine, wanted: list[tuple[str, int, Instant]]
) -> None:
    known = {(one.metric, one.ts) for one in there()}
    keys = [(metric, BEGIN + step * STEP + off) for metric, step, off in wanted]
    of = {metric: Series.of("air-01", metric) for metric in (*METRICS, "new")}
    looked = late.look(three_months, [of[metric] for metric, _ in keys], [ts for _, ts in keys])
    with three_months.connect() as connection:
        number = dict(connection.execute(select(series.c.metric, series.c.id)).all()) | {"new": 99}
        numbers = np.array([number[metric] for metric, _ in keys], np.int64)
        times = np.array([ts for _, ts in keys], np.int64)
        for before in (looked, None):
            found = late.is_known(connection, numbers, times, before).tolist()
            assert found == [key in known for key in keys]
        connection.rollback()


def test_files_are_not_read_again_where_others_wait(three_months: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    index = SeriesIndex()
    told = Observations.of(index, [said("a", 0), said("a", STEPS - 1)])
    looked = late.look(three_months, told.series, told.ts)
    monkeypatch.setattr(asking, "which", None)
    with writing(three_months) as connection:
        assert not len(store(connection, index, told, looked))


def test_only_the_files_of_what_is_late_are_read(three_months: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(asking.sums, "check", lambda file: read.append(file.name[9:16]))
    of = Series.of("air-01", "a")
    late.look(three_months, [of, of], [BEGIN, BEGIN + (STEPS - 1) * STEP])
    assert read == ["2026-02", "2026-05"]


def test_what_tells_too_much_of_the_past_waits_and_is_taken_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(engine, "air-01")
    keep(engine, *(said(metric, n) for metric in "ab" for n in range(200)))
    archived(engine)
    monkeypatch.setattr(past, "MOST", 3.0)
    monkeypatch.setattr(past, "A_SECOND", 0.0)
    writer = Writer(engine, [], codecs(), past.Allowance())
    topic = "cim/v1/heling/air-01/telemetry"
    told = [{"ts": (BEGIN + n * STEP) // 1_000 + 7, "values": {"a": 1.5, "b": 2.5}} for n in (0, 10, 150)]
    messages = [Message(topic, json.dumps(one).encode(), NOW, mid=n) for n, one in enumerate(told)]
    batch = writer.decode(messages)
    # The first two are of the same month; of another there is not enough left.
    assert [(one.mid, one.reason) for one in batch.refusals] == [(2, Reason.PAST_AT_ONCE)]
    writer.store(batch)
    assert hot(engine) == 4
    assert take_again(engine, list, codecs(), 60) == 1
    assert hot(engine) == 6
    assert take_again(engine, list, codecs(), 60) == 0


def test_what_is_archived_after_it_was_looked_for_is_known(engine: Engine) -> None:
    add(engine, "air-01")
    keep(engine, *(said("a", n) for n in range(20)))
    archived(engine)
    keep(engine, said("a", 5)._replace(ts=BEGIN + 1))
    index = SeriesIndex()
    told = Observations.of(index, [Observation("air-01", "a", BEGIN + n, 1.5, 0) for n in (0, 1, 2)])
    looked = late.look(engine, told.series, told.ts)
    assert len(looked.found) == 1
    archived(engine)
    assert hot(engine) == 0
    ensure_months(engine, told.ts)
    with writing(engine) as connection:
        assert [one.ts for one in store(connection, index, told, looked)] == [BEGIN + 2]


def test_what_came_back_after_it_was_looked_for_is_known(engine: Engine) -> None:
    add(engine, "air-01")
    keep(engine, *(said("a", n) for n in range(20)))
    archived(engine)
    index = SeriesIndex()
    told = Observations.of(index, [said("a", 3), said("a", 3)._replace(ts=BEGIN + 1)])
    looked = late.look(engine, told.series, told.ts)
    with engine.connect() as connection:
        numbers = list(connection.scalars(select(series.c.id)))
    thawing.thaw(engine, numbers, 0, BEGIN + 99 * DAY)
    with writing(engine) as connection:
        assert [one.ts for one in store(connection, index, told, looked)] == [BEGIN + 1]
    with engine.connect() as connection:
        assert not parts.counting(connection, parts.read(connection), None, 0, asking.ALWAYS)
