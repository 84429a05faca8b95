"""The clock of an event: what each step that life.toml permits makes of it, and how long each limit is."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from layers import working_time
from layers.grid_events import queries, write
from layers.grid_events.due import NO_CLOCK, Clock, first_clock, next_clock
from layers.grid_events.rules import SEVERITIES, categories, clocks, states
from layers.grid_events.tables import grid_event_transition
from layers.grid_events.write import Wanted
from layers.roles import Actor
from store.engine import writing
from store.instant import HOUR, MINUTE, Instant
from tests.layers.test_event_life import file
from tests.layers.test_working_time import local, shown

MONDAY = local("2026-11-23 09:00")
PAIRS = [(left, entered) for left, state in states().items() for entered in state.to]
OUTCOMES = {"starts", "runs", "stops", "resumes", "ends"}


def test_the_table_has_each_step_that_life_permits_and_no_other() -> None:
    table = clocks().steps
    assert {(left, entered) for left, row in table.items() for entered in row} == set(PAIRS)
    assert {outcome for row in table.values() for outcome in row.values()} == OUTCOMES
    assert set(clocks().limit_of) < set(states())
    for category in categories().values():
        assert set(clocks().limit_of.values()) == set(clocks().limits) | set(category.limits)


@pytest.mark.parametrize(("left", "entered"), PAIRS)
def test_after_each_step_the_clock_is_that_of_the_state_entered(left: str, entered: str) -> None:
    at = MONDAY + HOUR
    limit_before = clocks().limit_of.get(left)
    running = Clock(MONDAY + 2 * HOUR, MONDAY + HOUR, None, False, limit_before)
    if left == "suspended":
        running = Clock(None, None, HOUR, False, "handling")
    after = next_clock(running if limit_before or left == "suspended" else NO_CLOCK, entered, left, "other", at)
    if not states()[entered].open:
        assert after == NO_CLOCK
    elif entered == "suspended":
        assert (after.due, after.left, after.limit) == (None, HOUR, limit_before)
    else:
        assert after.due is not None
        assert after.limit == clocks().limit_of[entered]
        goes_on = (left == "suspended" and after.limit == "handling") or clocks().steps[left][entered] == "runs"
        assert (after.due == MONDAY + 2 * HOUR) == goes_on


@st.composite
def walks(draw: st.DrawFn) -> list[tuple[str, Instant]]:
    """Steps that life.toml permits, from the report on, each some minutes to days after the one before."""
    state, at = "reported", MONDAY
    walk = [(state, at)]
    for _ in range(draw(st.integers(0, 12))):
        if not states()[state].to:
            break
        state = draw(st.sampled_from(sorted(states()[state].to)))
        at += draw(st.integers(1, 4 * 24 * 60)) * MINUTE
        walk.append((state, at))
    return walk


def plainly(category: str, severity: str, walk: list[tuple[str, Instant]]) -> tuple[str | None, int | None]:
    """The limit that counts at the end and how much of it is used up, by going through the walk from the beginning."""
    row = categories()[category]
    limit, used = None, 0
    kept: tuple[str | None, int] = (None, 0)
    for (left, since), (entered, at) in itertools.pairwise([("", 0), *walk]):
        was = clocks().limit_of.get(left)
        if was is not None:
            text = (row.limits.get(was) or clocks().limits[was])[severity]
            used += working_time.between(since, at) if working_time.limit(text).is_working else at - since
        becomes = clocks().limit_of.get(entered)
        if entered == "suspended":
            kept = (was, used)
        elif left == "suspended" and becomes == kept[0]:
            limit, used = kept
        elif (
            becomes != was
            or "suspended" in (left, entered)
            or entered == "sent_back"
            or (left, entered) == ("dispatched", "filed")
        ):
            limit, used = becomes, 0
    if walk[-1][0] == "suspended":
        limit, used = kept
    return limit, used if limit else None


@given(
    walk=walks(),
    category=st.sampled_from(sorted(categories())),
    severity=st.sampled_from(sorted(SEVERITIES)),
)
def test_a_random_life_uses_up_its_limits_as_a_plain_count_does(
    walk: list[tuple[str, Instant]], category: str, severity: str
) -> None:
    clock, before = first_clock(category, severity, walk[0][1]), walk[0][0]
    for state, at in walk[1:]:
        clock, before = next_clock(clock, state, before, category, at, severity), state
    name, used = plainly(category, severity, walk)
    assert clock.limit == name
    if name is None:
        assert clock == NO_CLOCK
        return
    row = categories()[category].limits.get(name) or clocks().limits[name]
    whole = working_time.limit(row[severity])
    assert clock.is_working == whole.is_working
    at = walk[-1][1]
    if clock.left is None:
        assert clock.due is not None
        left = working_time.between(at, clock.due) if clock.is_working else clock.due - at
    else:
        assert clock.due is None
        left = clock.left
    assert used is not None
    assert left == whole.amount - used


def test_what_was_late_in_working_time_is_late_by_as_much_after_a_break() -> None:
    steps = [("reported", "2026-11-23T09:00"), ("filed", "2026-11-23T09:01"), ("suspended", "2026-11-23T11:02")]
    clock = after("environment.air", *steps, ("filed", "2026-11-23T12:01"))
    assert clock.due is not None
    assert working_time.between(local("2026-11-23T12:01"), clock.due) == -MINUTE


def after(category: str, *steps: tuple[str, str]) -> Clock:
    """The clock after steps into states at times."""
    clock, before = NO_CLOCK, None
    for state, at in steps:
        clock, before = next_clock(clock, state, before, category, local(at)), state
    return clock


def test_a_limit_that_was_stopped_does_not_go_on_where_it_does_not_belong() -> None:
    road = (("reported", "2026-11-23 09:00"), ("filed", "2026-11-23 09:30"), ("suspended", "2026-11-23 10:00"))
    assert shown(after("facility.road", *road, ("dispatched", "2026-11-26 09:00")).due or 0) == "2026-12-01 09:00"
    cover = (("reported", "2026-11-27 16:00"), ("filed", "2026-11-27 16:15"), ("suspended", "2026-11-27 16:30"))
    dispatched = after("facility.manhole", *cover, ("dispatched", "2026-11-27 17:20"))
    assert (shown(dispatched.due or 0), dispatched.is_working) == ("2026-11-27 19:20", False)
    in_hand = (*road[:2], ("dispatched", "2026-11-23 10:00"), ("in_hand", "2026-11-23 10:01"))
    filed = after("facility.road", *in_hand, ("suspended", "2026-11-23 10:30"), ("filed", "2026-11-25 09:00"))
    assert shown(filed.due or 0) == "2026-11-25 11:00"


def test_a_fire_in_the_night_is_late_in_the_night() -> None:
    clock = first_clock("safety.fire", "critical", local("2026-11-22 03:48"))
    assert shown(clock.due or 0) == "2026-11-22 03:53"
    assert shown(clock.warn or 0) == "2026-11-22 03:52"


@pytest.mark.parametrize(("code", "name"), itertools.product(categories(), sorted(set(clocks().limit_of.values()))))
def test_what_is_critical_goes_by_the_clock_and_what_is_graver_is_not_slower(code: str, name: str) -> None:
    row = categories()[code].limits.get(name) or clocks().limits[name]
    assert row.keys() == SEVERITIES.keys()
    assert not working_time.limit(row["critical"]).is_working
    for start in (MONDAY, local("2026-11-27 17:00"), local("2026-11-22 03:48")):
        minor, major, critical = (working_time.limit(row[severity]).after(start) for severity in SEVERITIES)
        assert critical <= major <= minor


def test_the_database_keeps_which_limit_was_stopped(engine: Engine) -> None:
    manager = Actor("王经理", "manager")
    event, _ = file(engine, "stopped", category="facility.road", severity="major")
    for to in ("filed", "suspended", "dispatched"):
        with writing(engine) as connection:
            write.advance(connection, "heling", event, Wanted(to=to, assignee="李网格"), manager, {"李网格"})
    with engine.connect() as connection:
        steps = grid_event_transition.c
        query = select(steps.limit_name).where(steps.event_id == event).order_by(steps.seq)
        assert list(connection.scalars(query)) == ["filing", "dispatching", "dispatching", "handling"]
        row = queries.one(connection, "heling", event)
    assert row is not None
    assert row.due == working_time.limit("3wd").after(row.state_since)
