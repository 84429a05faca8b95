"""What several ingesters tell of a device comes to the same in whatever order it is heard."""

from functools import reduce
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.bus.merging import changes, difference, merge

KNOWN = {"id": "air-01", "connected": True, "connected_at": 1_000, "area": "chenglu", "lon": 120.19}
WORDS: list[list[dict[str, Any]]] = [
    [{"connected": on, "connected_at": at} for on, at in ((True, 2_000), (True, 2_000.5), (False, 2_001))],
    [{"connected": on, "connected_at": at} for on, at in ((False, 3_000), (True, 3_000.25), (False, 2_999))],
    [
        {"area": "yanxia", "lon": 120.2, "position_ts": 5_000},
        {"area": None, "lon": 120.23, "position_ts": 6_000},
        {"area": "chenglu", "lon": 120.191, "position_ts": 5_500.5},
    ],
]


@pytest.mark.parametrize("words", WORDS)
def test_the_newest_word_counts_whoever_is_heard_last(words: list[dict[str, Any]]) -> None:
    expected = reduce(merge, sorted(words, key=lambda word: word.get("connected_at", word.get("position_ts"))), KNOWN)
    for order in permutations(words):
        assert reduce(merge, order, KNOWN) == expected


def test_a_page_is_told_the_word_and_not_its_time() -> None:
    word = {"connected": False, "connected_at": 2_000}
    assert changes(KNOWN, merge(KNOWN, word), word) == {"connected": False}
    late = {"connected": False, "connected_at": 500}
    assert changes(KNOWN, merge(KNOWN, late), late) == {}


records = st.dictionaries(
    st.sampled_from("abc"),
    st.fixed_dictionaries(
        {},
        optional={
            "n": st.integers(0, 3),
            "area": st.one_of(st.none(), st.just("chenglu")),
            "latest": st.dictionaries(st.sampled_from(["pm2_5", "pm10"]), st.integers(0, 2)),
        },
    ),
)


@given(records, records)
def test_who_is_told_the_difference_knows_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    known = {key: dict(record) for key, record in before.items()}
    for key, told in difference(before, after).items():
        if told is None:
            del known[key]
        else:
            known[key] = {**known.get(key, {}), **told}
            was = before.get(key, {}).get("latest")
            if was and told.get("latest"):
                known[key]["latest"] = {m: v for m, v in (was | told["latest"]).items() if v is not None}
    assert {key: present(record) for key, record in known.items()} == {
        key: present(record) for key, record in after.items()
    }


def present(record: dict[str, Any]) -> dict[str, Any]:
    """To a page what is null, or holds nothing, is not there."""
    return {name: value for name, value in record.items() if value not in (None, {})}
