"""A word becomes another one for a metric: what comes is stored under that, and what was stored follows."""

import json
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, delete

from sensors.bus.message import Message
from sensors.codecs.installed import codecs
from sensors.devices.words import Changed, Key, Scope
from sensors.errors import WordError
from sensors.intake.writer import Writer
from sensors.readings import history, moving, renaming
from sensors.readings.history import Reading
from sensors.readings.renaming import declare, withdraw
from sensors.tables import reading
from store import audit
from store.engine import writing
from store.instant import DAY, HOUR, MILLISECOND, MINUTE, Instant, day_of, now
from tests.database import add, ensure_months
from tests.sensors.readings.archive.months import archived

NUMBERS = count(1)
START = day_of(now()) - 3 * DAY
ITS_OWN = Key("heling", Scope.DEVICE, "air-01", "PM2.5")
OF_ITS_KIND = Key("heling", Scope.KIND, "air", "PM2.5")


def message(ts: Instant, values: dict[str, object], device: str = "air-01") -> Message:
    payload = json.dumps({"ts": ts // MILLISECOND, "values": values}).encode()
    return Message(f"cim/v1/heling/{device}/telemetry", payload, now(), mid=next(NUMBERS))


def say(writer: Writer, engine: Engine, *said: tuple[Instant, dict[str, object]], device: str = "air-01") -> list[str]:
    """Have a device say this; returns the reasons of what was refused."""
    ensure_months(engine, [START + ts for ts, _ in said])
    batch = writer.decode([message(START + ts, values, device) for ts, values in said])
    writer.store(batch)
    return [refusal.detail for refusal in batch.refusals]


def kept(engine: Engine, metric: str, device: str = "air-01") -> list[Reading]:
    with engine.connect() as connection:
        return history.history(connection, device, metric, 0, now(), 100)[::-1]


def sums(engine: Engine, every: int, metric: str = "pm2_5") -> list[tuple[Instant, float, int]]:
    """(time since START, mean, count) of each step."""
    with engine.connect() as connection:
        rows = history.aggregate(connection, "air-01", metric, START - DAY, now(), every, 100)
    return [(row.ts - START, row.mean, row.count) for row in rows][::-1]


@pytest.fixture
def writer(engine: Engine) -> Writer:
    add(engine, "air-01")
    return Writer(engine, [], codecs())


def test_what_was_stored_under_a_word_follows_and_what_comes_is_stored_under_the_metric(
    engine: Engine, writer: Writer
) -> None:
    say(writer, engine, (0, {"PM2.5": 30}), (MINUTE, {"PM2.5": 5000}), (HOUR, {"PM2.5": 40}))
    followed = declare(engine, ITS_OWN, "pm2_5", "somebody")
    assert (followed.devices, followed.readings, followed.twice, followed.suspect) == (1, 3, 0, 1)
    say(writer, engine, (2 * HOUR, {"PM2.5": 50}))
    assert kept(engine, "PM2.5") == []
    assert [(one.value, one.quality) for one in kept(engine, "pm2_5")] == [
        (30, "good"),
        (5000, "suspect"),
        (40, "good"),
        (50, "good"),
    ]
    # The reading that is doubtful now is no part of the sums any more.
    assert sums(engine, HOUR) == [(0, 30, 1), (HOUR, 40, 1), (2 * HOUR, 50, 1)]
    assert sums(engine, DAY) == [(0, 40, 3)]
    with engine.connect() as connection:
        assert history.metrics_of(connection, "air-01") == ["pm2_5"]
        [row] = history.latest_at(connection, None, "heling", None)
        assert (row.metric, row.value, row.quality) == ("pm2_5", 50, 0)
        [told] = [row for row in audit.rows(connection, 10) if row["action"] == "device.word"]
    assert (told["actor"], told["object"], told["detail"]["word"], told["detail"]["readings"]) == (
        "somebody",
        "air-01",
        "PM2.5",
        3,
    )


def test_what_stands_under_both_at_one_time_stays_as_it_was_said_under_the_metric_and_is_told(
    engine: Engine, writer: Writer
) -> None:
    say(writer, engine, (0, {"pm2_5": 10}), (MINUTE, {"pm2_5": 20}))
    say(writer, engine, (MINUTE, {"PM2.5": 99}), (2 * MINUTE, {"PM2.5": 60}), (HOUR, {"PM2.5": 70}))
    followed = declare(engine, ITS_OWN, "pm2_5", "somebody")
    assert (followed.readings, followed.twice) == (2, 1)
    assert [one.value for one in kept(engine, "PM2.5")] == [99]
    assert [one.value for one in kept(engine, "pm2_5")] == [10, 20, 60, 70]
    assert sums(engine, HOUR) == [(0, 30, 3), (HOUR, 70, 1)]
    assert sums(engine, DAY) == [(0, 40, 4)]
    with engine.connect() as connection:
        assert [row.value for row in history.latest_at(connection, None, "heling", None)] == [70]


def test_a_word_of_a_kind_is_every_ones_but_whose_own_means_something_else(engine: Engine, writer: Writer) -> None:
    for device in ("air-02", "air-03"):
        add(engine, device)
    add(engine, "noise-01", "noise")
    for device in ("air-01", "air-02", "air-03", "noise-01"):
        say(writer, engine, (0, {"PM2.5": 30}), device=device)
    declare(engine, Key("heling", Scope.DEVICE, "air-03", "PM2.5"), "pm10", "somebody")
    assert declare(engine, OF_ITS_KIND, "pm2_5", "somebody").devices == 2
    for device in ("air-01", "air-02", "air-03", "noise-01"):
        say(writer, engine, (MINUTE, {"PM2.5": 31}), device=device)
    for device, metric in (("air-01", "pm2_5"), ("air-02", "pm2_5"), ("air-03", "pm10"), ("noise-01", "PM2.5")):
        assert [one.value for one in kept(engine, metric, device)] == [30, 31], device


def test_what_was_read_before_a_word_was_declared_is_read_again_before_it_is_stored(
    engine: Engine, writer: Writer
) -> None:
    say(writer, engine, (0, {"PM2.5": 30, "pm2_5": 1}), (MINUTE, {"PM2.5": 31}))
    begun = writer.decode([message(START + 2 * MINUTE, {"PM2.5": 32})])
    declare(engine, ITS_OWN, "pm2_5", "somebody")
    with pytest.raises(Changed):
        writer.store(begun)
    assert say(writer, engine, (2 * MINUTE, {"PM2.5": 32})) == []
    assert [one.value for one in kept(engine, "pm2_5")] == [1, 31, 32]


def test_of_two_names_in_one_message_that_mean_the_same_the_first_good_one_counts(
    engine: Engine, writer: Writer
) -> None:
    declare(engine, ITS_OWN, "pm2_5", "somebody")
    why = ["two names mean 'pm2_5' at the same time"]
    assert say(writer, engine, (0, {"PM2.5": 30, "pm2_5": 31, "temperature": 20})) == why
    assert say(writer, engine, (MINUTE, {"PM2.5": 5000, "pm2_5": 32})) == why
    assert [one.value for one in kept(engine, "pm2_5")] == [30, 32]
    assert [one.value for one in kept(engine, "temperature")] == [20]


def test_a_word_given_and_taken_back_between_two_messages_leads_nobody_into_the_series_of_another(
    engine: Engine, writer: Writer
) -> None:
    add(engine, "gate-01", "gate")
    say(writer, engine, (0, {"pm2_5": 30}), (MINUTE, {"PM2.5": 55}))
    declare(engine, ITS_OWN, "pm2_5", "somebody")
    withdraw(engine, ITS_OWN, "somebody")
    say(writer, engine, (2 * MINUTE, {"enter_total": 1000}), device="gate-01")
    say(writer, engine, (3 * MINUTE, {"PM2.5": 7}))
    assert [one.value for one in kept(engine, "enter_total", "gate-01")] == [1000]
    assert [one.value for one in kept(engine, "PM2.5")] == [55, 7]
    assert [one.value for one in kept(engine, "pm2_5")] == [30]


def test_what_was_interrupted_goes_on_piece_by_piece_until_nothing_is_left(
    engine: Engine, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(writer, engine, *((n * 20 * MINUTE, {"PM2.5": n}) for n in range(10)), (7 * MINUTE, {"pm2_5": 50}))
    monkeypatch.setattr(moving, "ROWS_AT_ONCE", 4)
    steps, do = iter(range(2)), moving._step

    def killed(*given: Any) -> Any:
        next(steps)
        return do(*given)

    monkeypatch.setattr(moving, "_step", killed)
    with pytest.raises(StopIteration):
        declare(engine, ITS_OWN, "pm2_5", "somebody")
    assert len(kept(engine, "pm2_5")) == 9
    monkeypatch.setattr(moving, "_step", do)
    assert renaming.go_on(engine).readings == 2
    assert renaming.go_on(engine).readings == 0
    assert sorted(one.value for one in kept(engine, "pm2_5")) == [*range(10), 50]
    assert [n for _, _, n in sums(engine, HOUR)] == [4, 3, 3, 1]
    assert sums(engine, DAY) == [(0, 95 / 11, 11)]


def test_a_word_that_is_taken_back_means_itself_again(engine: Engine, writer: Writer) -> None:
    declare(engine, ITS_OWN, "pm2_5", "somebody")
    say(writer, engine, (0, {"PM2.5": 30}))
    withdraw(engine, ITS_OWN, "somebody")
    say(writer, engine, (MINUTE, {"PM2.5": 31}))
    assert kept(engine, "pm2_5") == []
    assert [(one.value, one.quality) for one in kept(engine, "PM2.5")] == [
        (30, "unknown_metric"),
        (31, "unknown_metric"),
    ]
    with pytest.raises(WordError, match=r"no word of 'air-01'"):
        withdraw(engine, ITS_OWN, "somebody")


def test_a_word_that_is_taken_back_takes_what_came_by_it_and_leaves_all_else(
    engine: Engine, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "ROWS_AT_ONCE", 2)
    # Before: its own, a double, one out of range; after: by the word, by the metric, by another word.
    say(writer, engine, (0, {"pm2_5": 10}), (MINUTE, {"pm2_5": 11}))
    say(writer, engine, (MINUTE, {"PM2.5": 99}), (2 * MINUTE, {"PM2.5": 5000}), (HOUR, {"PM2.5": 70}))
    say(writer, engine, (HOUR + MINUTE, {"feinstaub": 7}))
    declare(engine, ITS_OWN, "pm2_5", "somebody")
    declare(engine, ITS_OWN._replace(word="feinstaub"), "pm2_5", "somebody")
    say(writer, engine, (2 * HOUR, {"PM2.5": 50}), (2 * HOUR + MINUTE, {"pm2_5": 51}), (3 * HOUR, {"PM2.5": 52}))
    back = withdraw(engine, ITS_OWN, "somebody")
    assert (back.devices, back.readings) == (1, 4)
    assert [one.value for one in kept(engine, "pm2_5")] == [10, 11, 7, 51]
    assert [(one.value, one.quality) for one in kept(engine, "PM2.5")] == [
        (value, "unknown_metric") for value in (99, 5000, 70, 50, 52)
    ]
    assert sums(engine, HOUR) == [(0, 10.5, 2), (HOUR, 7, 1), (2 * HOUR, 51, 1)]
    assert sums(engine, DAY) == [(0, 79 / 4, 4)]
    assert sums(engine, HOUR, "PM2.5") == [(0, 5099 / 2, 2), (HOUR, 70, 1), (2 * HOUR, 50, 1), (3 * HOUR, 52, 1)]
    with engine.connect() as connection:
        found = {row.metric: (row.value, row.quality) for row in history.latest_at(connection, None, "heling", None)}
    assert found == {"PM2.5": (52, 2), "pm2_5": (51, 0)}


def test_a_word_that_means_another_metric_takes_along_what_came_by_it(engine: Engine, writer: Writer) -> None:
    say(writer, engine, (0, {"PM2.5": 30}))
    declare(engine, OF_ITS_KIND, "pm2_5", "somebody")
    say(writer, engine, (MINUTE, {"PM2.5": 31}))
    # The device's own meaning goes before its kind's, and what that one had is back once it is withdrawn.
    declare(engine, ITS_OWN, "pm10", "somebody")
    assert kept(engine, "pm2_5") == []
    assert [one.value for one in kept(engine, "pm10")] == [30, 31]
    withdraw(engine, ITS_OWN, "somebody")
    assert [one.value for one in kept(engine, "pm2_5")] == [30, 31]
    assert (kept(engine, "pm10"), kept(engine, "PM2.5")) == ([], [])


def test_taking_back_goes_on_where_it_was_interrupted_and_stops_where_the_word_is_given_again(
    engine: Engine, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "ROWS_AT_ONCE", 4)
    declare(engine, ITS_OWN, "pm2_5", "somebody")
    say(writer, engine, *((n * 20 * MINUTE, {"PM2.5": n}) for n in range(10)))
    do = moving._step_back

    def interrupted() -> None:
        steps = iter(range(1))

        def killed(*given: Any) -> Any:
            next(steps)
            return do(*given)

        monkeypatch.setattr(moving, "_step_back", killed)
        with pytest.raises(StopIteration):
            withdraw(engine, ITS_OWN, "somebody")
        monkeypatch.setattr(moving, "_step_back", do)

    interrupted()
    assert [one.value for one in kept(engine, "pm2_5")] == list(range(4, 10))
    declare(engine, ITS_OWN, "pm2_5", "somebody")
    assert [one.value for one in kept(engine, "pm2_5")] == list(range(10))
    interrupted()
    # What came by its name meanwhile, of a time that is still to go back, was said later: the first counts.
    say(writer, engine, (180 * MINUTE, {"PM2.5": 77}), (190 * MINUTE, {"PM2.5": 78}))
    assert renaming.go_on(engine).readings == 6
    assert renaming.go_on(engine).readings == 0
    assert kept(engine, "pm2_5") == []
    assert [one.value for one in kept(engine, "PM2.5")] == [*range(10), 78]


def test_hours_of_which_no_readings_are_kept_go_and_come_back_too(engine: Engine, writer: Writer) -> None:
    say(writer, engine, (0, {"PM2.5": 30}), (HOUR, {"pm2_5": 5}))
    declare(engine, ITS_OWN, "pm2_5", "somebody")
    say(writer, engine, (2 * HOUR, {"PM2.5": 40}), (DAY, {"PM2.5": 1}))
    with writing(engine) as connection:
        connection.execute(delete(reading).where(reading.c.ts < START + DAY))
    withdraw(engine, ITS_OWN, "somebody")
    assert sums(engine, HOUR) == [(HOUR, 5, 1)]
    assert sums(engine, HOUR, "PM2.5") == [(0, 30, 1), (2 * HOUR, 40, 1), (DAY, 1, 1)]
    assert sums(engine, DAY, "PM2.5") == [(0, 35, 2), (DAY, 1, 1)]


def test_readings_of_archived_months_go_and_come_back_with_the_sums_of_their_hours(
    engine: Engine, writer: Writer
) -> None:
    old = -200 * DAY
    said = [(old, {"PM2.5": 30}), (old + MINUTE, {"PM2.5": 50}), (0, {"PM2.5": 7})]
    say(writer, engine, *said)
    assert archived(engine, now()).readings == 2
    # It comes late, into an hour of which the others are archived.
    say(writer, engine, (old + 2 * MINUTE, {"PM2.5": 70}))
    for give, own, other in ((True, "PM2.5", "pm2_5"), (False, "pm2_5", "PM2.5")):
        moved = declare(engine, ITS_OWN, "pm2_5", "somebody") if give else withdraw(engine, ITS_OWN, "somebody")
        assert moved.readings == 4
        with engine.connect() as connection:
            of = history.aggregate(connection, "air-01", other, START + old - DAY, now(), HOUR, 100)[::-1]
            assert [(row.mean, row.count) for row in of] == [(50, 3), (7, 1)]
            assert history.aggregate(connection, "air-01", own, START + old - DAY, now(), HOUR, 100) == []


def test_what_can_be_no_word_is_refused_and_nothing_is_changed(engine: Engine, writer: Writer) -> None:
    say(writer, engine, (0, {"Temp": 20, "temperature": 21}))
    for word, metric, why in (
        ("PM2.5", "nothing", "not one of"),
        ("pm10", "pm2_5", "is a metric itself"),
        ("Temp", "temperature", "they are two"),
    ):
        with pytest.raises(WordError, match=why):
            declare(engine, ITS_OWN._replace(word=word), metric, "somebody")
    assert [one.value for one in kept(engine, "Temp")] == [20]
    assert say(writer, engine, (MINUTE, {"Temp": 20, "temperature": 21})) == []
