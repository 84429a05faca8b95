"""The forecast of those inside: kinds of days, the walk ahead, honest intervals, what is said where it cannot be."""

import math
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert, update

from bench.forecast import measured as measured_on_recording
from bench.forecast import recorded as recording_of
from layers.problem import Problem
from layers.visitors.capacity import closing, versions
from layers.visitors.capacity.tables import site_capacity
from layers.visitors.festivals.days import on_day
from layers.visitors.festivals.plans import shipped
from layers.visitors.forecast import ahead, api, made, measure, model
from layers.visitors.forecast.days import like_of_earlier_years, official, weekly, weights, with_festivals
from layers.visitors.forecast.history import read as history_read
from layers.visitors.forecast.made import Point, forecast
from layers.visitors.forecast.measure import BASELINE, MODEL
from layers.visitors.forecast.recorded import recorded
from layers.visitors.forecast.rules import rules
from layers.visitors.forecast.warning import DAILY, INSTANT, Ahead, warning
from layers.visitors.tables import gate_flow_hour, gate_step, site_count, site_walk
from store.engine import writing
from store.instant import DAY, HOUR, MINUTE, Instant, local_midnight, parse_rfc3339
from tests.layers.test_working_time import local

AT = parse_rfc3339("2026-06-17T06:20:00Z")
"""A Wednesday, 14:20 in Asia/Shanghai, with no holiday in the five weeks before it but 端午, on 19 June."""
LIMITS = (0.0, 0.8, 0.9, 1.0)


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """What was forecast of a past time is worked out anew by each test."""
    made._kept_past.clear()


def usual(hour: int, day: int) -> tuple[float, float]:
    """(entered, left) of an hour of the clock: a day from 8 to 18, twice as busy at weekends."""
    busy = 2.0 if day % 7 in (5, 6) else 1.0
    entered = {8: 100, 9: 200, 10: 300, 11: 200, 12: 100, 13: 200, 14: 200, 15: 100}.get(hour, 0)
    left = {11: 100, 12: 200, 13: 100, 14: 200, 15: 300, 16: 200, 17: 200, 18: 100}.get(hour, 0)
    return busy * entered, busy * left


