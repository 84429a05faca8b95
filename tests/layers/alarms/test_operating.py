"""What people do with alarms, floods, what is told, and what was true at a past time; on both databases."""

from typing import Any

import pytest
from sqlalchemy import Engine, select

from cockpit.notices import bell
from cockpit.notices.bell import Hearer
from layers.alarms import duties, floods, operating, queries, telling
from layers.alarms.operating import Deed
from layers.alarms.rules import Rule, rings
from layers.grid_events.feed import GridEventsFeed
from layers.grid_events.tables import grid_event
from layers.problem import Problem
from layers.roles import Actor
from sensors.codecs.installed import codecs
from sensors.intake.writer import Writer
from store import origins
from store.engine import writing
from store.instant import HOUR, MINUTE, SECOND, Instant, now
from store.notices import notice
from tests.layers.alarms.stand import HELING, MANAGER, STEWARD, Stand


@pytest.fixture
def stand(engine: Engine) -> Stand:
    """An air station in alarm."""
    made = Stand(engine)
    made.device("air-1")
    made.only()
    made.rule()
    made.say((0, "air-1", {"pm2_5": 150}))
    return made


def do(stand: Stand, event: str, actor: Actor = MANAGER, at: Instant | None = None, **more: Any) -> None:
    """Do something with every open alarm."""
    ids = [one.id for one in stand.alarms() if one.cleared is None]
    with writing(stand.engine) as connection:
        operating.do(connection, HELING, ids, Deed(event=event, **more), actor, at or now())


def notices(stand: Stand) -> list[tuple[str, str | None, str | None]]:
    """(kind, least role, person) of each."""
    with stand.engine.connect() as connection:
        rows = connection.execute(select(notice).order_by(notice.c.id))
        return [(row.kind, row.least, row.person) for row in rows]


def test_acknowledged_it_is_quiet_and_over_when_it_returns(stand: Stand) -> None:
    do(stand, "acknowledge", STEWARD, note="去看了")
    [one] = stand.alarms()
    assert (one.state, one.acknowledged_by) == ("acknowledged", "user:wang.wu")
    stand.say((10, "air-1", {"pm2_5": 10}))
    [one] = stand.alarms()
    assert (one.state, one.cleared is not None) == ("normal", True)
    with pytest.raises(Problem, match="no open alarm"):
        do_one(stand, one.id, "acknowledge")


def do_one(stand: Stand, number: str, event: str) -> None:
    """Do something with one."""
    with writing(stand.engine) as connection:
        operating.do(connection, HELING, [number], Deed(event=event), MANAGER, now())


def test_what_returned_unacknowledged_stays_until_somebody_saw_it(stand: Stand) -> None:
    stand.say((10, "air-1", {"pm2_5": 10}))
    assert stand.told() == [("test.rule", "air-1", "returned", 0, 10)]
    do(stand, "acknowledge")
    assert stand.told() == [("test.rule", "air-1", "normal", 0, 10)]


def test_shelved_it_is_quiet_until_its_time_and_then_as_the_condition_is(stand: Stand) -> None:
    until = now() + 10 * SECOND
    do(stand, "shelve", note="检修", until=until)
    [one] = stand.alarms()
    assert (one.state, one.reason, one.shelved_until) == ("shelved", "检修", until)
    assert stand.feed.due() is not None
    seconds = (until - stand.start) / SECOND
    stand.wait(seconds - 5)
    assert stand.alarms()[0].state == "shelved"
    stand.wait(seconds + 1)
    assert stand.alarms()[0].state == "unacknowledged"
    do(stand, "shelve", note="检修", until=now() + 10 * SECOND)
    stand.say((seconds + 2, "air-1", {"pm2_5": 10}))
    do(stand, "unshelve")
    assert stand.alarms()[0].state == "normal"


@pytest.mark.parametrize("more", [{}, {"note": "x"}, {"note": "x", "until": 5}, {"until": now() + HOUR}])
def test_a_shelving_has_an_end_and_a_reason(stand: Stand, more: dict[str, Any]) -> None:
    with pytest.raises(Problem) as found:
        do(stand, "shelve", **more)
    assert found.value.status == 400


