"""What several ingesters tell of a device comes to the same in whatever order it is heard."""

from functools import reduce
from itertools import permutations
from typing import Any

import pytest

from sensors.bus.merging import changes, merge

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