def fill(engine: Engine, days: int, until: Instant = AT, today: float = 1.0, site: str = "fangyan") -> None:
    """Sums of so many days before a moment, as the gates' steps would have left them, and of its own so far."""
    flows, walks = [], []
    first = local_midnight(until) - days * DAY
    for hour in range(first, until, HOUR):
        day = date(1970, 1, 1).toordinal() + (hour + 8 * HOUR) // DAY
        # Days differ, so that the week before is no oracle.
        busy = today if hour >= local_midnight(until) else 1 + 0.2 * math.sin(1.7 * day)
        part = min(1.0, (until - hour) / HOUR) * busy
        entered, left = (
            part * people for people in usual(((hour + 8 * HOUR) % DAY) // HOUR, date.fromordinal(day).weekday())
        )
        own = {"community": "heling", "site": site, "hour": hour}
        flows.append(own | {"device_id": "gate-1", "entered": entered, "left": left, "spread": 0.0})
        if entered or left:
            walks.append(own | {"net": entered - left, "lowest": min(0.0, entered - left), "until": hour + HOUR - 1})
    with writing(engine) as connection:
        connection.execute(insert(gate_flow_hour), flows)
        connection.execute(insert(site_walk), walks)
        if until % HOUR:
            pass_through(connection, until - MINUTE, flows[-1]["entered"], flows[-1]["left"], site)


def pass_through(connection: Connection, ts: Instant, entered: float, left: float, site: str = "fangyan") -> None:
    """Steps of a gate, without the sums that they would have moved."""
    steps = [
        {"device_id": "gate-1", "counter": counter, "ts": ts, "community": "heling", "site": site}
        | {"people": people, "verdict": "count", "trust": 0, "counted": people, "net": sign * people}
        for counter, people, sign in (("enter", entered, 1), ("leave", left, -1))
    ]
    connection.execute(insert(gate_step), steps)


def test_a_day_is_of_the_kind_that_the_notices_say() -> None:
    fair = with_festivals(on_day(shipped("heling").values(), {}, AT))
    told = {
        "2026-06-17": "workday",
        "2026-06-19": "holiday",  # 端午, a Friday
        "2026-06-20": "holiday",  # the Saturday of its three days
        "2026-06-27": "weekend",
        "2026-10-10": "workday",  # a Saturday worked for 国庆
        "2026-10-01": "holiday",
        "2026-11-28": "weekend",
    }
    assert {day: official(date.fromisoformat(day)) for day in told} == told
    assert [fair(date.fromisoformat(day)) for day in ("2026-09-10", "2026-09-11", "2026-09-23", "2026-10-18")] == [
        "workday",
        "festival",
        "peak",
        "peak",
    ]
    assert fair(date(2026, 10, 20)) == "workday"


def test_like_days_of_earlier_years_are_those_of_the_same_lunar_date() -> None:
    found = like_of_earlier_years(date(2026, 9, 23), 2, 1)
    assert date(2025, 10, 4) in found  # 八月十三 of 2025
    assert date(2024, 9, 15) in found
    assert date(2025, 9, 23) in found
    assert max(found) < date(2026, 9, 23)


@given(st.lists(st.dates(date(2024, 1, 1), date(2026, 12, 31)), min_size=2, max_size=40, unique=True))
def test_no_day_says_anything_of_one_before_it(days: list[date]) -> None:
    found = weights(sorted(days), official)
    assert np.array_equal(np.tril(found, -1), found)
    assert ((found >= 0) & (found <= 1)).all()


@given(
    st.lists(st.floats(0, 1e4), min_size=48, max_size=48),
    st.lists(st.floats(0, 1), min_size=48, max_size=48),
    st.floats(0, 1e5),
    st.floats(1 / 3, 3),
)
def test_the_walk_never_falls_below_nought_and_begins_anew_at_the_reset(
    entered: list[float], leaving: list[float], inside: float, level: float
) -> None:
    profile = model.Profiles(np.reshape(entered, (2, 24)), np.reshape(leaving, (2, 24)))
    origins = np.array([2, 20])
    found = model.walk(np.array([inside, inside]), np.array([level, level]), profile, origins, 4)
    assert (found >= 0).all()
    anew = model.walk(np.array([0.0]), np.array([level]), profile, np.array([2]), 4)
    # Of 03:00 to 04:00 the people count; from 04:00 on nobody that was inside before does.
    assert found[0, 1] == pytest.approx(entered[4] * level ** (rules().lasting ** 2) * (1 - leaving[4]))
    assert anew[0, 2] == pytest.approx(found[0, 2])


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=300))
def test_bounds_hold_at_least_the_share_that_is_promised_of_the_errors_they_are_made_of(scores: list[float]) -> None:
    low, high = measure.bounds(np.array(scores)[:, None])[:, 0]
    held = np.mean([(low <= one <= high) for one in scores])
    assert held >= rules().interval - 1e-9


def test_on_the_recording_the_model_beats_the_baseline_and_its_interval_is_honest() -> None:
    """What the page and the documents show is what is measured anew here."""
    for site in recorded()["sites"]:
        found = measured_on_recording(site["site"])
        assert {"site": site["site"]} | measure.told(found) == site
        assert found.better == MODEL
        for hour in range(3):
            assert found.errors[MODEL].mae[hour] < found.errors[BASELINE].mae[hour]
            assert 0.85 <= found.errors[MODEL].coverage[hour] <= 0.95


def test_nothing_that_came_later_is_used() -> None:
    history = recording_of("fangyan")
    last = len(history.days) - 1
    whole = model.profiles(history, weights(history.days, weekly))
    cut = model.History(
        history.days,
        *(np.where(np.arange(part.size).reshape(part.shape) > 20 * 24 + 14, np.nan, part) for part in parts(history)),
    )
    origins = np.array([20 * 24 + 14])
    walks = []
    for known in (history, cut):
        profile = model.profiles(known, weights(known.days, weekly))
        inside = known.ended.ravel()[origins]
        walks.append(model.walk(inside, model.levels_at(known, profile, origins), profile, origins, 4))
    assert np.array_equal(walks[0], walks[1])
    assert last > 20
    assert np.isfinite(whole.entered[1:]).all()


