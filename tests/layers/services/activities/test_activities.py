"""Activities: never more people than places, a line that keeps its order, a room for one thing, who came earns."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError

from layers.problem import Problem
from layers.services.activities import places
from layers.services.activities.tables import activity_place, sign_up
from layers.services.lines import Filling
from layers.services.points import queries as points
from layers.services.registers.behind import Row, behind
from store.engine import apart, writing
from store.instant import DAY, HOUR, MINUTE, Instant, format_rfc3339, local_date, now
from store.turns import Duty
from tests.layers.services.registers import (
    CLERK,
    COMMUNITY,
    MANAGER,
    SEAL,
    add,
    change,
    shipped,
    standing,
    stands,
    void,
    writer,
)

ROOM = "centre-2-tea"
_cards = count(1)


def by(code: str) -> Any:
    return writer(shipped(code))


def person(engine: Engine) -> Row:
    return add(engine, by("persons"), card=f"A{next(_cards)}", name="某某")


def activity(engine: Engine, starts: Instant | None = None, hours: int = 2, **more: Any) -> Row:
    begin = now() + DAY if starts is None else starts
    times = {"starts": format_rfc3339(begin), "ends": format_rfc3339(begin + hours * HOUR)}
    given = {"title": "请你喝杯茶", "kind": "tea", "series": "茶文化进社区", "venue": "茶室"} | times | more
    return add(engine, by("activities"), **given)


def come(engine: Engine, of: Row, who: Row, **more: Any) -> Row:
    return add(engine, by("sign_ups"), activity=of.id, person=who.id, **{"channel": "online"} | more)


def test_who_signs_up_when_it_is_full_waits_and_moves_up_in_order(engine: Engine) -> None:
    tea = activity(engine, places=2)
    rows = [come(engine, tea, person(engine)) for _ in range(4)]
    assert standing(engine, *rows) == ["enrolled", "enrolled", "waiting", "waiting"]
    with engine.connect() as connection:
        told = behind("sign_ups").told(connection, [row.id for row in rows])
    assert told == {rows[2].id: {"position": 1}, rows[3].id: {"position": 2}}
    change(engine, by("sign_ups"), rows[0], left=local_date(now()).isoformat())
    assert standing(engine, *rows) == ["left", "enrolled", "enrolled", "waiting"]
    void(engine, by("sign_ups"), stands(engine, rows[1]))
    assert standing(engine, rows[3]) == ["enrolled"]
    with pytest.raises(Problem, match="已有 2 人有名额"):
        change(engine, by("activities"), tea, places=1)
    with pytest.raises(Problem, match="已有 2 人有名额"):
        change(engine, by("activities"), tea, places=None)
    with pytest.raises(Problem, match="还有 2 人报名或候补"):
        void(engine, by("activities"), tea)


def test_the_database_itself_takes_no_more_than_there_are_places(engine: Engine) -> None:
    come(engine, activity(engine, places=1), person(engine))
    with pytest.raises(IntegrityError, match="activity_place_taken"), writing(engine) as connection:
        connection.execute(update(activity_place).values(taken=activity_place.c.taken + 1))


def test_nobody_signs_up_twice_or_for_what_is_over_cancelled_or_open(engine: Engine) -> None:
    who, tea = person(engine), activity(engine, places=5)
    come(engine, tea, who)
    with pytest.raises(Problem, match="已登记"):
        come(engine, tea, who, channel="offline")
    change(engine, by("activities"), tea, state="cancelled")
    for of, why in (
        (tea, "已取消"),
        (activity(engine, now() - 3 * HOUR, places=5), "已结束"),
        (activity(engine), "不用报名"),
    ):
        with pytest.raises(Problem, match=why):
            come(engine, of, person(engine))


def test_an_activity_books_its_room_until_it_is_cancelled(engine: Engine) -> None:
    starts = now() + DAY
    debate = activity(engine, starts, title="书房辩论", kind="debate", room=ROOM, venue=None)
    times = {"starts": format_rfc3339(starts + HOUR), "ends": format_rfc3339(starts + 3 * HOUR)}
    booking = {"room": ROOM, "purpose": "rehearsal", "title": "合唱团排练"} | times
    with pytest.raises(Problem, match="已有「书房辩论」"):
        add(engine, by("bookings"), **booking)
    cancelled = change(engine, by("activities"), debate, state="cancelled")
    held = add(engine, by("bookings"), **booking)
    with pytest.raises(Problem, match="合唱团排练"):
        change(engine, by("activities"), cancelled, state="planned")
    void(engine, by("bookings"), held)
    change(engine, by("activities"), cancelled, state="planned")
    with pytest.raises(Problem, match="最多填一个"):
        activity(engine, room=ROOM, site="square")
    with pytest.raises(Problem, match="结束要晚于开始"):
        activity(engine, hours=0)


def test_who_came_is_found_by_the_activity_that_is_now_and_earns(engine: Engine) -> None:
    today = local_date(now()).isoformat()
    add(engine, writer(shipped("points_policies"), MANAGER), earning="participations", since=today, points=3, months=12)
    who, entry = person(engine), {"kind": "culture", "day": today}
    with pytest.raises(Problem, match="此时没有活动"):
        add(engine, by("participations"), person=who.id, **entry)
    lecture = activity(engine, now() - HOUR, title="健康讲座", kind="lecture")
    came = add(engine, by("participations"), person=who.id, **entry)
    assert {"event": lecture.id, "activity": "健康讲座", "hours": 2, "points": 3}.items() <= came.values.items()
    with pytest.raises(Problem, match="已登记"):
        add(engine, by("participations"), person=who.id, **entry)
    with engine.connect() as connection:
        accounts, _ = points.listed(connection, COMMUNITY, 10)
    assert [one["balance"] for one in accounts if one["person"] == who.id] == [3]
    other = activity(engine, now() - 20 * MINUTE, title="茶会")
    with pytest.raises(Problem, match="此时有 2 项活动"):
        add(engine, by("participations"), person=person(engine).id, **entry)
    named = add(engine, by("participations"), person=who.id, event=other.id, hours=0.5, **entry)
    assert (named.values["activity"], named.values["hours"]) == ("茶会", 0.5)
    with pytest.raises(Problem, match="不在 2026-01-01"):
        add(engine, by("participations"), person=who.id, event=other.id, kind="culture", day="2026-01-01")
    words = add(engine, by("participations"), person=who.id, activity="议事会", **entry)
    assert "event" not in words.values


def test_a_member_is_once_in_a_club_and_a_place_has_one_count_a_day(engine: Engine) -> None:
    club = add(engine, by("clubs"), name="乒乓球社", kind="table_tennis", leaders=3)
    who = person(engine)
    add(engine, by("club_members"), club=club.id, person=who.id, part="leader")
    with pytest.raises(Problem, match="已登记"):
        add(engine, by("club_members"), club=club.id, person=who.id, part="member")
    for place in ("hugong", "history", "integrity"):
        add(engine, by("poi_visits"), place=place, day="2026-11-26", persons=120, groups=3)
    with pytest.raises(Problem, match="已登记"):
        add(engine, by("poi_visits"), place="hugong", day="2026-11-26", persons=1)


def test_of_many_who_sign_up_and_leave_at_once_as_many_as_places_are_in(engine: Engine) -> None:
    """Threads, each with an engine of its own as a process has."""
    workers, most = (6, 3) if engine.dialect.name == "postgresql" else (3, 2)
    of = activity(engine, places=most)
    people = [[person(engine) for _ in range(2)] for _ in range(workers)]
    engines = [apart(engine, Duty.PAGES) for _ in range(workers)]

    def work(number: int) -> None:
        mine = [come(engines[number], of, who) for who in people[number]]
        void(engines[number], by("sign_ups"), stands(engines[number], mine[0]))

    with ThreadPoolExecutor(workers) as pool:
        failures = [one.exception() for one in [pool.submit(work, number) for number in range(workers)]]
    for one in engines:
        one.dispose()
    # Whose row moved up between the look and the void is told so, and looks again.
    assert all(one is None or (isinstance(one, Problem) and one.title == "changed meanwhile") for one in failures)
    with writing(engine) as connection:
        places.LINE.fill_all(connection, Filling(community=COMMUNITY, actor=CLERK, seal=SEAL, at=now()))
        offered = places.LINE.offered(connection, of.id)
        stood = connection.execute(select(sign_up).where(sign_up.c.activity_id == of.id)).all()
    assert offered is not None
    enrolled = [one for one in stood if one.standing == "enrolled"]
    waiting = [one for one in stood if one.standing == "waiting"]
    assert offered.taken == len(enrolled) <= most
    assert not waiting or offered.taken == most
