"""Grid events: the table of states, by all roles."""

import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, func, select

from layers.grid_events import queries, rows, write
from layers.grid_events.report import read
from layers.grid_events.rows import Row
from layers.grid_events.rules import FIRST_LEVEL, SEVERITIES, categories, states
from layers.grid_events.tables import grid_event, grid_event_transition
from layers.grid_events.write import Reporter, Wanted
from layers.problem import Problem
from layers.roles import ROLES, Actor, may
from sensors.refusal import Refused
from store.engine import writing
from store.instant import Instant, format_rfc3339, now
from tests.database import new_database

OPEN = {"reported", "filed", "dispatched", "in_hand", "handled", "verified", "sent_back", "suspended"}
ENDED = {"declined", "closed", "rated", "void"}
CONTRACT = OPEN | ENDED


def file(engine: Engine, reference: str = "1", came: Instant | None = None, **more: object) -> tuple[str, bool]:
    """File a report, which came now or at a time."""
    body = {"id": reference, "title": "路灯不亮", "category": "facility.lighting", "severity": "minor"} | more
    report = read(json.dumps(body).encode(), now() if came is None else came)
    with writing(engine) as connection:
        return write.file(connection, "heling", Reporter("tester"), report)


def test_the_states_are_those_of_the_contract_and_each_can_be_reached() -> None:
    assert states().keys() == CONTRACT
    reached = {"reported"}
    for _ in states():
        reached |= {to for code in reached for to in states()[code].to}
    assert reached == CONTRACT
    for state in states().values():
        assert state.open is (state.code in OPEN)
        assert state.to.keys() <= CONTRACT
        assert set(state.to.values()) <= set(ROLES)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("present", "to"), itertools.product(sorted(CONTRACT), sorted(CONTRACT)))
def test_just_the_steps_of_the_table_are_permitted(engine_kept: Engine, present: str, to: str, role: str) -> None:
    event, _ = file(engine_kept, f"{present}-{to}-{role}")
    with writing(engine_kept) as connection:
        rows.add(connection, event, Row(2, present, "tester", "", now(), FIRST_LEVEL))
    needed = states()[present].to.get(to)
    expected = 409 if needed is None else 200 if may(role, needed) else 403
    try:
        with writing(engine_kept) as connection:
            write.advance(connection, "heling", event, Wanted(to=to, rating=5), Actor("tester", role), ())
        status = 200
    except Problem as problem:
        status = problem.status
    assert status == expected
    with engine_kept.connect() as connection:
        steps = grid_event_transition
        found = connection.scalars(select(steps.c.state).where(steps.c.event_id == event).order_by(steps.c.seq))
        assert list(found) == ["reported", present] + ([to] if status == 200 else [])


@pytest.fixture(scope="module")
def engine_kept(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """One database for all pairs of states."""
    return new_database(tmp_path_factory.mktemp("events"))


def test_an_unknown_state_or_event_is_named(engine: Engine) -> None:
    event, _ = file(engine)
    for wanted, to, why in ((event, "done", "'done' is not one of"), ("nope", "filed", "no event 'nope'")):
        with writing(engine) as connection, pytest.raises(Problem) as caught:
            write.advance(connection, "heling", wanted, Wanted(to=to), Actor("tester", "admin"), ())
        assert why in str(caught.value.detail)


def test_the_same_id_of_the_same_reporter_is_the_same_event(engine: Engine) -> None:
    first, new = file(engine, "7")
    again, still_new = file(engine, "7", title="第二次")
    assert (new, still_new) == (True, False)
    assert first == again


def test_the_same_report_eight_times_at_once_is_one_event(engine: Engine) -> None:
    report = read(b'{"id": "same", "title": "\xe7\x81\xab"}', now())
    start, found = threading.Barrier(8), []

    def send() -> None:
        start.wait()
        with writing(engine) as connection:
            found.append(write.file(connection, "heling", Reporter("user:a"), report))

    with ThreadPoolExecutor(8) as pool:
        for sent in [pool.submit(send) for _ in range(8)]:
            sent.result()
    assert sorted(is_new for _event, is_new in found) == [False] * 7 + [True]
    assert len({event for event, _is_new in found}) == 1
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(grid_event_transition)) == 1


def test_a_report_is_kept_without_what_no_screen_or_file_can_hold() -> None:
    body = '{"id": "1", "title": " a\\u000bb\\u001b ", "category": "x\\u0007y", "detail": "eins\\r\\nzwei\\u0002"}'
    report = read(body.encode(), now())
    assert (report.title, report.detail, report.category_reported) == ("a b", "eins\nzwei", "xy")
    for identifier in ("a\x0bb", "a\x1fb"):
        with pytest.raises(Refused, match="id has control characters"):
            read(json.dumps({"id": identifier, "title": "x"}).encode(), now())