def parts(history: model.History) -> tuple[np.ndarray, ...]:
    """What is counted, in the order of the fields."""
    return history.entered, history.left, history.begun, history.ended


def test_where_the_baseline_is_better_it_is_used() -> None:
    """Each Monday another world, exactly as the week before: no like day but that one says anything."""
    days = tuple(date(2026, 1, 5) + timedelta(days=n) for n in range(50))
    rng = np.random.default_rng(5)
    week = rng.integers(0, 1000, (7, 24)).astype(float)
    ended = np.array([week[day.weekday()] for day in days])
    begun = np.concatenate([[0.0], ended.ravel()[:-1]]).reshape(ended.shape)
    entered, left = np.maximum(ended - begun, 0), np.maximum(begun - ended, 0)
    entered[:, 4], left[:, 4], begun[:, 4] = ended[:, 4], 0, 0
    found = measure.measure(model.History(days, entered, left, begun, ended), weekly, 49, 4)
    assert found is not None
    assert found.better == BASELINE
    assert found.errors[BASELINE].mae == (0.0, 0.0, 0.0)


def test_a_forecast_follows_like_days_and_todays_level(engine: Engine) -> None:
    fill(engine, 40)
    with engine.connect() as connection:
        found = forecast(connection, "heling", "fangyan", AT)
    assert (found.model, found.reason, found.kind, found.days) == (MODEL, None, "workday", 41)
    assert [point.ts for point in found.points] == [AT + 10 * MINUTE + n * 15 * MINUTE for n in range(12)]
    # 14:20: 600 at 14:00 entered and left alike; at 17:00 all but 100 + ... have gone.
    assert found.present == pytest.approx(700, abs=1)
    by_time = {point.ts: point for point in found.points}
    assert by_time[local("2026-06-17 15:00")].mean == pytest.approx(700, rel=0.05)
    assert by_time[local("2026-06-17 16:00")].mean == pytest.approx(500, rel=0.08)
    assert by_time[local("2026-06-17 17:00")].mean == pytest.approx(300, rel=0.12)
    assert all(point.low <= point.mean <= point.high for point in found.points)
    assert [ts for ts, _ in found.past][-1] == local("2026-06-17 14:00")


def test_a_forecast_of_a_past_time_knows_nothing_of_who_came_later_in_its_hour(engine: Engine) -> None:
    fill(engine, 40)
    with engine.connect() as connection:
        before = forecast(connection, "heling", "fangyan", AT)
    hour = AT - AT % HOUR
    with writing(engine) as connection:
        pass_through(connection, AT + 20 * MINUTE, 5000, 0)
        own = (gate_flow_hour.c.hour == hour, gate_flow_hour.c.site == "fangyan")
        connection.execute(update(gate_flow_hour).where(*own).values(entered=gate_flow_hour.c.entered + 5000))
        connection.execute(update(site_walk).where(site_walk.c.hour == hour).values(net=5000))
    made._kept_past.clear()
    with engine.connect() as connection:
        after = forecast(connection, "heling", "fangyan", AT)
    assert (after.entered, after.points, after.entering) == (before.entered, before.points, before.entering)


def test_from_a_count_before_the_nights_end_the_forecast_goes_on_and_says_when_it_begins_anew(engine: Engine) -> None:
    at = local("2026-06-17 02:00")
    fill(engine, 40, until=at)
    count = {"community": "heling", "site": "fangyan", "at": at - MINUTE, "inside": 300, "note": "x", "actor": "x"}
    with writing(engine) as connection:
        connection.execute(insert(site_count).values(count))
    with engine.connect() as connection:
        told = api.answer(connection, "heling", "fangyan", at)
        evening = api.answer(connection, "heling", "fangyan", local("2026-06-16 18:05"))
        noon = api.answer(connection, "heling", "fangyan", local("2026-06-16 12:00"))
    means = [point["mean"] for point in told["points"]]
    assert (told["reset"], noon["reset"]) == ("2026-06-16T20:00:00Z", None)
    assert means[:8] == [300] * 8, "like days say of nobody that he leaves at this hour"
    assert max(means[8:]) < 10
    # All who are inside at six leave within the hour, and evenly: not at once.
    assert 0.7 * evening["inside"] < evening["points"][0]["mean"] < evening["inside"]


