"""The level of a site: by its share of the capacity, without flicker, and kept with every change."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from layers.visitors import capacity, queries
from layers.visitors.capacity import closing, lbt034, levels, state, versions
from layers.visitors.capacity.versions import Entered
from layers.visitors.feed import LEVEL, RATIO, VisitorsFeed
from layers.visitors.passing_time import LOOK
from sensors.intake.batch import Batch
from store.engine import writing
from store.instant import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Instant, local_hour, now
from tests.database import add
from tests.layers.counting import send, site

COMMUNITY, SITE = "heling", "fangyan"


@pytest.fixture
def gate(engine: Engine) -> str:
    """A gate of the scenic area."""
    return add(engine, "gate-1", "gate", site=SITE).id


@pytest.fixture
def setting() -> Iterator[None]:
    """The operator's setting lets a hundred in."""
    capacity.configure({SITE: 100})
    yield
    capacity.configure({})


def enter(engine: Engine, instant: int, daily: int | None = None, since: Instant = 0) -> None:
    """Enter a capacity."""
    with writing(engine) as connection:
        versions.add(connection, COMMUNITY, SITE, Entered(instant=instant, daily=daily, since=since), "user:m")


def changes(engine: Engine) -> list[tuple[str | None, str | None]]:
    """The changes of the level, oldest first."""
    with engine.connect() as connection:
        return [(row["from"], row["to"]) for row in reversed(state.log(connection, COMMUNITY, SITE, None, 100))]


def walk(engine: Engine, gate: str, *people: int) -> None:
    """Let so many be inside, one after the other, a second apart and a moment ago."""
    before = 0
    at = now() - len(people) * SECOND
    for number, inside in enumerate(people):
        way = "enter" if inside >= before else "leave"
        send(engine, gate, [(at + number * SECOND, {way: abs(inside - before)})])
        before = inside


def pass_time(engine: Engine, feed: VisitorsFeed, at: Instant) -> Batch:
    """What ingest does when something is due and no message came."""
    batch = Batch(at=at)
    with writing(engine) as connection:
        feed.store(connection, batch)
    feed.committed()
    return batch


SHARES = st.lists(st.floats(0, 1.5), min_size=1, max_size=60)


@given(SHARES)
def test_a_level_is_reached_at_its_limit_and_left_below_it_less_the_deadband(shares: list[float]) -> None:
    limits, rank = levels.default_limits(), None
    for share in shares:
        before, rank = rank, levels.next_rank(rank, share)
        plain = max(r for r, limit in enumerate(limits) if share >= limit or r == 0)
        assert rank >= plain, "never less than the share says"
        if before is not None and rank < before:
            assert share < limits[before] - levels.deadband() + 1e-6
        if rank > plain:
            assert share >= limits[rank] - levels.deadband() - 1e-6


@given(st.floats(0, 1.5), st.lists(st.floats(-0.0099, 0.0099), min_size=1, max_size=50))
def test_a_share_that_trembles_by_less_than_half_the_deadband_changes_a_level_once_at_most(
    middle: float, trembling: list[float]
) -> None:
    ranks = [levels.next_rank(None, middle)]
    for by in trembling:
        ranks.append(levels.next_rank(ranks[-1], max(0.0, middle + by)))
    assert sum(a != b for a, b in pairwise(ranks)) <= 1


@given(
    st.floats(1, 1e7, allow_nan=False).map(lambda x: round(x, 1)),
    st.floats(0.1, 100).map(lambda x: round(x, 2)),
    st.floats(0.5, 10).map(lambda x: round(x, 1)),
)
def test_the_capacity_by_area_is_whole_people_who_have_their_room(area: float, each: float, turnover: float) -> None:
    people = lbt034.instant(area, each)
    assert people * each <= area * (1 + 1e-12)
    assert (people + 1) * each > area * (1 - 1e-12)
    day = lbt034.daily(area, each, turnover)
    assert day <= area / each * turnover * (1 + 1e-12)
    assert day >= int(people * turnover)


