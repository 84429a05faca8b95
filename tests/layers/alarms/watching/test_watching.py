"""Rules over the stream: what they raise and when, on both databases, as ingest calls them."""

import pytest
from sqlalchemy import Engine, func, insert, select
from sqlalchemy.exc import OperationalError

from geo.ground import place
from layers.alarms import queries
from layers.alarms.rules import Schedule
from layers.alarms.tables import alarm_hour, alarm_watch
from sensors.devices import registry
from sensors.intake.batch import Batch
from sensors.tables import device_clock, reading
from sensors.unforeseen import faults
from store.engine import writing
from store.instant import HOUR, SECOND, SHANGHAI, format_local, to_datetime
from store.language import Word
from store.notices import notice
from tests.layers.alarms.stand import HELING, Stand


@pytest.fixture
def stand(engine: Engine) -> Stand:
    """Two air stations, and no rule but the test's own."""
    made = Stand(engine)
    made.device("air-1")
    made.device("air-2")
    made.only()
    return made


def test_beyond_the_limit_raises_once_and_below_it_returns(stand: Stand) -> None:
    stand.rule()
    stand.say((0, "air-1", {"pm2_5": 99}))
    assert stand.told() == []
    stand.say((10, "air-1", {"pm2_5": 101}), (10, "air-2", {"pm2_5": 50}))
    stand.say((20, "air-1", {"pm2_5": 140}))
    assert stand.told() == [("test.rule", "air-1", "unacknowledged", 10, None)]
    stand.say((30, "air-1", {"pm2_5": 100}))
    assert stand.told() == [("test.rule", "air-1", "returned", 10, 30)]
    [one] = stand.alarms()
    assert (one.value, one.threshold, one.area, one.priority) == (101, 100, "chenglu", "medium")


def test_a_value_within_the_deadband_keeps_it(stand: Stand) -> None:
    stand.rule(deadband=20.0)
    for second, value in ((0, 110), (10, 95), (20, 105), (30, 81)):
        stand.say((second, "air-1", {"pm2_5": value}))
    assert stand.told() == [("test.rule", "air-1", "unacknowledged", 0, None)]
    stand.say((40, "air-1", {"pm2_5": 80}))
    assert stand.told() == [("test.rule", "air-1", "returned", 0, 40)]


def test_it_must_last_for_the_on_delay_and_be_gone_for_the_off_delay(stand: Stand) -> None:
    stand.rule(on_delay_s=60.0, off_delay_s=30.0)
    stand.say((0, "air-1", {"pm2_5": 110}))
    stand.say((50, "air-1", {"pm2_5": 90}))
    stand.say((70, "air-1", {"pm2_5": 120}))
    stand.wait(129)
    assert stand.told() == []
    stand.wait(131)
    assert stand.told() == [("test.rule", "air-1", "unacknowledged", 130, None)]
    stand.say((140, "air-1", {"pm2_5": 90}))
    stand.say((160, "air-1", {"pm2_5": 110}))
    stand.say((170, "air-1", {"pm2_5": 90}))
    stand.wait(199)
    assert stand.told()[0][2] == "unacknowledged"
    stand.wait(200)
    assert stand.told() == [("test.rule", "air-1", "returned", 130, 200)]


def test_a_later_sample_ends_a_timer_at_its_own_time(stand: Stand) -> None:
    stand.rule(on_delay_s=60.0)
    stand.say((0, "air-1", {"pm2_5": 110}))
    stand.say((100, "air-1", {"pm2_5": 90}))
    assert stand.told() == [("test.rule", "air-1", "returned", 60, 100)]


def test_many_samples_of_one_batch_are_judged_in_the_order_of_time(stand: Stand) -> None:
    stand.rule()
    stand.say(*((second, "air-1", {"pm2_5": value}) for second, value in ((30, 90), (10, 110), (20, 150), (40, 120))))
    assert stand.told() == [("test.rule", "air-1", "unacknowledged", 10, None)]
    [one] = stand.alarms()
    assert stand.steps(one.id) == ["raise", "return", "raise"]
    assert one.repeats == 1