def test_a_day_that_is_busier_than_its_like_days_is_forecast_busier(engine: Engine) -> None:
    fill(engine, 40, today=1.5)
    with engine.connect() as connection:
        found = forecast(connection, "heling", "fangyan", AT)
    at_three = next(point for point in found.points if point.ts == local("2026-06-17 15:00"))
    assert found.present == pytest.approx(1050, abs=2)
    assert at_three.mean == pytest.approx(1050, rel=0.06)


@pytest.mark.parametrize(("days", "reason"), [(0, "history"), (20, "history"), (21, None)])
def test_with_too_few_days_it_says_so_and_forecasts_nothing(engine: Engine, days: int, reason: str | None) -> None:
    fill(engine, days)
    with engine.connect() as connection:
        told = api.answer(connection, "heling", "fangyan", AT)
        nothing = api.answer(connection, "heling", "square", AT)
    assert told["reason"] == reason
    assert bool(told["points"]) is (reason is None)
    assert (nothing["model"], nothing["points"], nothing["reason_name"], nothing["warning"]) == (
        None,
        [],
        "历史不足",
        None,
    )


def test_where_gates_have_fallen_silent_nothing_is_forecast(engine: Engine) -> None:
    fill(engine, 40, until=AT - 5 * HOUR)
    with engine.connect() as connection:
        told = api.answer(connection, "heling", "fangyan", AT)
    assert (told["reason"], told["reason_name"], told["points"]) == ("unheard", "近期无计数", [])
    assert told["errors"] is not None


def test_a_count_on_the_spot_moves_the_forecast_at_once(engine: Engine) -> None:
    fill(engine, 40)
    count = {"community": "heling", "site": "fangyan", "at": AT - MINUTE, "inside": 2000, "note": "x", "actor": "x"}
    with writing(engine) as connection:
        connection.execute(insert(site_count).values(count))
    with engine.connect() as connection:
        found = forecast(connection, "heling", "fangyan", AT)
    assert found.present == 2000
    assert found.points[0].mean > 1800