def test_without_a_capacity_there_is_no_level(engine: Engine, gate: str) -> None:
    walk(engine, gate, 500)
    found = site(engine, None)
    assert [found[name] for name in ("capacity", "capacity_daily", "ratio", "level")] == [None] * 4
    assert changes(engine) == []


@pytest.mark.usefixtures("setting")
def test_the_setting_counts_until_a_version_does(engine: Engine, gate: str) -> None:
    walk(engine, gate, 85)
    assert (site(engine, None)["capacity"], site(engine, None)["level"]) == (100, "yellow")
    enter(engine, 200, since=now() - MINUTE)
    assert site(engine, None)["capacity"] == 200
    assert site(engine, now() - HOUR)["capacity"] == 100


def test_each_level_is_entered_once_in_a_rise_and_left_once_in_a_fall(engine: Engine, gate: str) -> None:
    enter(engine, 100)
    walk(engine, gate, 50, 79, 81, 79, 80, 78, 90, 89, 91, 100, 99, 98, 97, 89, 88, 87, 79, 78, 77, 10)
    assert changes(engine) == [
        (None, "normal"),
        ("normal", "yellow"),
        ("yellow", "orange"),
        ("orange", "red"),
        ("red", "orange"),
        ("orange", "yellow"),
        ("yellow", "normal"),
    ]


def test_the_greater_of_both_shares_decides(engine: Engine, gate: str) -> None:
    enter(engine, 1000, daily=100)
    walk(engine, gate, 92, 10)
    found = site(engine, None)
    assert (found["ratio"], found["ratio_daily"], found["level"]) == (0.01, 0.92, "orange")


def test_a_past_time_has_the_capacity_and_the_level_of_then(engine: Engine, gate: str) -> None:
    enter(engine, 100)
    walk(engine, gate, 85)
    then = now()
    enter(engine, 1000, since=now())
    walk(engine, gate, 86)
    assert (site(engine, None)["capacity"], site(engine, None)["level"]) == (1000, "normal")
    assert (site(engine, then)["capacity"], site(engine, then)["level"]) == (100, "yellow")


def test_who_comes_later_is_told_of_level_and_share(engine: Engine, gate: str) -> None:
    enter(engine, 100)
    walk(engine, gate, 95)
    batch = pass_time(engine, VisitorsFeed(), now())
    key = (COMMUNITY, "site", SITE)
    assert (batch.figures[*key, LEVEL][1], batch.figures[*key, RATIO][1]) == (2.0, 0.95)
    assert batch.words[*key, LEVEL] == ("95 % · 在内 95 / 100 人", "95 % · 95 / 100 inside")


def test_of_the_day_s_capacity_is_told_who_entered_where_its_share_is_the_greater(engine: Engine, gate: str) -> None:
    enter(engine, 5000, daily=1200)
    walk(engine, gate, 1100, 10)
    batch = pass_time(engine, VisitorsFeed(), now())
    words = batch.words[COMMUNITY, "site", SITE, LEVEL]
    assert words == ("92 % · 当日进入 1\u202f100 / 1\u202f200 人", "92 % · 1\u202f100 / 1\u202f200 entered today")


def test_a_capacity_that_begins_to_count_later_is_due_then(engine: Engine, gate: str) -> None:
    enter(engine, 1000)
    walk(engine, gate, 95)
    feed, begins = VisitorsFeed(), now() + SECOND
    enter(engine, 100, since=begins)
    pass_time(engine, feed, begins - SECOND)
    assert feed.due() == begins
    assert changes(engine)[-1] == (None, "normal")
    with writing(engine) as connection:
        [stands] = state.follow(connection, COMMUNITY, [SITE], begins)
    assert stands.level == "orange"