def test_who_may_not_is_told_so_and_nothing_changes(stand: Stand) -> None:
    with pytest.raises(Problem) as found:
        do(stand, "shelve", STEWARD, note="x", until=now() + HOUR)
    assert found.value.status == 403
    with pytest.raises(Problem) as other:
        do(stand, "unshelve")
    assert other.value.status == 409
    assert stand.alarms()[0].seq == 1


def test_out_of_service_it_is_quiet_whatever_happens(stand: Stand) -> None:
    do(stand, "take_out", note="拆除")
    stand.say((10, "air-1", {"pm2_5": 10}))
    stand.say((20, "air-1", {"pm2_5": 150}))
    assert [one.state for one in stand.alarms()] == ["out_of_service"]
    do(stand, "put_back")
    assert [one.state for one in stand.alarms()] == ["unacknowledged"]


def test_each_alarm_is_told_once_and_those_on_duty_by_name(engine: Engine) -> None:
    stand = Stand(engine)
    stand.device("air-1")
    stand.only()
    stand.rule(priority="high")
    with writing(engine) as connection:
        duties.add(connection, HELING, "wang.wu", stand.start - HOUR, now() + HOUR, MANAGER)
    stand.say((0, "air-1", {"pm2_5": 150}))
    stand.say((10, "air-1", {"pm2_5": 160}))
    assert notices(stand) == [("alarm.raised", "steward", None), ("alarm.raised", None, "wang.wu")]
    # Who is told by name hears of it once; the line says how grave, what, where, and what was said.
    for actor in (STEWARD, Actor("zhao.liu", "steward", "user"), MANAGER):
        with engine.connect() as connection:
            told = bell.heard(connection, Hearer(actor, HELING), 10, None)
            assert bell.unread(connection, Hearer(actor, HELING)) == 1
        assert [(one["title"], one["title_en"], one["place_name"]) for one in told] == [
            (
                "▲ 高 · 试验 · air-1 · 150 µg/m³ · 限值 100 µg/m³",
                "▲ high · 试验 · air-1 · 150 µg/m³ · limit 100 µg/m³",
                "橙麓",
            )
        ]


def test_what_nobody_acknowledges_is_told_to_the_next_role(engine: Engine) -> None:
    stand = Stand(engine, seconds_ago=1_000)
    stand.device("air-1")
    stand.only()
    stand.rule(priority="critical")
    stand.say((0, "air-1", {"pm2_5": 150}))
    with writing(engine) as connection:
        assert telling.is_anything_due(connection, HELING, now())
        assert telling.remind(connection, HELING, now()) == 2
        assert not telling.is_anything_due(connection, HELING, now())
        assert telling.remind(connection, HELING, now()) == 0
    assert [one[:2] for one in notices(stand)[1:]] == [("alarm.escalated", "manager"), ("alarm.escalated", "admin")]


def test_ten_alarms_in_ten_minutes_are_a_flood_told_once_with_what_came_first(engine: Engine) -> None:
    stand = Stand(engine)
    stand.only()
    stand.rule(priority="high")
    for number in range(12):
        stand.device(f"air-{number}")
        stand.say((number, f"air-{number}", {"pm2_5": 150}))
    with engine.connect() as connection:
        tally = queries.tally(connection, HELING, None)
        flood = tally["flood"]
        assert (flood["count"], flood["first"]) == (12, stand.alarms()[0].id)
        assert tally["sounding"]["high"] == 12
    assert [kind for kind, _, _ in notices(stand)].count("alarm.flood") == 1
    assert [kind for kind, _, _ in notices(stand)].count("alarm.raised") == 9
    with engine.connect() as connection:
        [told] = [
            one for one in bell.heard(connection, Hearer(STEWARD, HELING), 20, None) if one["kind"] == "alarm.flood"
        ]
    assert told["title"] == "10 分钟内 10 条以上 · 首出：试验 · air-0"
    assert told["title_en"] == "10 or more within 10 min · first out: 试验 · air-0"
    with writing(engine) as connection:
        ids = operating.ids_of(connection, HELING, "acknowledge", flood["id"], None)
        assert len(ids) == 12
        operating.do(connection, HELING, ids, Deed(event="acknowledge"), STEWARD, now())
    assert {one.state for one in stand.alarms()} == {"acknowledged"}
    stand.wait(12 * 60)
    with engine.connect() as connection:
        assert floods.going_on(connection, HELING) is None
        assert floods.going_on(connection, HELING, stand.at(60)) is not None