def test_timers_go_on_after_a_restart(stand: Stand) -> None:
    stand.rule(on_delay_s=60.0)
    stand.say((0, "air-1", {"pm2_5": 110}))
    stand.restart()
    stand.wait(59)
    assert stand.told() == []
    stand.wait(70)
    assert stand.told() == [("test.rule", "air-1", "unacknowledged", 60, None)]
    stand.restart()
    stand.say((80, "air-1", {"pm2_5": 90}))
    assert stand.told() == [("test.rule", "air-1", "returned", 60, 80)]


def test_after_a_start_no_timer_ends_before_what_waited_was_heard(stand: Stand) -> None:
    stand.rule(on_delay_s=60.0)
    stand.say((0, "air-1", {"pm2_5": 110}))
    stand.restart()
    stand.wait(100, listening_since=stand.at(99))
    stand.say((30, "air-1", {"pm2_5": 90}), at=101)
    stand.wait(200)
    assert stand.told() == []


def fail_once(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Telling of what was raised fails, after it was written."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("layers.alarms.feed.telling.tell", fail)


def test_what_was_rolled_back_is_judged_again(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.rule()
    stand.say((0, "air-1", {"pm2_5": 50}))
    fail_once(monkeypatch, OperationalError("INSERT", {}, Exception("the database went away")))
    with pytest.raises(OperationalError):
        stand.say((10, "air-1", {"pm2_5": 150}))
    monkeypatch.undo()
    stand.say((10, "air-1", {"pm2_5": 150}))
    assert stand.told() == [("test.rule", "air-1", "unacknowledged", 10, None)]


def test_what_nobody_foresaw_in_the_rules_keeps_no_reading_from_being_stored(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.rule()
    fail_once(monkeypatch, RuntimeError("a bug"))
    stand.say((10, "air-1", {"pm2_5": 150}))
    assert stand.told() == []
    with stand.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(reading)) == 1
    assert "alarms" in {fault.part for fault in faults()}
    monkeypatch.undo()
    stand.say((20, "air-1", {"pm2_5": 160}))
    assert stand.told() == [("test.rule", "air-1", "unacknowledged", 20, None)]


def test_two_ingesters_raise_one_alarm_and_each_sees_what_the_other_did(stand: Stand) -> None:
    stand.rule(on_delay_s=60.0)
    other = Stand(stand.engine)
    other.start = stand.start
    stand.say((0, "air-1", {"pm2_5": 110}))
    other.say((10, "air-1", {"pm2_5": 120}))
    for one in (stand, other, stand):
        one.wait(61)
    assert stand.told() == [("test.rule", "air-1", "unacknowledged", 60, None)]
    other.say((70, "air-1", {"pm2_5": 10}))
    stand.say((80, "air-1", {"pm2_5": 10}))
    assert stand.told() == [("test.rule", "air-1", "returned", 60, 70)]


@pytest.mark.parametrize("value", [5000, "text"])
def test_a_suspect_value_raises_nothing(stand: Stand, value: object) -> None:
    stand.rule()
    stand.say((0, "air-1", {"pm2_5": value}))
    assert stand.told() == []


def test_what_is_told_too_late_changes_nothing(stand: Stand) -> None:
    stand.rule()
    stand.say((-3_700, "air-1", {"pm2_5": 500}), (0, "air-2", {"pm2_5": 1}))
    stand.say((10, "air-1", {"pm2_5": 20}))
    stand.say((5, "air-1", {"pm2_5": 500}), at=11)
    assert stand.told() == []


def test_true_is_an_alarm_that_stays_until_it_is_reset(stand: Stand) -> None:
    stand.device("smoke-1", "smoke")
    stand.rule(code="fire", metric="smoke", op="==", value=1.0, latched=True, priority="critical")
    stand.say((0, "smoke-1", {"smoke": False}))
    stand.say((10, "smoke-1", {"smoke": True}))
    stand.say((20, "smoke-1", {"smoke": False}))
    assert stand.told() == [("fire", "smoke-1", "unacknowledged", 10, 20)]


def test_rate_is_the_change_within_the_window(stand: Stand) -> None:
    stand.device("water-1", "water")
    stand.rule(code="rising", metric="water_level", op="rate", value=0.5, window_s=600.0)
    for second, value in ((0, 1.0), (300, 1.4), (700, 1.6), (899, 1.95)):
        stand.say((second, "water-1", {"water_level": value}))
    assert stand.told() == [("rising", "water-1", "unacknowledged", 899, None)]


def test_the_window_is_read_back_after_a_restart(stand: Stand) -> None:
    stand.device("water-1", "water")
    stand.rule(code="rising", metric="water_level", op="rate", value=0.5, window_s=600.0)
    stand.say((0, "water-1", {"water_level": 1.0}))
    stand.restart()
    stand.say((300, "water-1", {"water_level": 1.6}))
    assert stand.told() == [("rising", "water-1", "unacknowledged", 300, None)]


def test_count_is_the_sum_within_the_window(stand: Stand) -> None:
    stand.device("gate-1", "gate", site="fangyan")
    stand.rule(code="rush", metric="enter", op="count", value=100.0, window_s=60.0)
    for second, people in ((0, 60), (30, 30), (70, 60), (80, 40)):
        stand.say((second, "gate-1", {"enter": people}))
    assert stand.told() == [("rush", "gate-1", "unacknowledged", 80, None)]


def test_another_metric_may_be_the_limit(stand: Stand) -> None:
    stand.rule(code="share", metric="pm2_5", other="pm10", op=">", value=0.0)
    stand.say((0, "air-1", {"pm2_5": 90}))
    stand.say((10, "air-1", {"pm2_5": 90, "pm10": 100}))
    assert stand.told() == []
    stand.say((20, "air-1", {"pm2_5": 110, "pm10": 100}))
    assert stand.told() == [("share", "air-1", "unacknowledged", 20, None)]


def test_outside_of_its_hours_a_rule_raises_nothing_and_returns_what_it_raised(stand: Stand) -> None:
    local = to_datetime(stand.at(60)).astimezone(SHANGHAI)
    stand.start -= local.second * 1_000_000
    begin, end = (to_datetime(stand.at(s)).astimezone(SHANGHAI).strftime("%H:%M") for s in (60, 180))
    stand.rule(schedule=Schedule(begin=begin, end=end))
    for second in (0, 120, 240):
        stand.say((second, "air-1", {"pm2_5": 150}))
    assert stand.told() == [("test.rule", "air-1", "returned", 120, 240)]


def test_a_rule_that_is_switched_off_takes_its_alarms_back(stand: Stand) -> None:
    stand.rule()
    stand.say((0, "air-1", {"pm2_5": 150}))
    stand.rule(enabled=False)
    stand.wait(10)
    [one] = stand.alarms()
    assert (one.state, stand.steps(one.id)) == ("normal", ["raise", "withdraw"])
    stand.rule()
    stand.say((20, "air-1", {"pm2_5": 150}))
    assert [one.state for one in stand.alarms()] == ["normal", "unacknowledged"]


def test_who_says_nothing_is_silent_and_heard_again(stand: Stand) -> None:
    stand.rule(code="silent", metric=None, op="missing", value=0.0)
    stand.say((0, "air-1", {"pm2_5": 1}), (0, "air-2", {"pm2_5": 1}))
    stand.say((100, "air-2", {"pm2_5": 1}))
    stand.wait(179)
    assert stand.told() == []
    stand.wait(181)
    assert stand.told() == [("silent", "air-1", "unacknowledged", 180, None)]
    stand.say((200, "air-1", {"pm2_5": 1}))
    assert stand.told() == [("silent", "air-1", "returned", 180, 200)]
    stand.wait(500)
    assert len(stand.told()) == 2


def test_nobody_is_silent_for_as_long_as_we_did_not_listen(stand: Stand) -> None:
    stand.rule(code="silent", metric=None, op="missing", value=0.0)
    stand.say((0, "air-1", {"pm2_5": 1}))
    stand.restart()
    stand.wait(1_000, listening_since=None)
    stand.wait(1_010, listening_since=stand.at(1_005))
    assert stand.told() == []
    stand.wait(1_190, listening_since=stand.at(1_005))
    assert stand.told() == [("silent", "air-1", "unacknowledged", 1_185, None)]
    # Since when it is an alarm follows from when we listened; when it was last heard does not.
    [one] = stand.alarms()
    last = format_local(stand.at(0)).replace("T", " ")
    assert (one.said, one.said_en) == (f"最近上报 {last}", f"last heard {last}")


def test_of_a_metric_that_is_missing_it_is_told_when_that_was_last_said(stand: Stand) -> None:
    stand.rule(code="missing", metric="pm2_5", op="missing", value=100.0, on_delay_s=30.0)
    stand.say((0, "air-1", {"pm2_5": 1}))
    for second in range(10, 150, 10):
        stand.say((second, "air-1", {"pm10": 1}))
    assert stand.told() == [("missing", "air-1", "unacknowledged", 130, None)]
    assert [one.said for one in stand.alarms()] == ["最近上报 " + format_local(stand.at(0)).replace("T", " ")]


def test_who_is_being_filled_with_its_past_is_not_silent_before_its_first_word_of_now(stand: Stand) -> None:
    stand.rule(code="silent", metric=None, op="missing", value=0.0)
    stand.say((-90_000, "air-1", {"pm2_5": 1}), (-80_000, "air-1", {"pm2_5": 2}), at=0)
    stand.say((-70_000, "air-1", {"pm2_5": 3}), at=400)
    stand.wait(900)
    assert stand.told() == []
    stand.say((1_000, "air-1", {"pm2_5": 4}))
    stand.wait(1_179)
    assert stand.told() == []
    stand.wait(1_181)
    assert stand.told() == [("silent", "air-1", "unacknowledged", 1_180, None)]


def test_who_says_nothing_after_its_past_is_silent_in_the_end(stand: Stand) -> None:
    stand.rule(code="silent", metric=None, op="missing", value=0.0)
    stand.say((-90_000, "air-1", {"pm2_5": 1}), at=0)
    stand.wait(3_599)
    assert stand.told() == []
    stand.wait(3_601)
    assert stand.told() == [("silent", "air-1", "unacknowledged", 3_600, None)]


def test_a_dead_gateway_is_one_alarm_and_what_is_behind_it_is_suppressed(stand: Stand) -> None:
    stand.only("device.silent")
    stand.device("gw-1", "other")
    for number in range(5):
        stand.device(f"lamp-{number}", "other", gateway="gw-1")
    stand.say(*((number, f"lamp-{number}", {"power": 1}) for number in range(5)))
    stand.wait(400)
    states = {one.subject: one.state for one in stand.alarms()}
    assert states == {"gw-1": "unacknowledged"} | {f"lamp-{number}": "suppressed" for number in range(5)}
    assert {one.cause for one in stand.alarms()} == {"gateway:gw-1"}
    stand.say((410, "lamp-3", {"power": 1}))
    states = {one.subject: one.state for one in stand.alarms()}
    assert states == {"gw-1": "returned"} | {f"lamp-{number}": "normal" for number in range(5)}
    # What was heard through it is there; the others have their own time once more.
    for second in range(450, 650, 50):
        stand.say((second, "lamp-3", {"power": 1}))
    stand.wait(601)
    sounding = {one.subject: one.state for one in stand.alarms() if one.cleared is None}
    assert sounding == {"gw-1": "returned"} | {f"lamp-{number}": "unacknowledged" for number in (0, 1, 2, 4)}


def test_a_graver_rule_suppresses_the_lesser_one_of_the_same_subject(stand: Stand) -> None:
    stand.rule(code="lesser", value=100.0)
    stand.rule(code="graver", value=150.0, suppresses=("lesser",))
    stand.say((0, "air-1", {"pm2_5": 110}))
    stand.say((10, "air-1", {"pm2_5": 160}))
    assert {one.rule: one.state for one in stand.alarms()} == {"lesser": "suppressed", "graver": "unacknowledged"}
    stand.say((20, "air-1", {"pm2_5": 120}))
    assert {one.rule: one.state for one in stand.alarms()} == {"lesser": "unacknowledged", "graver": "returned"}


def test_figures_of_other_layers_are_watched_too(stand: Stand) -> None:
    stand.only("visitors.yellow", "visitors.red")
    batch = stand.wait(0)
    for second, level in ((10, 1.0), (20, 3.0), (30, 0.0)):
        batch = type(batch)(at=stand.at(second), listening_since=0)
        words = Word(f"{level} / 5 人", f"{level} / 5 inside")
        batch.figure((HELING, "site", "fangyan", "visitors.level"), stand.at(second), level, words)
        stand.writer.pass_time(batch)
    assert stand.told() == [
        ("visitors.yellow", "fangyan", "normal", 10, 30),
        ("visitors.red", "fangyan", "returned", 20, 30),
    ]
    # What the figure was made of, at the time when it was raised; and so it is told.
    assert [(one.said, one.said_en) for one in stand.alarms()] == [
        ("1.0 / 5 人", "1.0 / 5 inside"),
        ("3.0 / 5 人", "3.0 / 5 inside"),
    ]
    with stand.engine.connect() as connection:
        told = list(connection.scalars(select(notice.c.title).order_by(notice.c.id)))
        shown = queries.records(connection, HELING, None)
    # A site is called by its name on screens, in both languages.
    names = {(one["site"], one["site_en"]) for key, one in shown.items() if one is not None and key != queries.TALLY}
    assert names == {("方岩景区", "Fangyan scenic area")}
    assert [one.partition(" · ")[0] for one in told] == ["◆ 中", "■ 紧急"]
    assert told[1].endswith(" · 红色预警 · 3.0 / 5 人")


def test_a_clock_that_was_ahead_and_is_set_right_makes_no_device_deaf(stand: Stand) -> None:
    stand.rule()
    stand.say((290, "air-1", {"pm2_5": 10}), at=0)
    stand.say((20, "air-1", {"pm2_5": 150}))
    assert stand.told() == [("test.rule", "air-1", "unacknowledged", 20, None)]


def test_our_own_clock_set_back_makes_no_device_deaf_and_no_timer_late(stand: Stand) -> None:
    stand.rule(on_delay_s=60.0)
    stand.device("air-3")
    stand.say((2_400, "air-1", {"pm2_5": 10}), (2_400, "air-3", {"pm2_5": 150}))
    stand.say((10, "air-1", {"pm2_5": 150}))
    stand.wait(75)
    assert ("test.rule", "air-1", "unacknowledged", 70, None) in stand.told()
    assert {one.subject for one in stand.alarms()} == {"air-1", "air-3"}


def test_the_limit_that_another_metric_is_outlives_a_restart(stand: Stand) -> None:
    stand.rule(code="share", metric="pm2_5", other="pm10", op=">", value=0.0)
    stand.say((0, "air-1", {"pm2_5": 110, "pm10": 100}))
    stand.restart()
    stand.say((10, "air-1", {"pm2_5": 120}))
    assert stand.told() == [("share", "air-1", "unacknowledged", 0, None)]


def test_what_moves_out_of_a_rules_area_is_watched_by_it_no_more(stand: Stand) -> None:
    stand.rule(area="chenglu")
    stand.say((0, "air-1", {"pm2_5": 150}))
    there = {"ts": stand.at(10) // 1_000, "values": {"pm2_5": 150}, "lon": 120.1975, "lat": 28.9365, "crs": "CGCS2000"}
    stand.say_whole("air-1", there, at=10)
    assert stand.told() == [("test.rule", "air-1", "normal", 0, 10)]


def test_an_alarm_is_where_its_device_is_then(stand: Stand) -> None:
    stand.rule()
    stand.say((0, "air-1", {"pm2_5": 10}))
    there = {"ts": stand.at(10) // 1_000, "values": {"pm2_5": 10}, "lon": 120.1906, "lat": 28.9286, "crs": "CGCS2000"}
    stand.say_whole("air-1", there, at=10)
    stand.say((20, "air-1", {"pm2_5": 150}))
    [one] = stand.alarms()
    assert (one.area, one.lon, one.lat) == ("chenglu", 120.1906, 28.9286)


def test_a_rule_of_one_site_takes_back_what_it_raised_of_another(stand: Stand) -> None:
    stand.rule(code="full", metric="visitors.level", op=">=", value=1.0, cause="site")
    batch = Batch(at=stand.at(0), listening_since=0)
    batch.figure((HELING, "site", "square", "visitors.level"), stand.at(0), 2.0)
    stand.writer.pass_time(batch)
    stand.rule(code="full", metric="visitors.level", op=">=", value=1.0, cause="site", site="fangyan")
    stand.wait(10)
    assert [one[:3] for one in stand.told()] == [("full", "square", "normal")]


def test_silence_outside_of_a_rules_hours_is_none(stand: Stand) -> None:
    local = to_datetime(stand.at(60)).astimezone(SHANGHAI)
    stand.start -= local.second * 1_000_000
    begin, end = (to_datetime(stand.at(s)).astimezone(SHANGHAI).strftime("%H:%M") for s in (600, 1_200))
    stand.rule(code="silent", metric=None, op="missing", value=0.0, schedule=Schedule(begin=begin, end=end))
    stand.say((0, "air-1", {"pm2_5": 1}))
    for second in (190, 400, 590):
        stand.wait(second)
    assert stand.told() == []
    stand.wait(650)
    assert [one[:3] for one in stand.told()] == [("silent", "air-1", "unacknowledged")]


def test_while_messages_wait_nobody_is_silent(stand: Stand) -> None:
    stand.rule(code="silent", metric=None, op="missing", value=0.0)
    stand.say((0, "air-1", {"pm2_5": 1}), (0, "air-2", {"pm2_5": 1}))
    # The database was away until 400: what came at 100 is stored first, what came later still waits.
    stand.say((100, "air-1", {"pm2_5": 1}), at=400, came=100)
    assert stand.told() == []


def test_a_rule_that_can_be_none_is_set_apart_and_the_others_watch(stand: Stand) -> None:
    stand.rule(code="poison", metric=None, op="missing", value=1.7e308)
    stand.rule()
    stand.say((0, "air-1", {"pm2_5": 150}))
    stand.wait(1_000)
    assert stand.told() == [("test.rule", "air-1", "unacknowledged", 0, None)]


def test_a_rule_that_is_put_on_judges_what_stands(stand: Stand) -> None:
    stand.say((0, "air-1", {"pm2_5": 140, "pm10": 20}), (0, "air-2", {"pm2_5": 60}))
    stand.wait(20)
    stand.rule()
    stand.wait(30)
    assert stand.told() == [("test.rule", "air-1", "unacknowledged", 30, None)]
    stand.say((40, "air-1", {"pm2_5": 90}))
    assert stand.told() == [("test.rule", "air-1", "returned", 30, 40)]


def test_what_stands_must_last_for_the_on_delay_from_when_the_rule_was_put_on(stand: Stand) -> None:
    stand.say((0, "air-1", {"pm2_5": 140}))
    stand.wait(20)
    stand.rule(on_delay_s=60.0)
    stand.wait(30)
    stand.wait(89)
    assert stand.told() == []
    stand.wait(90)
    assert stand.told() == [("test.rule", "air-1", "unacknowledged", 90, None)]


def test_what_a_stale_device_said_is_not_judged_by_a_new_rule(stand: Stand) -> None:
    stand.device("air-3", interval_s=5.0)
    stand.say((0, "air-3", {"pm2_5": 140}))
    stand.wait(60)
    stand.rule()
    stand.wait(70)
    assert stand.told() == []


def test_a_new_rule_leaves_others_over_the_same_value_as_they_are(stand: Stand) -> None:
    night = Schedule(begin="00:00", end="00:01")
    stand.rule(code="test.night", schedule=night)
    stand.rule(code="test.count", op="count", value=300.0, window_s=600.0)
    stand.say((0, "air-1", {"pm2_5": 140}))
    stand.wait(20)
    stand.rule()
    stand.wait(30)
    assert stand.told() == [("test.rule", "air-1", "unacknowledged", 30, None)]


def test_what_was_said_just_before_a_rule_was_put_on_ends_its_alarm_not_before_it_began(stand: Stand) -> None:
    stand.say((0, "air-1", {"pm2_5": 140}))
    stand.wait(20)
    stand.rule()
    stand.wait(30)
    stand.say((29, "air-1", {"pm2_5": 90}))
    assert stand.told() == [("test.rule", "air-1", "returned", 30, 30)]


def test_a_window_and_another_metric_count_what_another_ingester_stored(stand: Stand) -> None:
    stand.rule(code="often", op="count", value=3.0, window_s=600.0, metric="smoke")
    stand.rule(code="share", metric="pm2_5", other="pm10", op=">", value=0.0)
    other = Stand(stand.engine)
    other.start = stand.start
    stand.is_shared = other.is_shared = True
    for second, one in enumerate((stand, other, stand, other)):
        one.say((second * 10, "air-1", {"smoke": second != 1}))
    assert [row[:4] for row in stand.told()] == [("often", "air-1", "unacknowledged", 30)]
    stand.say((100, "air-2", {"pm2_5": 50, "pm10": 60}))
    other.say((110, "air-2", {"pm10": 40}))
    stand.say((120, "air-2", {"pm2_5": 51}))
    assert [row[:4] for row in stand.told()][1:] == [("share", "air-2", "unacknowledged", 120)]


def test_a_rule_that_was_put_on_while_nobody_watched_judges_what_stands_once_all_that_waited_was_heard(
    stand: Stand,
) -> None:
    stand.say((0, "air-1", {"pm2_5": 140}), (0, "air-2", {"pm2_5": 140}))
    stand.rule()
    stand.restart()
    stand.wait(20, listening_since=stand.at(15))
    stand.say((21, "air-2", {"pm2_5": 20}))
    assert stand.told() == [("test.rule", "air-1", "unacknowledged", 21, None)]
    stand.restart()
    stand.wait(30)
    assert stand.told() == [("test.rule", "air-1", "unacknowledged", 21, None)]


def test_what_stands_is_judged_though_the_transaction_that_began_to_was_rolled_back(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.say((0, "air-1", {"pm2_5": 140}))
    stand.rule()
    fail_once(monkeypatch, OperationalError("INSERT", {}, Exception("the database went away")))
    with pytest.raises(OperationalError):
        stand.wait(20)
    monkeypatch.undo()
    stand.wait(25)
    assert stand.told() == [("test.rule", "air-1", "unacknowledged", 25, None)]


def test_a_rule_that_is_put_on_judges_the_level_at_which_a_site_stands(stand: Stand) -> None:
    batch = Batch(at=stand.at(0), listening_since=0)
    batch.figure((HELING, "site", "fangyan", "visitors.level"), stand.at(0), 2.0)
    stand.writer.pass_time(batch)
    stand.rule(metric="visitors.level", op=">=", value=2.0, cause="site")
    stand.wait(30)
    assert stand.told() == [("test.rule", "fangyan", "unacknowledged", 30, None)]
    [one] = stand.alarms()
    assert (one.lon, one.lat) == place(HELING, "sites", "fangyan").label


def test_a_rule_that_is_put_on_judges_the_clocks_of_devices_that_are_heard(stand: Stand) -> None:
    stand.device("air-3", interval_s=5.0)
    stand.say((0, "air-1", {"pm2_5": 14}), (0, "air-3", {"pm2_5": 14}))
    with writing(stand.engine) as connection:
        wrong = [{"device_id": code, "offset": -400 * SECOND, "found": stand.at(0)} for code in ("air-1", "air-3")]
        connection.execute(insert(device_clock), wrong)
    stand.rule(metric="system.clock_offset", value=300.0)
    stand.wait(30)
    assert stand.told() == [("test.rule", "air-1", "unacknowledged", 30, None)]


def test_a_timer_of_a_rule_that_was_switched_off_raises_nothing_when_it_is_on_again(stand: Stand) -> None:
    rule = stand.rule(on_delay_s=60.0)
    stand.say((0, "air-1", {"pm2_5": 150}))
    stand.rule(on_delay_s=60.0, enabled=False)
    stand.wait(10)
    stand.say((20, "air-1", {"pm2_5": 20}))
    stand.rule(on_delay_s=rule.on_delay_s)
    stand.wait(200)
    assert stand.told() == []


def test_a_timer_of_a_rule_that_went_while_nobody_watched_raises_nothing(stand: Stand) -> None:
    stand.rule(on_delay_s=60.0)
    stand.say((0, "air-1", {"pm2_5": 150}))
    stand.rule(on_delay_s=60.0, enabled=False)
    stand.rule(on_delay_s=60.0)
    stand.restart()
    stand.say((20, "air-1", {"pm2_5": 20}))
    stand.wait(200)
    assert stand.told() == []


def test_a_rule_that_is_changed_while_its_on_delay_runs_judges_by_what_it_is_now(stand: Stand) -> None:
    stand.rule(on_delay_s=60.0)
    stand.say((0, "air-1", {"pm2_5": 150}), (0, "air-2", {"pm2_5": 450}))
    stand.rule(on_delay_s=120.0, value=400.0)
    stand.wait(30)
    stand.wait(100)
    assert stand.told() == []
    stand.wait(200)
    assert stand.told() == [("test.rule", "air-2", "unacknowledged", 150, None)]


def test_a_timer_outlives_the_change_of_another_rule(stand: Stand) -> None:
    stand.rule(on_delay_s=60.0)
    stand.say((0, "air-1", {"pm2_5": 150, "noise": 40}))
    stand.rule(code="test.other", metric="noise")
    stand.wait(10)
    stand.rule(code="test.third", metric="pm2_5", value=900.0)
    stand.wait(70)
    assert stand.told() == [("test.rule", "air-1", "unacknowledged", 60, None)]


def test_a_timer_of_a_device_that_was_revoked_ends_with_it(stand: Stand) -> None:
    stand.rule(on_delay_s=60.0)
    stand.say((0, "air-1", {"pm2_5": 150}))
    registry.revoke(stand.engine, "air-1")
    stand.wait(70)
    assert stand.told() == []
    with stand.engine.connect() as connection:
        assert list(connection.scalars(select(alarm_watch.c.phase))) == ["rest"]


def test_silence_is_watched_on_as_it_was_where_another_rule_is_changed(stand: Stand) -> None:
    stand.only("device.silent")
    stand.say((0, "air-1", {"pm2_5": 20}))
    stand.wait(700)
    [(_, _, state, *_)] = stand.told()
    stand.rule(code="test.other", metric="noise")
    stand.wait(710)
    stand.say((720, "air-1", {"pm2_5": 20}))
    assert (state, stand.told()[0][2]) == ("unacknowledged", "returned")


def test_a_limit_that_was_said_holds_on_where_a_rule_over_it_is_changed(stand: Stand) -> None:
    stand.rule(metric="pm2_5", other="pm10", value=0.0)
    stand.say((0, "air-1", {"pm10": 100, "pm2_5": 50}))
    stand.say((10, "air-1", {"pm10": 40}))
    stand.rule(code="test.other", metric="pm10", value=900.0)
    stand.say((20, "air-1", {"pm2_5": 50}))
    assert stand.told() == [("test.rule", "air-1", "unacknowledged", 20, None)]


def hours_watched(stand: Stand) -> list[int]:
    """The hours that are noted, counted from that of the start."""
    with stand.engine.connect() as connection:
        noted = connection.scalars(select(alarm_hour.c.hour).order_by(alarm_hour.c.hour))
        return [(hour - stand.start // HOUR * HOUR) // HOUR for hour in noted]


def test_an_hour_in_which_rules_watched_what_was_said_is_noted_once(stand: Stand) -> None:
    stand.wait(0)
    assert hours_watched(stand) == []
    stand.say((0, "air-1", {"pm2_5": 20}), (0, "air-2", {"pm2_5": 20}))
    stand.say((1, "air-1", {"pm2_5": 20}))
    stand.restart()
    stand.say((2, "air-1", {"pm2_5": 20}))
    stand.say((3_602, "air-1", {"pm2_5": 20}))
    assert hours_watched(stand) == [0, 1]


def test_what_is_filled_in_later_was_watched_in_no_hour_of_its_own(stand: Stand) -> None:
    stand.say((-7_200, "air-1", {"pm2_5": 20}), at=0)
    assert hours_watched(stand) == [0]


def test_a_rule_over_a_window_says_what_it_found_and_no_limit_of_the_value_itself(stand: Stand) -> None:
    stand.rule(op="rate", value=50.0, window_s=600.0)
    stand.say((0, "air-1", {"pm2_5": 20}))
    stand.say((300, "air-1", {"pm2_5": 80}))
    [one] = stand.alarms()
    assert (one.value, one.threshold) == (80, None)
    assert one.said == "10 分钟内上升 50 µg/m³ 以上"
    assert one.said_en == "up by 50 µg/m³ or more in 10 min"
