"""No total names anybody, and none that is hidden can be found from those that are told."""

from collections import defaultdict
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.people import FEWEST
from layers.totals import hidden, money, sum_beside, told

COUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.one_of(st.integers(0, 6), st.integers(0, 300)), min_size=1)
Seen = tuple[tuple[int | None, ...], int | None]


def seen(counts: dict[str, int]) -> Seen:
    """All that anybody sees of a table: its cells and its sum."""
    return tuple(hidden(counts).values()), told(sum(counts.values()))


@given(COUNTS)
def test_no_small_total_is_told_and_what_is_told_is_true(counts: dict[str, int]) -> None:
    shown = hidden(counts)
    assert list(shown) == list(counts)
    for cell, count in shown.items():
        assert count in (None, counts[cell])
        assert count is None or count == 0 or count >= FEWEST


@given(COUNTS)
def test_nothing_is_hidden_where_nothing_is_small(counts: dict[str, int]) -> None:
    large = {cell: count + FEWEST if count else 0 for cell, count in counts.items()}
    assert hidden(large) == large


@pytest.mark.parametrize(("cells", "most"), [("a", 12), ("ab", 24), ("abc", 22), ("abcd", 11)])
def test_every_hidden_cell_could_be_something_else_for_all_who_know_the_rule(cells: str, most: int) -> None:
    worlds: dict[Seen, list[tuple[int, ...]]] = defaultdict(list)
    for values in product(range(most), repeat=len(cells)):
        worlds[seen(dict(zip(cells, values, strict=True)))].append(values)
    for (shown, _), alike in worlds.items():
        for place, count in enumerate(shown):
            if count is None:
                assert len({values[place] for values in alike}) > 1, (shown, alike)


@given(COUNTS)
def test_hidden_counts_that_change_places_look_the_same(counts: dict[str, int]) -> None:
    kept = [cell for cell, count in hidden(counts).items() if count is None]
    for one, other in pairwise(kept):
        assert seen(counts | {one: counts[other], other: counts[one]}) == seen(counts)


@given(COUNTS)
def test_where_the_sum_is_told_no_cell_is_hidden_alone_nor_are_all_alike(counts: dict[str, int]) -> None:
    kept = [counts[cell] for cell, count in hidden(counts).items() if count is None]
    if told(sum(counts.values())) is None or not kept:
        return
    assert len(kept) > 1
    if len(kept) < len(counts):
        assert len(set(kept)) > 1


def test_days_and_their_sum_tell_no_hidden_day() -> None:
    for days in range(1, 6):
        worlds: dict[Seen, list[tuple[int, ...]]] = defaultdict(list)
        for values in product(range(7), repeat=days):
            worlds[(tuple(told(one) for one in values), sum_beside(values))].append(values)
        for (shown, _), alike in worlds.items():
            for place, count in enumerate(shown):
                if count is None:
                    assert len({values[place] for values in alike}) > 1, (shown, alike)


def test_money_is_told_only_where_all_its_people_are() -> None:
    shown = hidden({"full": 120, "senior": 60, "oldest": 3})
    assert money(120_000, shown, ["full"]) == 120_000
    assert money(42_000, shown, ["senior"]) is None
    assert money(138_000, shown, ["full", "senior"]) is None