def test_first_out_is_the_first_of_the_ten_and_nothing_that_came_late(engine: Engine) -> None:
    stand = Stand(engine)
    stand.only()
    stand.rule(priority="high")
    stand.device("late")
    stand.say((0, "late", {"pm2_5": 150}), at=1_800, came=1_800)
    for number in range(10):
        stand.device(f"air-{number}")
        stand.say((1_801 + number, f"air-{number}", {"pm2_5": 150}))
    with engine.connect() as connection:
        flood = queries.tally(connection, HELING, None)["flood"]
    by_id = {one.id: one for one in stand.alarms()}
    assert by_id[flood["first"]].subject == "air-0"


def test_devices_that_fall_silent_without_a_gateway_are_one_cause_an_area(engine: Engine) -> None:
    stand = Stand(engine)
    stand.only("device.silent")
    stand.device("gw", "gateway", interval_s=600)
    stand.device("behind", gateway="gw", interval_s=60)
    for number in range(4):
        stand.device(f"alone-{number}", interval_s=60)
    stand.say(*[(0, code, {"pm2_5": 1}) for code in ("behind", *(f"alone-{number}" for number in range(4)))])
    stand.wait(400)
    stand.wait(2_000)
    causes = {one.subject: one.cause for one in stand.alarms()}
    assert {causes[f"alone-{number}"] for number in range(4)} == {"device.silent:chenglu"}
    assert {cause for code, cause in causes.items() if code in ("gw", "behind")} == {"gateway:gw"}


def test_a_rule_opens_one_event_with_its_evidence_and_the_alarm_knows_how_it_stands(engine: Engine) -> None:
    stand = Stand(engine)
    stand.writer = Writer(engine, [stand.feed, GridEventsFeed()], codecs())
    stand.device("smoke-1", "smoke")
    stand.say((0, "smoke-1", {"smoke": True}))
    stand.say((10, "smoke-1", {"smoke": False}))
    stand.say((20, "smoke-1", {"smoke": True}))
    with engine.connect() as connection:
        [event] = connection.execute(select(grid_event)).all()
        [one] = queries.told(connection, HELING, stand.alarms())
    assert (event.category, event.severity, event.device, event.area) == (
        *("safety.fire", "critical"),
        *("smoke-1", "chenglu"),
    )
    assert (one["event"]["id"], one["event"]["state"], one["event"]["open"]) == (event.id, "reported", True)
    with writing(engine) as connection:
        origins.moved(connection, event.id, "closed", False, now())
        [one] = queries.told(connection, HELING, stand.alarms())
    assert one["event"]["open"] is False


def test_several_devices_of_one_cause_open_one_event(engine: Engine) -> None:
    stand = Stand(engine)
    stand.writer = Writer(engine, [stand.feed, GridEventsFeed()], codecs())
    stand.only()
    stand.rule(event="environment.air", cause="area", name_en="Trial")
    for number in range(4):
        stand.device(f"air-{number}")
    stand.say(*((0, f"air-{number}", {"pm2_5": 150}) for number in range(3)))
    stand.say((10, "air-3", {"pm2_5": 150}))
    assert len(stand.alarms()) == 4
    with engine.connect() as connection:
        [event] = connection.execute(select(grid_event)).all()
        events = [one["event"] for one in queries.told(connection, HELING, stand.alarms())]
    assert (event.title, event.title_en) == (f"试验 · {event.device}", f"Trial · {event.device}")
    assert (event.detail, event.detail_en) == ("PM2.5 150 µg/m³ · 限值 100 µg/m³", "PM2.5 150 µg/m³ · limit 100 µg/m³")
    assert [one["id"] for one in events if one is not None] == [event.id] * 4


