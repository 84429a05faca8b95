"""Events are found by words without spaces, by place, number, day and person; the index holds what the texts hold."""

import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from layers.grid_events import queries, write
from layers.grid_events.queries import Filter
from layers.grid_events.report import read
from layers.grid_events.search import _day, pairs
from layers.grid_events.tables import grid_event_present
from layers.grid_events.write import Reporter
from store.engine import writing
from store.instant import DAY, local_date, midnight, now
from tests.database import new_database
from tests.layers.test_event_hands import take
from tests.layers.test_grid_events import file

HERE = {"lon": 120.1905, "lat": 28.9285}


def found(engine: Engine, *words: str, names_people: bool = False) -> set[str]:
    """The titles of what is found."""
    wanted = Filter(words=words, names_people=names_people)
    with engine.connect() as connection:
        return {row.title for row in queries.find(connection, "heling", wanted, limit=100)}


def test_pairs_are_of_one_run_of_letters_or_signs() -> None:
    assert pairs("路灯坏了，A1b") == "1b a1 坏了 灯坏 路灯"
    assert pairs("灯 %_") == ""


def test_events_are_found_by_what_was_said_of_them(engine: Engine) -> None:
    lamp, _ = file(engine, "1", title="东门路灯不亮", detail="50% 的灯", **HERE)
    file(engine, "2", title="Lamp_A broken", detail="灯路相反")
    said = Reporter("user:李网格")
    with writing(engine) as connection:
        row = {"id": "3", "title": "井盖", "category": "facility.manhole"}
        write.file(connection, "heling", said, read(json.dumps(row).encode(), now()))
        held = grid_event_present.c.event_id == lamp
        connection.execute(update(grid_event_present).where(held).values(assignee="周网格"))
    both = {"东门路灯不亮", "Lamp_A broken"}
    assert found(engine, "路灯") == {"东门路灯不亮"}, "the pairs of 灯路 are others"
    assert found(engine, "东门", "灯不") == {"东门路灯不亮"}
    assert found(engine, "东门", "灯不", "不亮", names_people=True) == {"东门路灯不亮"}, "whoever may see names too"
    assert found(engine, "周网格", "路灯", names_people=True) == {"东门路灯不亮"}
    assert found(engine, "灯") == both, "one sign has no pair, and is looked for in all"
    assert found(engine, "LAMP_a") == {"Lamp_A broken"}
    assert found(engine, "50%") == {"东门路灯不亮"}
    assert found(engine, "%") == {"东门路灯不亮"}, "a sign of the database's own is a letter as any"
    assert found(engine, '路灯" OR "井盖') == set()
    assert found(engine, "橙麓") == {"东门路灯不亮"}, "by the name of its area"
    assert found(engine, lamp[-5:].lower()) == {"东门路灯不亮"}
    today = local_date(now())
    for day in (today.isoformat(), f"{today.month}月{today.day}日", f"{today.month}-{today.day}"):
        assert found(engine, day) == {*both, "井盖"}, day
    assert found(engine, (today - timedelta(1)).isoformat()) == set()
    assert found(engine, "2026-13-40") == set()
    for person, title in (("李网", "井盖"), ("周网格", "东门路灯不亮")):
        assert found(engine, person, names_people=True) == {title}
        assert found(engine, person) == set(), "names are for who may see them"


@pytest.mark.parametrize(("word", "today", "meant"), [
    ("11-27", date(2025, 12, 1), date(2025, 11, 27)),
    ("11-27", date(2025, 11, 27), date(2025, 11, 27)),
    ("11月27日", date(2025, 11, 26), date(2024, 11, 27)),
    ("2-29", date(2026, 11, 28), date(2024, 2, 29)),
    ("2-29", date(2024, 2, 29), date(2024, 2, 29)),
    ("2月29日", date(2024, 2, 28), date(2020, 2, 29)),
    ("2-29", date(2103, 1, 1), date(2096, 2, 29)),
    ("2-30", date(2026, 11, 28), None),
    ("2027-01-01", date(2026, 11, 28), date(2027, 1, 1)),
    ("2026-02-29", date(2026, 11, 28), None),
])  # fmt: skip
def test_a_day_without_a_year_is_the_newest_such(word: str, today: date, meant: date | None) -> None:
    assert _day(word, today) == (None if meant is None else (midnight(meant), midnight(meant) + DAY - 1))


@pytest.mark.parametrize(("wanted", "titles"), [
    (Filter(), {"甲", "乙", "丙"}),
    (Filter(state=["valid"]), {"甲", "乙", "丙"}),
    (Filter(state=["filed", "unassigned"]), {"甲", "乙", "丙"}),
    (Filter(state=["filed"]), {"乙"}),
    (Filter(state=["open"], area="none"), {"乙", "丙"}),
    (Filter(reached="filed"), {"乙"}),
    (Filter(reached="filed", reached_in=(None, 5)), set()),
    (Filter(reported=(0, None), severity=["critical"]), {"丙"}),
    (Filter(reported=(None, 5)), set()),
])  # fmt: skip
def test_an_event_is_asked_for_by_where_it_lies_and_what_it_came_to(
    engine: Engine, wanted: Filter, titles: set[str]
) -> None:
    file(engine, "1", title="甲", **HERE)
    second, _ = file(engine, "2", title="乙")
    file(engine, "3", title="丙", severity="critical")
    take(engine, second, "filed")
    with engine.connect() as connection:
        assert {row.title for row in queries.find(connection, "heling", wanted, limit=9)} == titles
        assert queries.how_many(connection, "heling", wanted, None) == len(titles)


@pytest.mark.parametrize("wanted", [
    Filter(words=["路灯"]),
    Filter(words=["路灯", "李网格"], names_people=True, state=["open"]),
    Filter(reached="closed", reached_in=(1, 2)),
    Filter(state=["open"], area="chenglu"),
    Filter(assignee="李网格"),
    Filter(reported=(1, 2)),
])  # fmt: skip
@pytest.mark.parametrize("at", [None, 3])
def test_no_question_reads_all_rows(tmp_path: Path, wanted: Filter, at: int | None) -> None:
    engine = new_database(tmp_path)
    query = str(queries.chosen("heling", wanted, at).compile(engine, compile_kwargs={"literal_binds": True}))
    with engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
    engine.dispose()
    assert [step for step in plan if re.match(r"SCAN grid_event_(search|present)|SCAN grid_event$", step)] == []
    assert not any(step.startswith("SEARCH grid_event USING INDEX ix_grid_event_community_occurred") for step in plan)
