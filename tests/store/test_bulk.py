"""Many rows at once are what the same rows are one by one."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, func, select

from sensors.tables import device_state
from store import bulk
from store.engine import greatest, writing

rows_of_different_keys = st.dictionaries(
    st.integers(0, 12),
    st.tuples(st.integers(0, 50), st.one_of(st.none(), st.booleans()), st.one_of(st.none(), st.integers(0, 50))),
    max_size=13,
)


def keep(engine: Engine, batches: list[dict[int, Any]]) -> list[Any]:
    """Put batches in, the greater time winning; returns the table."""
    with writing(engine) as connection:
        later = greatest(connection)

        def conflict(insert: Any) -> Any:
            kept, new = device_state.c, insert.excluded
            return insert.on_conflict_do_update(
                index_elements=["device_id"],
                set_={
                    "last_seen": later(func.coalesce(kept.last_seen, 7), insert.excluded.last_seen),
                    "connected": True,
                },
                where=new.last_seen > 3,
            )

        connection.execute(delete(device_state))
        for batch in batches:
            rows = [
                {"connected": on, "device_id": f"d{key}", "last_seen": seen, "connected_at": at}
                for key, (seen, on, at) in sorted(batch.items())
            ]
            bulk.upsert_all(connection, device_state, rows, conflict)
        return [tuple(row) for row in connection.execute(select(device_state).order_by(device_state.c.device_id))]


def test_rows_together_are_the_same_rows_one_by_one(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(rows_of_different_keys, max_size=4), st.sampled_from([2, 5, 500]))
    def check(batches: list[dict[int, Any]], at_once: int) -> None:
        monkeypatch.setattr(bulk, "ROWS_A_STATEMENT", at_once)
        monkeypatch.setattr(bulk, "TOGETHER_FROM", 1)
        together = keep(engine, batches)
        monkeypatch.setattr(bulk, "TOGETHER_FROM", 10**9)
        assert together == keep(engine, batches)

    check()