def test_a_forecast_is_made_once_in_a_few_minutes_and_measured_once_a_day(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(engine, 40, until=AT + DAY)
    clock, made_at, measured = [AT], [], []
    make, measuring = made._make, made.measure
    monkeypatch.setattr(made, "now", lambda: clock[0])
    monkeypatch.setattr(made, "_make", lambda *given: made_at.append(clock[0]) or make(*given))
    monkeypatch.setattr(made, "measure", lambda *given: measured.append(clock[0]) or measuring(*given))
    with engine.connect() as connection:
        for minutes in (0, 1, 4, 6, 7, 60 * 12):
            clock[0] = AT + minutes * MINUTE
            forecast(connection, "heling", "fangyan")
    assert [(at - AT) // MINUTE for at in made_at] == [0, 6, 720]
    assert [(at - AT) // MINUTE for at in measured] == [0, 720]


def test_what_it_costs_does_not_grow_with_years_of_history(engine: Engine) -> None:
    fill(engine, 40)
    with engine.connect() as connection:
        before = forecast(connection, "heling", "fangyan", AT)
    long_ago = local_midnight(AT) - 500 * DAY
    fill(engine, 300, until=long_ago)
    with engine.connect() as connection:
        made._kept_past.clear()
        after = forecast(connection, "heling", "fangyan", AT)
    assert (before.points, before.days) == (after.points, after.days)


def test_days_of_last_years_fair_count_for_this_years(engine: Engine) -> None:
    at = local("2026-09-23 14:20")  # 八月十三
    fill(engine, 40, until=at)
    fill(engine, 3, until=local("2025-10-05 00:00"))
    with engine.connect() as connection:
        found = forecast(connection, "heling", "fangyan", at)
    assert (found.kind, found.days) == ("peak", 44)
    assert found.reason is None


def points(*highs: float) -> list[Point]:
    """A point each quarter, whose mean is nine tenths of its upper bound."""
    return [Point(AT + n * 15 * MINUTE, 0.9 * high, 0.5 * high, high) for n, high in enumerate(highs, 1)]


def warned(
    found: list[Point], present: float, capacity: int | None, limits: tuple[float, ...] = LIMITS
) -> dict[str, Any] | None:
    """The warning of those inside alone."""
    return warning([Ahead(INSTANT, present, capacity, found)], limits)


def test_the_warning_names_the_highest_level_that_the_upper_bound_comes_to_and_when() -> None:
    told = warned(points(700, 850, 950, 990), 700, 1000)
    assert told == {
        "of": "instant",
        "of_name": "瞬时承载量",
        "of_name_en": "capacity at one moment",
        "level": "orange",
        "name": "橙色预警",
        "name_en": "orange",
        "mark": "◆",
        "ts": "2026-06-17T07:05:00Z",
        "expected": 855,
        "high": 950,
        "people": 900,
        "mean_ts": None,
    }
    assert warned(points(1200), 700, 1000)["mean_ts"] == "2026-06-17T06:35:00Z"
    assert warned(points(990), 950, 1000) is None, "it is on that level already"
    assert warned(points(700), 600, 1000) is None
    assert warned(points(9000), 600, None) is None, "nobody configured a capacity"
    assert warned(points(650), 400, 1000, (0.0, 0.6, 0.7, 0.8))["level"] == "yellow", "a festival's own limits"


def test_the_warning_heeds_the_capacity_of_a_day_too_and_says_which_of_both() -> None:
    calm = Ahead(INSTANT, 100, 1000, points(100, 100, 100))
    told = warning([calm, Ahead(DAILY, 700, 1000, points(700, 850, 950))], LIMITS)
    assert told is not None
    assert (told["of"], told["of_name"], told["level"], told["ts"]) == (
        "daily",
        "日承载量",
        "orange",
        "2026-06-17T07:05:00Z",
    )
    soon = warning([Ahead(INSTANT, 100, 1000, points(950)), Ahead(DAILY, 700, 1000, points(700, 950))], LIMITS)
    assert soon is not None
    assert soon["of"] == "instant", "the one that comes first"
    on_it = warning([Ahead(INSTANT, 100, 1000, points(950)), Ahead(DAILY, 950, 1000, points(960))], LIMITS)
    assert on_it is None, "the level is orange already, by the day's entries"


@given(st.lists(st.floats(0, 5000), min_size=1, max_size=12), st.floats(0, 3000), st.integers(1, 3000))
def test_a_warning_is_given_exactly_where_the_upper_bound_comes_to_a_higher_level(
    highs: list[float], present: float, capacity: int
) -> None:
    told = warned(points(*highs), present, capacity)
    higher = [limit * capacity for limit in LIMITS[1:] if present < limit * capacity]
    assert (told is not None) is any(high >= people for people in higher for high in highs)
    if told is not None:
        assert told["people"] == round(max(people for people in higher if max(highs) >= people))


def may_hold(connection: Connection, new: versions.Entered) -> None:
    """A capacity that was entered when it began to count."""
    versions.add(connection, "heling", "fangyan", new, "x")
    connection.execute(update(site_capacity).values(at=new.since))


def test_the_answer_names_levels_in_people_only_where_a_capacity_is_configured(engine: Engine) -> None:
    fill(engine, 40)
    with engine.connect() as connection:
        bare = api.answer(connection, "heling", "fangyan", AT)
    assert (bare["capacity"], bare["levels"], bare["warning"]) == (None, [], None)
    with writing(engine) as connection:
        may_hold(connection, versions.Entered(instant=800, daily=None, since=AT - DAY))
    with engine.connect() as connection:
        told = api.answer(connection, "heling", "fangyan", AT)
    assert [(row["code"], row["people"]) for row in told["levels"]] == [("yellow", 640), ("orange", 720), ("red", 800)]
    assert math.isclose(told["inside"], 700, abs_tol=1)
    assert set(told["errors"]) == {"from", "to", "interval", "better", "horizons"}
    assert [row["hours"] for row in told["errors"]["horizons"]] == [1, 2, 3]


def test_a_day_is_a_festivals_from_when_it_is_begun_by_hand_until_it_is_ended() -> None:
    [plan] = shipped("heling").values()
    begun, ended = local("2026-06-10 09:00"), local("2026-06-13 20:00")
    steps = [SimpleNamespace(at=begun, is_start=True, actor="x"), SimpleNamespace(at=ended, is_start=False, actor="x")]

    def kinds(so_far: int, moment: Instant, *days: int) -> list[str]:
        kind = with_festivals(on_day([plan], {plan.code: steps[:so_far]}, moment))
        return [kind(date(2026, 6, day)) for day in days]

    assert kinds(1, local("2026-06-11 12:00"), 9, 10, 11, 12) == ["workday", "festival", "festival", "festival"]
    assert kinds(2, local("2026-06-15 12:00"), 11, 12, 13, 15, 16) == [
        "festival",
        "festival",
        "weekend",
        "workday",
        "workday",
    ]


def test_a_site_that_is_closed_is_not_warned_of_and_says_since_when_and_why(engine: Engine) -> None:
    fill(engine, 40)
    with writing(engine) as connection:
        small = versions.Entered(instant=2000, daily=1250, since=AT - DAY)
        may_hold(connection, small)
    with engine.connect() as connection:
        open_one = api.answer(connection, "heling", "fangyan", AT)["warning"]
    assert (open_one["of"], open_one["level"]) == ("daily", "red")
    with writing(engine) as connection:
        closing.keep(connection, "heling", "fangyan", True, "台风", "x", AT - HOUR)
    with engine.connect() as connection:
        told = api.answer(connection, "heling", "fangyan", AT)
        before = api.answer(connection, "heling", "fangyan", AT - 2 * HOUR)
    assert (told["warning"], told["closing"]) == (None, {"since": "2026-06-17T05:20:00Z", "reason": "台风"})
    assert before["closing"] is None
    assert (told["model"], told["reason"], told["points"], told["entering"]) == (None, "closed", [], [])
    assert before["points"]


def test_those_who_will_have_entered_since_midnight_go_on_from_those_who_did(engine: Engine) -> None:
    fill(engine, 40)
    with engine.connect() as connection:
        found = forecast(connection, "heling", "fangyan", AT)
    people = [found.entered, *(point.mean for point in found.entering)]
    assert people == sorted(people)
    assert people[0] == pytest.approx(1100 + 200 / 3, rel=0.01)
    late = local("2026-06-17 23:00")
    fill(engine, 1, until=late, site="square")
    with engine.connect() as connection:
        made._kept_past.clear()
        history = history_read(connection, "heling", "fangyan", late, official)
    profile = model.Profiles(np.full(history.entered.shape, 60.0), np.full(history.entered.shape, 0.5))
    told = list(ahead.entering(history, profile, late, 5000.0, None).values())
    assert max(told[:4]) > 5000
    assert max(told[4:]) < 500, "at midnight the day begins anew"


def test_a_forecast_of_a_past_time_is_made_once_and_a_crowd_of_them_is_sent_away(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(engine, 40)
    asked: list[Instant] = []
    own = made._make

    def counted(connection: Any, community: str, site: str, moment: Instant, measured: Any) -> Any:
        asked.append(moment)
        return own(connection, community, site, moment, measured)

    monkeypatch.setattr(made, "_make", counted)
    with engine.connect() as connection:
        first = forecast(connection, "heling", "fangyan", AT)
        assert forecast(connection, "heling", "fangyan", AT + 2 * MINUTE) is first
        forecast(connection, "heling", "fangyan", AT + 10 * MINUTE)
        assert asked == [AT, AT + 10 * MINUTE]
        for _ in range(made.IN_LINE):
            made._in_line.acquire()
        try:
            with pytest.raises(Problem) as refused:
                forecast(connection, "heling", "fangyan", AT + 20 * MINUTE)
            assert forecast(connection, "heling", "fangyan", AT) is first, "what is known is told"
        finally:
            for _ in range(made.IN_LINE):
                made._in_line.release()
    assert refused.value.status == 503
