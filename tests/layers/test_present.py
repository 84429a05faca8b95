"""What is present is a row that the database keeps by itself, whatever becomes of the history."""

from pathlib import Path

import pytest
from alembic import command
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select, text

from layers.grid_events import queries
from layers.grid_events.tables import grid_event_present, grid_event_transition
from store import migrate
from store.engine import open_engine
from tests.layers.test_grid_events import file

STATES = ("reported", "filed", "dispatched", "in_hand", "handled", "verified", "closed")
FIELDS = ("state", "seq", "level", "assignee", "rating", "due", "warn", "at")

Change = tuple[str, int, str]
changes = st.lists(st.tuples(st.sampled_from(["add", "drop", "mend"]), st.integers(2, 6), st.sampled_from(STATES)))


def kept(connection: Connection, event: str) -> list[tuple[object, ...]]:
    columns = [grid_event_present.c[name] for name in FIELDS]
    query = select(*columns).where(grid_event_present.c.event_id == event)
    return [tuple(row) for row in connection.execute(query)]


def newest(connection: Connection, event: str) -> list[tuple[object, ...]]:
    steps = grid_event_transition.c
    query = select(*(steps[name] for name in FIELDS)).where(steps.event_id == event)
    return [tuple(row) for row in connection.execute(query.order_by(steps.seq.desc()).limit(1))]


def do(connection: Connection, event: str, change: Change) -> None:
    what, seq, state = change
    steps = grid_event_transition
    mine = (steps.c.event_id == event) & (steps.c.seq == seq)
    there = connection.execute(select(steps.c.seq).where(mine)).one_or_none()
    if what == "add" and there is None:
        row = {"event_id": event, "seq": seq, "state": state, "at": seq, "actor": "t", "note": "", "due": seq * 10}
        connection.execute(steps.insert().values(row | {"assignee": "李网格" if seq % 2 else None}))
    elif what == "drop":
        connection.execute(steps.delete().where(mine))
    else:
        connection.execute(steps.update().where(mine).values(state=state, rating=3))


def test_the_present_state_is_that_of_the_newest_step_after_any_history(engine: Engine) -> None:
    @settings(max_examples=60, deadline=None)
    @given(changes)
    def check(history: list[Change]) -> None:
        with engine.connect() as connection:
            for change in history:
                do(connection, event, change)
                assert kept(connection, event) == newest(connection, event)
            connection.rollback()

    event, _ = file(engine, "one")
    other, _ = file(engine, "other")
    check()
    with engine.connect() as connection:
        assert kept(connection, other) == newest(connection, other)


def test_the_present_is_answered_as_the_past_of_this_moment(engine: Engine) -> None:
    event, _ = file(engine, "one")
    with engine.begin() as connection:
        for number, state in enumerate(STATES[1:], 2):
            do(connection, event, ("add", number, state))
        for state in STATES:
            now, then = (queries.find(connection, "heling", queries.Filter(state=[state]), limit=9, at=at) for at in AT)
            assert now == then, state


AT = (None, 2**62)


def test_what_was_there_before_is_filled_in(database_url: str) -> None:
    engine = open_engine(database_url)
    with engine.connect() as connection:
        config = migrate._config(Path(migrate.__file__).parent / "migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "0013")
        values = "('e1', 'heling', 'dev', '1', 'other', 'minor', 't', 'd', 1, 1)"
        names = "id, community, reporter, reporter_ref, category, severity, title, detail, occurred, received"
        connection.execute(text(f"INSERT INTO grid_event ({names}) VALUES {values}"))
        for seq, state in ((1, "reported"), (2, "filed")):
            step = f"('e1', {seq}, '{state}', {seq}, 'a', '')"
            names = "event_id, seq, state, at, actor, note"
            connection.execute(text(f"INSERT INTO grid_event_transition ({names}) VALUES {step}"))
        command.upgrade(config, "head")
        assert [row[:2] for row in kept(connection, "e1")] == [("filed", 2)]
        command.downgrade(config, "0013")
        connection.rollback()


@pytest.mark.parametrize("table", ["grid_event_present", "matter_present"])
def test_the_program_itself_never_writes_what_the_database_keeps(table: str) -> None:
    root = Path(__file__).parents[2]
    sources = [path for part in ("cockpit", "layers", "sensors") for path in (root / part).rglob("*.py")]
    writes = [f"{what}({table}" for what in ("insert", "update", "delete", "upsert(connection, ")]
    assert [path for path in sources if any(one in path.read_text(encoding="utf-8") for one in writes)] == []
