"""No total names anybody, and none that is hidden can be found from those that are told."""

from collections import defaultdict
from itertools import pairwise, product

from hypothesis import given
from hypothesis import strategies as st

from layers.services.totals import FEWEST, hidden, hidden_sum, hidden_tables, money

COUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.one_of(st.integers(0, 6), st.integers(0, 300)), min_size=1)
Told = tuple[object, ...]


def told(counts: dict[str, int]) -> Told:
    """All that anybody sees of a table."""
    return tuple(sorted(hidden(counts).items())), hidden_sum(counts)


@given(COUNTS)
def test_no_small_total_is_told_and_what_is_told_is_true(counts: dict[str, int]) -> None:
    shown = hidden(counts)
    assert list(shown) == list(counts)
    for cell, count in shown.items():
        assert count in (None, counts[cell])
        assert count is None or count == 0 or count >= FEWEST
    total = hidden_sum(counts)
    assert total in (None, sum(counts.values()))
    assert total is None or total == 0 or total >= FEWEST


@given(COUNTS)
def test_nothing_is_hidden_where_nothing_is_small(counts: dict[str, int]) -> None:
    large = {cell: count + FEWEST if count else 0 for cell, count in counts.items()}
    assert hidden(large) == large
    assert hidden_sum(large) == sum(large.values())


def test_every_hidden_cell_could_be_something_else_whoever_knows_the_rule() -> None:
    for cells in ("a", "ab", "abc", "abcd"):
        worlds: dict[Told, list[tuple[int, ...]]] = defaultdict(list)
        # Large counts go further than twice the least large one, so that each world's neighbours are there.
        for values in product(range(12 if len(cells) < 4 else 9), repeat=len(cells)):
            worlds[told(dict(zip(cells, values, strict=True)))].append(values)
        for (shown, _), alike in worlds.items():
            for place, (_, count) in enumerate(shown):  # type: ignore[arg-type, var-annotated]
                if count is None:
                    assert len({values[place] for values in alike}) > 1, (shown, alike)


@given(COUNTS)
def test_hidden_counts_that_change_places_look_the_same(counts: dict[str, int]) -> None:
    kept = [cell for cell, count in hidden(counts).items() if count is None]
    for one, other in pairwise(kept):
        assert told(counts | {one: counts[other], other: counts[one]}) == told(counts)
    if hidden_sum(counts) is not None:
        assert not kept or len({counts[cell] for cell in kept}) > 1


@given(COUNTS)
def test_where_the_sum_is_told_one_hidden_cell_is_never_alone(counts: dict[str, int]) -> None:
    if hidden_sum(counts) is not None:
        assert list(hidden(counts).values()).count(None) != 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=60))
def test_tables_of_the_same_people_tell_no_more_than_each_alone(people: list[tuple[str, str]]) -> None:
    tables = {
        "by letter": {cell: sum(one[0] == cell for one in people) for cell in "abc"},
        "by end": {cell: sum(one[1] == cell for one in people) for cell in "xyz"},
    }
    total, shown = hidden_tables(tables)
    for name, counts in tables.items():
        if total is None:
            assert set(shown[name].values()) == {None}
        else:
            assert (shown[name], total) == (hidden(counts), hidden_sum(counts))


def test_one_table_that_hides_its_sum_hides_it_in_all() -> None:
    tables = {"tier": {"full": 4, "senior": 4}, "meal": {"lunch": 8}}
    assert hidden_tables(tables) == (None, {"tier": {"full": None, "senior": None}, "meal": {"lunch": None}})


def test_money_is_told_only_where_all_its_people_are() -> None:
    shown = hidden({"full": 120, "senior": 60, "oldest": 3})
    assert money(120_000, shown, ["full"]) == 120_000
    assert money(42_000, shown, ["senior"]) is None
    assert money(138_000, shown, ["full", "senior"]) is None