def test_a_past_time_is_answered_as_it_was(stand: Stand) -> None:
    then = now()
    do(stand, "acknowledge", at=then + SECOND)
    stand.say((3_010, "air-1", {"pm2_5": 10}))
    with stand.engine.connect() as connection:
        of_then = queries.records(connection, HELING, None, then)
        of_now = queries.records(connection, HELING, None)
        before = queries.records(connection, HELING, None, stand.start - MINUTE)
        [number] = [one.id for one in stand.alarms()]
        record = of_then[number]
    assert record is not None
    assert record["state"] == "unacknowledged"
    assert record["active"]
    assert list(before) == list(of_now) == ["*"]
    still_open = queries.Wanted(is_open=True)
    with stand.engine.connect() as connection:
        later = now() + MINUTE
        assert queries.find(connection, HELING, still_open, at=later, limit=10) == []
        [over] = queries.find(connection, HELING, queries.Wanted(), at=later, limit=10)
    assert (over.state, over.id) == ("normal", number)


def test_at_a_past_time_an_alarm_has_the_value_of_then_and_the_flood_its_size(engine: Engine) -> None:
    stand = Stand(engine)
    stand.only()
    stand.rule(latched=True)
    for number in range(12):
        stand.device(f"air-{number}")
    for number in range(12):
        stand.say((number, f"air-{number}", {"pm2_5": 110 + number}))
    stand.say((60, "air-0", {"pm2_5": 20}))
    stand.say((70, "air-0", {"pm2_5": 400}))
    with engine.connect() as connection:
        alone = queries.records(connection, HELING, None, stand.at(5))
        flooded = queries.records(connection, HELING, None, stand.at(10))
        [first] = [one.id for one in stand.alarms() if one.subject == "air-0"]
        present = queries.records(connection, HELING, None)
    assert alone["*"]["flood"] is None
    assert flooded["*"]["flood"]["count"] == 11
    assert (alone[first]["value"], alone[first]["repeats"]) == (110, 0)
    assert (present[first]["value"], present[first]["repeats"]) == (400, 1)


def latched(stand: Stand) -> None:
    """A smoke detector whose alarm stays until it is reset."""
    stand.device("smoke-1", "smoke")
    stand.rule(code="fire", metric="smoke", op="==", value=1.0, latched=True, priority="critical")
    stand.rule(enabled=False)
    stand.say((0, "smoke-1", {"smoke": True}))


def test_a_second_fire_is_told_as_the_first_was(engine: Engine) -> None:
    stand = Stand(engine)
    stand.only()
    latched(stand)
    do(stand, "acknowledge")
    stand.say((60, "smoke-1", {"smoke": False}))
    assert [one.state for one in stand.alarms()] == ["acknowledged"]
    stand.say((2_000, "smoke-1", {"smoke": True}))
    assert [one.state for one in stand.alarms()] == ["unacknowledged"]
    assert [kind for kind, _, _ in notices(stand)].count("alarm.raised") == 2


def test_a_latched_alarm_does_not_vanish_by_being_shelved(engine: Engine) -> None:
    stand = Stand(engine)
    stand.only()
    latched(stand)
    do(stand, "shelve", note="检修", until=now() + 10 * SECOND)
    stand.say((10, "smoke-1", {"smoke": False}))
    do(stand, "unshelve")
    assert [one.state for one in stand.alarms()] == ["unacknowledged"]


def test_escalation_counts_from_when_it_began_to_sound(engine: Engine) -> None:
    stand = Stand(engine, seconds_ago=3_000)
    stand.device("air-1")
    stand.only()
    stand.rule(priority="critical")
    stand.say((0, "air-1", {"pm2_5": 150}))
    do(stand, "shelve", note="检修", until=now() + HOUR)
    with engine.connect() as connection:
        assert not telling.is_anything_due(connection, HELING, now())
    do(stand, "unshelve")
    with engine.connect() as connection:
        assert not telling.is_anything_due(connection, HELING, now())
        assert telling.is_anything_due(connection, HELING, now() + 301 * SECOND)


def test_rules_that_would_silence_each_other_are_told_apart() -> None:
    one = Rule(code="a", name="甲", metric="pm2_5", op=">", value=1.0, suppresses=("b",))
    other = Rule(code="b", name="乙", metric="pm2_5", op=">", value=2.0, suppresses=("c",))
    last = Rule(code="c", name="丙", metric="pm2_5", op=">", value=3.0, suppresses=("a",))
    assert rings(last, {"a": one, "b": other}) == ["a", "b"]
    assert rings(one, {"b": other}) == []
