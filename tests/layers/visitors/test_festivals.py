"""Festivals: on by the lunar calendar or by hand, with thresholds of their own, posts and people on duty."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from layers.problem import Problem
from layers.roles import Actor
from layers.visitors.capacity import levels, limits
from layers.visitors.festivals import hands, kept, on, plans, surge, thresholds, told
from layers.visitors.festivals.calendar import window_at, windows
from layers.visitors.festivals.plans import Calendar, Plan, Post
from store.engine import writing
from store.instant import DAY, HOUR, Instant, midnight
from tests.layers.test_working_time import local

MANAGER = Actor("经理", "manager", "user")
FAIR = "fangyan-miaohui"
STRICT = {"yellow": 0.6, "orange": 0.7, "red": 0.8}
BEFORE, WITHIN, AFTER = (local(f"2026-{day} 12:00") for day in ("09-01", "09-20", "11-01"))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[Instant]:
    """The present moment, to be set."""
    moment = [BEFORE]
    for module in (hands, plans, told):
        monkeypatch.setattr(module, "now", lambda: moment[0])
    return moment


def fair(**more: object) -> Plan:
    """The fair as the township plans it."""
    posts = (
        Post(code="gate", name="南门", site="fangyan", people=4),
        Post(code="top", name="山顶", site="fangyan", people=2),
    )
    given_plan = {"code": FAIR, "name": "方岩庙会", "sites": ("fangyan",), "begins": "calendar", "limits": STRICT}
    given_plan |= {"calendar": Calendar(first=(8, 1), last=(9, 9), peaks=((8, 13), (9, 9)))}
    given_plan |= {"posts": posts, "units": ("派出所", "民兵连")}
    return Plan(**given_plan | more)  # type: ignore[arg-type]


def keep(engine: Engine, plan: Plan) -> None:
    """Enter a plan."""
    with writing(engine) as connection:
        plans.keep(connection, "heling", plan, MANAGER)
        kept.changed(connection)


def act(engine: Engine, *, is_start: bool) -> None:
    """Begin or end the fair by hand."""
    with writing(engine) as connection:
        hands.step(connection, "heling", plans.plan_of(connection, "heling", FAIR), "雨天", MANAGER, is_start=is_start)


def duty(engine: Engine, post: str, who: str, *, is_on: bool = True, staff: tuple[str, ...] = ()) -> None:
    """Somebody comes to a post or leaves it."""
    with writing(engine) as connection:
        plan = plans.plan_of(connection, "heling", FAIR)
        hands.duty(connection, "heling", plan, post, who, staff, MANAGER, is_on=is_on)


def is_on(engine: Engine, at: Instant) -> bool:
    """Whether the fair is on."""
    with engine.connect() as connection:
        return FAIR in on(connection, "heling", at)


def test_the_fair_of_the_literature_is_on_from_8_1_to_9_9_and_says_where_it_is_known_from(engine: Engine) -> None:
    moments = ["2026-09-10 23:59", "2026-09-11 00:00", "2026-10-18 23:59", "2026-10-19 00:00"]
    assert [is_on(engine, local(moment)) for moment in moments] == [False, True, True, False]
    with engine.connect() as connection:
        [known] = told.all_of(connection, "heling", WITHIN)
        assert on(connection, "tahai", WITHIN) == {}
        # Nothing is known of thresholds, posts or people: those of every day count, and nobody is planned.
        assert thresholds(connection, "heling", "fangyan", WITHIN) == ()
        assert limits.of(connection, "heling", "fangyan", WITHIN) == levels.default_limits()
        shown = surge(connection, "heling", WITHIN)["fangyan"]
    assert (known["is_configured"], known["limits"], known["posts"], known["units"]) == (False, None, [], [])
    assert "Ⅹ-84" in known["basis"]
    assert known["next"] == {"first": "2026-09-11", "last": "2026-10-18", "peaks": ["2026-09-23", "2026-10-18"]}
    assert known["calendar"]["names"] == ["八月初一", "九月初九", "八月十三", "九月初九"]
    assert (shown["posts"], shown["manned"], shown["limits"], shown["is_configured"]) == (None, None, None, False)


def test_climaxes_are_the_days_around(engine: Engine) -> None:
    with engine.connect() as connection:
        found = {day: on(connection, "heling", local(f"2026-{day} 12:00"))[FAIR].is_peak for day in ("09-21", "09-22")}
        found |= {day: on(connection, "heling", local(f"2026-{day} 12:00"))[FAIR].is_peak for day in ("09-24", "09-25")}
    assert found == {"09-21": False, "09-22": True, "09-24": True, "09-25": False}


def test_while_it_is_on_its_thresholds_count_instead(engine: Engine, clock: list[Instant]) -> None:
    keep(engine, fair())
    with engine.connect() as connection:
        assert thresholds(connection, "heling", "fangyan", BEFORE) == ()
        assert thresholds(connection, "heling", "fangyan", WITHIN) == (0.0, 0.6, 0.7, 0.8)
        assert limits.of(connection, "heling", "fangyan", WITHIN) == (0.0, 0.6, 0.7, 0.8)
        assert limits.of(connection, "heling", "square", WITHIN) == levels.default_limits()
        # What was planned later did not count before.
        assert thresholds(connection, "heling", "fangyan", BEFORE - 350 * DAY) == ()
    clock[0] = BEFORE + 1
    keep(engine, fair(code="other", limits={"yellow": 0.5, "orange": 0.75, "red": 0.9}))
    with engine.connect() as connection:
        assert thresholds(connection, "heling", "fangyan", WITHIN) == (0.0, 0.5, 0.7, 0.8), "of two the strictest"


def test_by_hand_it_begins_early_goes_on_through_its_days_and_ends_with_them(
    engine: Engine, clock: list[Instant]
) -> None:
    act(engine, is_start=True)
    assert [is_on(engine, at) for at in (BEFORE - 1, BEFORE, WITHIN, AFTER)] == [False, True, True, False]
    with engine.connect() as connection:
        current = on(connection, "heling", WITHIN)[FAIR]
    assert (current.by, current.since) == ("user:经理", BEFORE)


def test_ended_by_hand_it_stays_ended_until_it_is_begun_again_or_next_year(
    engine: Engine, clock: list[Instant]
) -> None:
    clock[0] = WITHIN
    act(engine, is_start=False)
    assert [is_on(engine, at) for at in (WITHIN - 1, WITHIN, WITHIN + 20 * DAY)] == [True, False, False]
    assert is_on(engine, local("2027-09-15 12:00"))
    clock[0] = WITHIN + DAY
    act(engine, is_start=True)
    assert [is_on(engine, at) for at in (WITHIN + HOUR, WITHIN + DAY, AFTER)] == [False, True, False]


def test_a_festival_by_hand_alone_knows_no_calendar(engine: Engine, clock: list[Instant]) -> None:
    keep(engine, fair(begins="hand"))
    assert not is_on(engine, WITHIN)
    act(engine, is_start=True)
    assert is_on(engine, AFTER)
    with pytest.raises(Problem, match="is on already"):
        act(engine, is_start=True)
    clock[0] = AFTER
    act(engine, is_start=False)
    with pytest.raises(Problem, match="is not on"):
        act(engine, is_start=False)


@given(st.lists(st.tuples(st.integers(0, 800), st.booleans()), max_size=6), st.integers(0, 800))
def test_whoever_spoke_last_calendar_or_hand_decides(steps: list[tuple[int, bool]], day: int) -> None:
    """Against a plain reference: all beginnings and ends in a row, the newest counts."""
    begin = local("2026-01-01 12:00")
    known = Calendar(first=(8, 1), last=(9, 9))
    words = [(one.begin, True) for one in windows(known, begin + 365 * DAY)]
    words += [(one.end, False) for one in windows(known, begin + 365 * DAY)]
    words += [(begin + after * DAY + number, is_start) for number, (after, is_start) in enumerate(steps)]
    moment = begin + day * DAY + HOUR
    spoken = sorted(word for word in words if word[0] <= moment)

    class Step:
        at, is_start, actor = 0, False, "user:x"

    by_hand = sorted(words[-len(steps) :] if steps else [])
    step = None
    for at, is_start in by_hand:
        if at <= moment:
            step = Step()
            step.at, step.is_start = at, is_start
    found = told.standing(fair(calendar=known), step, moment)  # type: ignore[arg-type]
    assert (found is not None) is spoken[-1][1]


@given(st.integers(1902, 2099), st.tuples(st.integers(1, 12), st.integers(1, 30)), st.integers(1, 12))
def test_a_window_ends_after_it_begins_and_holds_its_days(year: int, first: tuple[int, int], month: int) -> None:
    calendar = Calendar(first=first, last=(month, 15))
    moment = midnight(date(year, 6, 15))
    for window in windows(calendar, moment):
        assert window.first - timedelta(days=1) <= window.last
        assert (window.last - window.first).days < 400
        if window.first <= window.last:
            assert window_at(calendar, window.last) is not None


def test_posts_are_manned_by_units_and_accounts_while_it_is_on(engine: Engine, clock: list[Instant]) -> None:
    keep(engine, fair())
    with pytest.raises(Problem, match="is not on"):
        duty(engine, "gate", "派出所")
    clock[0] = WITHIN
    duty(engine, "gate", "派出所")
    duty(engine, "gate", "wang", staff=("wang",))
    with pytest.raises(Problem, match="no unit of the plan and no account"):
        duty(engine, "gate", "张大娘", staff=("wang",))
    with pytest.raises(Problem, match="no post 'nowhere'; there are: gate, top"):
        duty(engine, "nowhere", "派出所")
    with pytest.raises(Problem, match="'派出所' is on post 'gate' already"):
        duty(engine, "gate", "派出所")
    with engine.connect() as connection:
        shown = surge(connection, "heling", WITHIN)["fangyan"]
        assert (shown["posts"], shown["manned"], shown["people"], shown["on_duty"]) == (2, 1, 6, 2)
        assert surge(connection, "heling", WITHIN - 1)["fangyan"]["on_duty"] == 0
    clock[0] = WITHIN + HOUR
    duty(engine, "gate", "派出所", is_on=False)
    with pytest.raises(Problem, match="'派出所' is not on post 'gate'"):
        duty(engine, "gate", "派出所", is_on=False)
    with engine.connect() as connection:
        [known] = told.all_of(connection, "heling", WITHIN + HOUR)
        assert [post["on_duty"] for post in known["posts"]] == [["wang"], []]
        log = told.log(connection, "heling", FAIR, 10)
    assert [(row["what"], row["post"], row["who"]) for row in log] == [
        ("off", "gate", "派出所"),
        ("on", "gate", "wang"),
        ("on", "gate", "派出所"),
    ]
    # Next year's posts begin empty.
    with engine.connect() as connection:
        assert surge(connection, "heling", local("2027-09-15 12:00"))["fangyan"]["on_duty"] == 0


WRONG = [
    ({"calendar": None}, "begins by the calendar has a first"),
    ({"calendar": Calendar(first=(13, 1), last=(9, 9))}, "there is no lunar day 13-1"),
    ({"calendar": Calendar(first=(8, 31), last=(9, 9))}, "there is no lunar day 8-31"),
    ({"limits": {"yellow": 0.5}}, "one for each of yellow, orange, red"),
    ({"limits": STRICT | {"orange": 0.5}}, "rising"),
    ({"limits": STRICT | {"red": 1.5}}, "at most 1"),
    ({"limits": STRICT | {"yellow": 0.0}}, "above 0"),
    ({"posts": (Post(code="a", name="a", site="square", people=1),)}, "no site of the festival"),
    ({"posts": (Post(code="a", name="a", site="fangyan", people=1),) * 2}, "two have the same code"),
]


@pytest.mark.parametrize(("change", "why"), WRONG)
def test_a_plan_that_cannot_be_kept_to_is_refused(change: dict[str, object], why: str) -> None:
    with pytest.raises(Problem, match=why):
        plans.check(fair(**change))


def begin_and_fail(engine: Engine) -> None:
    """A beginning by hand that its own transaction sees, and that is not committed."""
    with writing(engine) as connection:
        hands.step(connection, "heling", fair(begins="hand"), "x", MANAGER, is_start=True)
        assert thresholds(connection, "heling", "fangyan", BEFORE) == (0.0, 0.6, 0.7, 0.8)
        raise ZeroDivisionError


def test_what_is_kept_of_festivals_is_asked_by_one_row_and_never_holds_what_was_not_committed(
    engine: Engine, clock: list[Instant]
) -> None:
    keep(engine, fair(begins="hand"))
    asked: list[str] = []
    with engine.connect() as connection:
        thresholds(connection, "heling", "fangyan", BEFORE)
        event.listen(connection, "before_cursor_execute", lambda *given: asked.append(given[2]))
        assert surge(connection, "heling", BEFORE) == {}
        assert thresholds(connection, "heling", "fangyan", BEFORE) == ()
    assert len(asked) == 2
    assert all("revision" in statement for statement in asked)
    with pytest.raises(ZeroDivisionError):
        begin_and_fail(engine)
    assert not is_on(engine, BEFORE)
    act(engine, is_start=True)
    assert is_on(engine, BEFORE)