def test_what_another_process_changed_is_seen_within_a_look(engine: Engine, gate: str) -> None:
    enter(engine, 1000)
    walk(engine, gate, 95)
    feed = VisitorsFeed()
    at = now()
    assert pass_time(engine, feed, at).figures != {}
    assert pass_time(engine, feed, at + 1).figures == {}, "nothing is due"
    with writing(engine) as connection:
        versions.add(connection, COMMUNITY, SITE, Entered(instant=100, daily=None, since=at), "user:m")
        state.follow_by_hand(connection, COMMUNITY, SITE, at)
    due = feed.due()
    assert due is not None
    assert due <= at + LOOK
    assert pass_time(engine, feed, due).figures[COMMUNITY, "site", SITE, LEVEL][1] == 2.0


def test_what_was_not_committed_is_due_again(engine: Engine, gate: str) -> None:
    enter(engine, 100)
    walk(engine, gate, 95)
    feed = VisitorsFeed()
    for _ in range(2):
        batch = Batch()
        with writing(engine) as connection:
            feed.store(connection, batch)
        assert batch.figures[COMMUNITY, "site", SITE, LEVEL][1] == 2.0
    feed.committed()
    assert pass_time(engine, feed, batch.at + 1).figures == {}


def test_the_reset_takes_the_level_back_by_itself(engine: Engine, gate: str) -> None:
    enter(engine, 100)
    walk(engine, gate, 95)
    reset = local_hour(now(), 4) + DAY
    with writing(engine) as connection:
        state.follow(connection, COMMUNITY, [SITE], reset + SECOND)
    assert changes(engine)[-1] == ("orange", "normal")
    feed = VisitorsFeed()
    pass_time(engine, feed, reset - 5 * SECOND)
    assert feed.due() == reset


def test_a_closed_site_is_closed_whatever_its_share_and_its_rank_goes_on(engine: Engine, gate: str) -> None:
    enter(engine, 100)
    walk(engine, gate, 95)
    with writing(engine) as connection:
        closing.keep(connection, COMMUNITY, SITE, True, "storm", "user:m", now())
        [stands] = state.follow(connection, COMMUNITY, [SITE], now())
    assert (stands.level, stands.rank) == ("closed", 2)
    assert site(engine, None)["level"] == "closed"
    figures = pass_time(engine, VisitorsFeed(), now() + LOOK).figures
    told = [figures[COMMUNITY, "site", SITE, metric][1] for metric in (LEVEL, RATIO)]
    assert told == [0.0, 0.0], "what was warned of by its level or share is over"
    with writing(engine) as connection:
        closing.keep(connection, COMMUNITY, SITE, False, "over", "user:m", now())
        state.follow(connection, COMMUNITY, [SITE], now())
    assert site(engine, None)["level"] == "orange"
    assert changes(engine)[-2:] == [("orange", "closed"), ("closed", "orange")]


def test_a_closed_site_says_since_when_and_why_and_real_and_replayed_people_are_told_apart(engine: Engine) -> None:
    add(engine, "gate-real", "gate", site="fangyan")
    add(engine, "gate-replayed", "gate", site="fangyan", source="recorded")
    moment = now()
    send(engine, "gate-real", [(moment - 9 * SECOND, {"enter": 5})])
    send(engine, "gate-replayed", [(moment - 8 * SECOND, {"enter": 7, "leave": 2})])
    with writing(engine) as connection:
        closing.keep(connection, "heling", "fangyan", True, "台风", "user:m", moment)
    with engine.connect() as connection:
        record = queries.records(connection, "heling", {"fangyan"})["fangyan"]
    assert record["inside"] == 10
    assert record["sources"] == [
        {"source": None, "gates": 1, "entered": 5, "left": 0},
        {"source": "recorded", "gates": 1, "entered": 7, "left": 2},
    ]
    assert (record["level"], record["closing"]) == ("closed", {"since": moment // MILLISECOND, "reason": "台风"})
    with writing(engine) as connection:
        closing.keep(connection, "heling", "fangyan", True, "台风未过", "user:m", moment + SECOND)
    with engine.connect() as connection:
        [again] = closing.closed_sites(connection, "heling", moment + MINUTE).values()
    assert (again.since, again.reason) == (moment, "台风未过")
