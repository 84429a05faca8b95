"""What matters now: one rule for the brief and the wall's list, counted as it would be by hand."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, insert

from cockpit import brief
from layers.concerns import Then, lines, ranked
from layers.declare import layers
from layers.grid_events import concerns as of_events
from layers.grid_events import queries
from layers.grid_events.ranks import ranks
from layers.grid_events.rules import SEVERITIES
from layers.grid_events.tables import grid_event, grid_event_transition
from layers.roles import ROLES, Actor
from store.engine import writing
from store.instant import DAY, HOUR, MINUTE, Instant, clock_at, now
from tests.database import add, new_database
from tests.layers.test_governance import advance, opened
from tests.layers.visitors.test_levels import SITE, enter, walk

HELING = "heling"
MANAGER = Actor("王书记", "manager", communities=frozenset({HELING}))


def told(engine: Engine, viewer: Actor | None = MANAGER, at: Instant | None = None) -> dict[str, Any]:
    with engine.connect() as connection:
        return brief.told(connection, HELING, viewer, at)


def concerns(engine: Engine, viewer: Actor | None = MANAGER, at: Instant | None = None) -> dict[str, dict[str, Any]]:
    return {one["code"]: one for one in told(engine, viewer, at)["concerns"]}


def put(
    engine: Engine,
    number: str,
    severity: str,
    came: Instant,
    due: Instant | None,
    ended: Instant | None = None,
    **more: Any,
) -> None:
    """An event as its steps say it: when it came, until when it is to be done, when it was closed."""
    row = {"id": number, "community": HELING, "reporter": "t", "reporter_ref": number, "category": "other"}
    row |= {"severity": severity, "title": f"第 {number} 件", "detail": "", "occurred": came, "received": came}
    row |= more
    first = {"event_id": number, "seq": 1, "state": "filed", "at": came, "actor": "t", "note": "", "due": due}
    steps = [first] + ([first | {"seq": 2, "state": "closed", "at": ended, "due": None}] if ended is not None else [])
    with writing(engine) as connection:
        connection.execute(insert(grid_event).values(row))
        connection.execute(insert(grid_event_transition), steps)


def test_every_line_is_one_that_its_layer_can_count_and_says_all_that_screens_show() -> None:
    known = {layer.code: layer.concerns for layer in layers() if layer.concerns is not None}
    assert {line.layer for line in lines()} == known.keys()
    assert sum(len(ranked(code, one.condition)) for code, one in known.items()) == len(lines())
    assert len({line.code for line in lines()}) == len(lines())
    of_severity = dict(zip(SEVERITIES, ("low", "middle", "high"), strict=True))
    for line in lines():
        if line.layer == "grid_events":
            assert line.tone == of_severity[line.condition["severity"]], f"{line.code}: its sign is that of its events"
        assert line.sees in (*ROLES, "everybody")
        assert all(getattr(line, name) for name in ("name", "name_en", "unit", "todo", "todo_en", "why", "why_en"))


def test_among_open_events_the_graver_is_always_before_the_less_grave_late_or_not() -> None:
    placed = [ranks(severity) for severity in reversed(SEVERITIES)]
    for graver, less in pairwise(placed):
        assert graver[1] < graver[0] < less[1] < less[0]


moments = st.integers(-3 * 24 * 60, 0)
events = st.lists(
    st.tuples(st.sampled_from(list(SEVERITIES)), moments, st.none() | st.integers(-2000, 2000), st.none() | moments),
    max_size=30,
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """One database for all examples."""
    return new_database(tmp_path_factory.mktemp("concerns"))


@pytest.fixture
def one_database(tmp_path: Path) -> Engine:
    """An empty database of the simple kind."""
    return new_database(tmp_path)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=events)
def test_brief_and_list_are_what_a_count_by_hand_says_whatever_came_when(
    kept: Engine, monkeypatch: pytest.MonkeyPatch, said: list[tuple[str, int, int | None, int | None]]
) -> None:
    with writing(kept) as connection:
        for table in ("grid_event_present", "grid_event_transition", "grid_event"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    start = now() // MINUTE * MINUTE
    rows = [
        (f"{n:03}", severity, start + came * MINUTE, None if due is None else start + due * MINUTE + 1, ended)
        for n, (severity, came, due, ended) in enumerate(said)
    ]
    known = []
    for number, severity, came, due, ended in rows:
        over = None if ended is None else max(came + 1, start + ended * MINUTE)
        put(kept, number, severity, came, due, over)
        known.append((number, severity, came, due, over))

    def count(severity: str, *, late: bool, at: Instant) -> int:
        there = [one for one in known if one[2] <= at and (one[4] is None or one[4] > at) and one[1] == severity]
        return sum((due is not None and due <= at) is late for _, _, _, due, _ in there)

    at = now()
    found = concerns(kept)
    for severity in SEVERITIES:
        for late, code in ((True, f"event_{severity}_late"), (False, f"event_{severity}")):
            wanted = count(severity, late=late, at=at)
            if code in found:
                assert (found[code]["value"], found[code]["before"]) == (
                    wanted,
                    count(severity, late=late, at=at - DAY),
                )
            else:
                assert wanted == 0 or code == "event_minor"
    assert [one["rank"] for one in found.values()] == sorted(one["rank"] for one in found.values())

    monkeypatch.setattr(queries, "SHOWN", 5)
    with kept.connect() as connection:
        shown = set(queries.records(connection, HELING, None)) - {queries.TALLY}
    is_open = {one[0]: one for one in known if one[4] is None or one[4] > at}

    def rank(number: str) -> int:
        _, severity, _, due, _ = is_open[number]
        return ranks(severity)[due is not None and due <= at]

    assert len(shown) == min(5, len(is_open))
    left = [rank(number) for number in is_open if number not in shown]
    assert not left or max(map(rank, shown)) <= min(left)


def test_a_card_tells_of_the_one_that_is_late_longest_and_where_its_rows_are(engine: Engine) -> None:
    start = now()
    put(engine, "new", "critical", start - HOUR, start - MINUTE, None)
    put(engine, "old", "critical", start - 3 * DAY, start - 2 * DAY, None)
    one = concerns(engine)["event_critical_late"]
    assert (one["value"], one["before"], one["change"]) == (2, 1, 1)
    assert (one["thing"], one["subject"], one["subject_en"]) == (
        {"kind": "event", "id": "old"},
        "第 old 件",
        "第 old 件",
    )
    assert (one["tone"], one["mark"], one["grave"]) == ("high", "▲", "高")
    assert one["rows"]["page"] == "/events?community=heling&state=open&severity=critical&overdue=true"


def test_the_brief_of_a_past_time_is_of_what_was_known_then(engine: Engine) -> None:
    start = now()
    put(engine, "gone", "critical", start - DAY - HOUR, None, start - HOUR)
    put(engine, "came", "critical", start - HOUR, None, None)
    then = concerns(engine, at=start - DAY)["event_critical"]
    assert (then["value"], then["before"], then["thing"]["id"]) == (1, 0, "gone")
    assert "at=" in then["rows"]["page"]
    present = concerns(engine)["event_critical"]
    assert (present["value"], present["before"], present["thing"]["id"]) == (1, 1, "came")


def test_of_governance_there_are_totals_and_what_is_sealed_is_for_managers(one_database: Engine) -> None:
    engine = one_database
    opened(engine, kind="hard", title="王二家漏水")
    number = opened(engine, kind="mediation", topic="noise", parties="张某与李某")
    advance(engine, number, "talks")
    assert concerns(engine) == {}
    with clock_at(now() + 40 * DAY):
        found = concerns(engine)
        assert {code: one["value"] for code, one in found.items()} == {"hard_late": 1, "dispute_still": 1}
        assert (found["hard_late"]["before"], found["dispute_still"]["before"]) == (1, 1)
        assert "漏水" not in str(found)
        assert concerns(engine, None).keys() == {"hard_late"}
        assert concerns(engine, Actor("外", "manager", communities=frozenset({"tahai"}))).keys() == {"hard_late"}


def test_a_site_at_its_capacity_is_told_with_its_people_and_what_nobody_knows_is_not(one_database: Engine) -> None:
    gate = add(one_database, "gate-1", "gate", site=SITE).id
    enter(one_database, 100)
    walk(one_database, gate, 102)
    found = concerns(one_database, None)
    assert found.keys() == {"crowd_red"}
    one = found["crowd_red"]
    assert (one["value"], one["before"], one["change"]) == (102, None, None)
    assert (one["grave"], one["place"], one["thing"]) == ("红色预警", "方岩景区", {"kind": "site", "id": SITE})
    assert one["subject"].startswith("102 %")


def test_what_nobody_configured_is_said_and_what_was_looked_at(one_database: Engine) -> None:
    looked = {one["layer"]: one for one in told(one_database)["looked"]}
    assert looked.keys() == {"alarms", "grid_events", "visitors", "governance"}
    sites = ("方岩景区", "邻里中心", "中心广场")
    assert [one["name"] for one in looked["visitors"]["missing"]] == [f"{site}的承载量" for site in sites]
    assert [one["name"] for one in looked["governance"]["missing"]] == ["月度难事", "居民会客厅 · 调解"]
    assert [one["code"] for one in looked["alarms"]["lines"]] == ["alarm_critical", "alarm_high", "alarm_medium"]


def test_what_was_over_long_ago_costs_nothing(one_database: Engine) -> None:
    """The statements begin at what is open, and at the steps of a day, by their indexes."""
    with one_database.connect() as connection:
        plans = []

        def explain(statement: Any) -> str:
            compiled = statement.compile(one_database, compile_kwargs={"literal_binds": True})
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")
            return "\n".join(row[3] for row in rows)

        then = Then.of(None)
        plans = [explain(of_events.present(HELING, then)), explain(of_events.a_day_before(HELING, then))]
    for plan in plans:
        assert "SCAN grid_event\n" not in plan + "\n", plan
        assert "SCAN grid_event_transition\n" not in plan + "\n", plan