def test_an_unknown_category_is_kept_as_other_with_what_was_said(engine: Engine) -> None:
    event, _ = file(engine, category="ufo.sighting")
    with engine.connect() as connection:
        row = connection.execute(select(grid_event).where(grid_event.c.id == event)).one()
    assert (row.category, row.category_reported) == ("other", "ufo.sighting")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ([], "an event is a JSON object"),
        ({"title": "x"}, "id is missing"),
        ({"id": "1", "title": "  "}, "title is missing"),
        ({"id": "1", "title": "x", "severity": "huge"}, "severity 'huge' is not one of minor, major, critical"),
        ({"id": "1", "title": "x" * 201}, "title has 201 characters; at most 200"),
        ({"id": "1", "title": ["x"]}, "title must be text"),
        ({"id": "1", "title": "x", "lon": 120.2}, "lon and lat must both be numbers"),
        ({"id": "1", "title": "x", "ts": "gestern"}, "not an RFC 3339 time"),
    ],
)
def test_a_report_that_lacks_something_is_told_what(body: object, why: str) -> None:
    with pytest.raises(Refused, match=why):
        read(json.dumps(body).encode(), now())


def test_categories_are_dotted_codes_with_names_in_both_languages() -> None:
    for code, row in categories().items():
        assert code == "other" or code.count(".") == 1
        assert all((row.name, row.name_en, row.tree, row.class_, row.department))
        assert row.severity in SEVERITIES
    assert list(SEVERITIES) == ["minor", "major", "critical"]


def test_a_step_that_is_sent_twice_is_taken_once_and_keeps_when_it_was_made(engine_kept: Engine) -> None:
    event, _ = file(engine_kept, "twice", now() - 3_600_000_000)
    boss, other = (Actor(name, "manager", kind="user") for name in ("王经理", "周经理"))
    made = now() - 600_000_000

    def step(to: str, seen: int, ref: str, actor: Actor = boss, when: int | None = made) -> bool:
        with writing(engine_kept) as connection:
            wanted = Wanted(to=to, seen=seen, ref=ref, made=when)
            return write.advance(connection, "heling", event, wanted, actor, ())

    assert step("filed", 1, "phone-0001")
    assert step("suspended", 2, "phone-0002", when=now() + 3_600_000_000)
    assert not step("filed", 1, "phone-0001"), "known, whatever came after it"
    with pytest.raises(Problem, match="is known, and is not void"):
        step("void", 1, "phone-0001")
    with pytest.raises(Problem) as late:
        step("filed", 1, "phone-0001", actor=other)
    assert late.value.status == 409, "another's id is another step"
    with engine_kept.connect() as connection:
        told = queries.transitions(connection, event)
    assert [one["to"] for one in told] == ["reported", "filed", "suspended"]
    assert [one["ts"] for one in told] == [None, format_rfc3339(made), None], "a clock that is ahead tells nothing"


def test_a_step_was_done_after_the_event_came_and_after_ones_own_step_before(engine_kept: Engine) -> None:
    came = now() - 3_600_000_000
    event, _ = file(engine_kept, "when", came)
    boss, other = (Actor(name, "manager", kind="user") for name in ("王经理", "周经理"))

    def step(to: str, made: int, actor: Actor = boss) -> bool:
        with writing(engine_kept) as connection:
            return write.advance(connection, "heling", event, Wanted(to=to, made=made), actor, ())

    def refused(to: str, made: int) -> bool:
        with pytest.raises(Problem, match="早于事件上报或本人上一步") as told:
            step(to, made)
        return (told.value.status, told.value.more["reason"]) == (400, "bad_time")

    assert refused("filed", 946_684_800_000_000), "the year 2000"
    assert refused("filed", came - 180_000_000)
    assert step("filed", came - 60_000_000), "a phone's clock may be a little slow"
    assert step("suspended", came + 1_200_000_000)
    assert step("filed", came + 600_000_000, other), "the other had no line while the first went on"
    assert refused("void", came + 600_000_000)


def test_a_step_that_comes_several_times_at_once_is_taken_once(engine: Engine) -> None:
    event, _ = file(engine, "at-once")
    actor = Actor("王经理", "manager", kind="user")

    def step(_number: int) -> bool:
        with writing(engine) as connection:
            return write.advance(connection, "heling", event, Wanted(to="filed", seen=1, ref="phone-0001"), actor, ())

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(step, range(4))) == 1
