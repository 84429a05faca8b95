"""What is inserted by column: each key once, whoever came first, on both databases."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select
from sqlalchemy.exc import DBAPIError

from sensors.tables import reading
from store import insert
from store.engine import writing
from store.insert import insert_new
from tests.database import ensure_months

START = 1_790_000_000_000_000
values = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.none())
texts = st.one_of(st.none(), st.text("ab,\\\t\n'\"中", max_size=4))
rows_of_different_keys = st.dictionaries(
    st.tuples(st.integers(1, 3), st.integers(0, 9)), st.tuples(values, texts, st.integers(0, 127)), max_size=20
)


def columns(rows: dict[tuple[int, int], tuple[float | None, str | None, int]], plain: bool) -> dict[str, Any]:
    """Rows by column, in the order of the key; ``plain``: of numbers alone."""
    listed = sorted(rows.items())
    return {
        "series_id": [series for (series, _), _ in listed],
        "ts": [START + ts for (_, ts), _ in listed],
        "value": [1.5 if plain else value for _, (value, _, _) in listed],
        "text": None if plain else [text for _, (_, text, _) in listed],
        "quality": 0 if plain else [quality for _, (_, _, quality) in listed],
    }


@pytest.mark.parametrize("copied_from", [1, 10**9], ids=["many", "few"])
def test_each_key_is_stored_once_and_told_once(
    engine: Engine, copied_from: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_months(engine, [START])
    monkeypatch.setattr(insert, "COPY_FROM", copied_from)
    monkeypatch.setattr(insert, "FEW", 0 if copied_from == 1 else 50)
    monkeypatch.setattr(insert, "ROWS_A_STATEMENT", 3 if copied_from == 1 else 500)

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.tuples(rows_of_different_keys, st.booleans()), max_size=4))
    def check(batches: list[tuple[dict[Any, Any], bool]]) -> None:
        kept: dict[Any, Any] = {}
        with writing(engine) as connection:
            connection.execute(delete(reading))
            for rows, plain in batches:
                if not rows:
                    continue
                given = columns(rows, plain)
                told = insert_new(connection, reading, given)
                keys = list(zip(given["series_id"], given["ts"], strict=True))
                assert sorted(keys if told is None else told) == [key for key in keys if key not in kept]
                for place, key in enumerate(keys):
                    row = (
                        given["value"][place],
                        *((None, 0) if plain else (given["text"][place], given["quality"][place])),
                    )
                    kept.setdefault(key, row)
            found = connection.execute(select(reading).order_by(reading.c.series_id, reading.c.ts)).all()
        assert [tuple(row)[:5] for row in found] == [(*key, *row) for key, row in sorted(kept.items())]

    check()


def test_rows_that_have_no_place_are_an_error_of_the_database(engine: Engine) -> None:
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no partitions")
    far = {"series_id": [1] * 200, "ts": list(range(200)), "value": [1.0] * 200, "text": None, "quality": 0}
    with pytest.raises(DBAPIError), writing(engine) as connection:
        insert_new(connection, reading, far)
