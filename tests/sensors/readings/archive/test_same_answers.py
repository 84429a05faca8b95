"""Every question about the past is answered alike whether a month is archived or not, also where some came late."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from layers.alarms.trials import gaps, past
from layers.alarms.trials.gaps import Talk
from layers.alarms.watching import recall
from layers.course import Span
from layers.devices.moves import moves
from sensors.devices.past import devices_at
from sensors.quality import Quality
from sensors.readings import history, spans, streams, summary
from sensors.readings.columns import Observation, Series
from sensors.tables import series
from store.instant import DAY, HOUR, MINUTE, SECOND, Instant, clock_at
from tests.database import add, new_database
from tests.sensors.readings.archive.months import NOW, archived, at, hot, keep

BEGIN, END = at(2026, 3, 1), at(2026, 8, 10)
SUSPECT = int(Quality.OUT_OF_RANGE)
MIDNIGHT = at(2026, 3, 31, 16)
"""April in Asia/Shanghai: eight hours before a month of UTC ends."""


def said() -> list[Observation]:
    """Five months of three devices: numbers, a counter, words, what is suspect, and a silence of weeks."""
    chance, made = random.Random(5), []
    ts = BEGIN
    while ts < END:
        jitter = chance.randrange(SECOND)
        for device in ("air-01", "air-02"):
            value = round(chance.uniform(0, 80), 1)
            quality = SUSPECT if chance.random() < 0.02 else 0
            made.append(Observation(device, "pm2_5", ts + jitter, value, quality))
        if not at(2026, 4, 10) < ts < at(2026, 5, 20):
            made.append(Observation("air-01", "energy", ts, (ts - BEGIN) / HOUR / 3, 0))
            made.append(Observation("air-01", "mode", ts, chance.choice(["自动", "手动", ""]), 2))
        ts += 5 * HOUR
    edges = (MIDNIGHT - 1, MIDNIGHT, at(2026, 4, 1) - 1, at(2026, 4, 1), at(2026, 5, 1) - 1)
    made += [Observation("air-01", "pm2_5", edge, 7.0, 0) for edge in edges]
    # One that has said nothing since.
    return [*made, Observation("air-03", "pm2_5", at(2026, 3, 20, 1), 5.5, 0)]


def late() -> list[Observation]:
    """What comes when its month is archived: new, and some of it once more."""
    new = [Observation("air-02", "pm2_5", at(2026, 4, 12) + n * HOUR + 17, 1.25 * n, 0) for n in range(30)]
    new.append(Observation("air-02", "mode", at(2026, 5, 2), "夜间", 2))
    return [*new, Observation("air-01", "pm2_5", MIDNIGHT, 99.0, 0)]


def answers(connection: Connection) -> dict[str, Any]:
    """What is answered of the past, with figures rounded by how two databases add up."""
    number = dict(connection.execute(select(series.c.device_id, series.c.id).where(series.c.metric == "pm2_5")).all())
    names = {number: device for device, number in number.items()}
    moments = [BEGIN - 1, BEGIN + DAY, MIDNIGHT, at(2026, 4, 20, 5), at(2026, 6, 1), at(2026, 7, 15), END + DAY]
    found: dict[str, Any] = {"first": history.first_of(connection, "heling")}
    for device in ("air-01", "air-02", "air-03"):
        found["metrics", device] = history.metrics_of(connection, device)
        for metric in ("pm2_5", "energy", "mode"):
            for begin, end in ((BEGIN, END), (MIDNIGHT, MIDNIGHT), (at(2026, 4, 12), at(2026, 6, 3))):
                asked = (connection, device, metric, begin, end)
                found["history", *asked[1:]] = history.history(*asked, 10_000)
                found["newest", *asked[1:]] = history.history(*asked, 7)
                found["suspect", *asked[1:]] = history.suspect(*asked, 5)
                for every in (20 * MINUTE, HOUR, DAY):
                    found["steps", every, *asked[1:]] = history.aggregate(*asked, every, 500)
    found |= _of_streams(connection)
    for moment in moments:
        found["latest", moment] = sorted(map(tuple, history.latest_at(connection, None, "heling", moment)))
        found["one", moment] = history.latest_at(connection, ["air-03"], "heling", moment)
        found["devices", moment] = [one.id for one in devices_at(connection, "heling", at=moment)]
        found["any", moment] = history.is_any_of(connection, "heling", moment, moment + DAY)
        found["trend", moment] = summary.trend(connection, "heling", ["pm2_5", "energy"], 5, moment)
        found["means", moment] = summary.means(connection, "heling", moment)
        days = [(moment - moment % DAY - 16 * HOUR, moment + DAY)]
        found["spans", moment] = spans.of_devices(connection, "heling", "energy", days, moment)
        found["recall", moment] = list(recall.past(connection, _series(number["air-02"]), moment, DAY))
    talks = {device: Talk((one,), 6 * HOUR) for device, one in number.items()}
    talks["several"] = Talk(tuple(number.values()), 6 * HOUR)
    for begin, end in ((BEGIN - DAY, END), (at(2026, 4, 1), at(2026, 6, 1)), (at(2026, 7, 1), END)):
        found["gaps", begin] = gaps.gaps(connection, talks, begin, end)
        wanted = [(one, begin + DAY, begin + 3 * DAY) for one in number.values()]
        values = past.values(connection, wanted, begin, end)
        found["values", begin] = {
            names[one]: (some.ts.tolist(), some.value.tolist()) for one, some in sorted(values.items())
        }
    span = Span(MIDNIGHT - DAY, MIDNIGHT + 2 * DAY, HOUR)
    known = {one: {"latest": {}, "connected": None, "connected_at": None} for one in ("air-01", "air-02", "air-03")}
    found["moves"] = list(moves("heling")(connection, known, span))
    return {name: _plain(one) for name, one in found.items()}


def _of_streams(connection: Connection) -> dict[str, Any]:
    """What is answered of several series at once, from the newest and from the oldest on."""
    rows = connection.execute(select(series)).all()
    names = {row.id: (row.device_id, row.metric) for row in rows}
    kinds = {row.id: row.kind for row in rows}
    found: dict[str, Any] = {}
    for begin, end in ((BEGIN, END), (at(2026, 4, 12), at(2026, 6, 3)), (at(2026, 7, 1), END)):
        for limit in (7, 10_000):
            for oldest in (False, True):
                some = streams.some_of_each(connection, kinds, begin, end, limit, is_oldest_first=oldest)
                found["streams", begin, limit, oldest] = {names[one]: some[one] for one in sorted(some, key=names.get)}
        many = streams.how_many(connection, kinds, begin, end, 10_000)
        found["how many", begin] = {names[one]: many[one] for one in sorted(kinds, key=names.get)}
    return found


def _series(number: int) -> Series:
    made = Series.of("air-02", "pm2_5")
    made.number = number
    return made


def _plain(one: Any) -> Any:
    """As built-in values, figures rounded."""
    if isinstance(one, float):
        return float(f"{one:.9g}")
    if isinstance(one, dict):
        return {key: _plain(value) for key, value in one.items()}
    if hasattr(one, "__dataclass_fields__"):
        return [_plain(getattr(one, name)) for name in one.__dataclass_fields__]
    if not isinstance(one, str) and hasattr(one, "__iter__"):
        return [_plain(value) for value in one]
    return one


@pytest.fixture
def at_that_time() -> Iterator[Instant]:
    with clock_at(NOW):
        yield NOW


def test_every_question_is_answered_as_if_nothing_were_archived(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory, at_that_time: Instant
) -> None:
    reference = new_database(tmp_path_factory.mktemp("reference"))
    for database in (engine, reference):
        for device in ("air-01", "air-02", "air-03"):
            add(database, device)
        keep(database, *said())
    keep(reference, *late())
    with reference.connect() as connection:
        expected = answers(connection)
    reference.dispose()

    archived(engine)
    before = hot(engine)
    assert keep(engine, *late()) == len(late()) - 1
    with engine.connect() as connection:
        found = answers(connection)
    for name, answer in expected.items():
        assert found[name] == answer, f"{name}, where some of it came late"
    archived(engine)
    assert hot(engine) == before
    with engine.connect() as connection:
        assert answers(connection) == expected
