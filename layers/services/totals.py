"""Totals that may be told to everybody: none so small that it names somebody, and none of these to be found again.

What is hidden are always the least cells of a table, down from some count, and never all alike. Whoever knows that rule
and everything told (the sum too) could hand the hidden counts round among the hidden cells and would see the very
same: so no hidden cell can be found by subtracting. Where nothing but equal cells is left to hide, the sum is not told
either.

Tables of the same people (by tier, by meal, by day) are judged together, since a sum that one of them tells is the
sum of all. A sum of money is told only where every count that goes into it is: 21 yuan at 7 a meal are three people.
"""

from collections.abc import Iterable, Mapping, Sequence

FEWEST = 5
"""A total of fewer people than this could name one of them."""


def hidden(counts: Mapping[str, int]) -> dict[str, int | None]:
    """The counts as they may be told; None is "fewer than 5", or a cell by which such a one could be found.

    No cell from 1 to 4 is told. Zeros are told only beside no such cell: nobody is named by them, and months of a tier
    that nobody was in stay readable.

    >>> hidden({"full": 120, "senior": 60, "oldest": 3})
    {'full': 120, 'senior': None, 'oldest': None}
    >>> hidden({"full": 120, "senior": 60, "oldest": 0})
    {'full': 120, 'senior': 60, 'oldest': 0}
    """
    line = _line(counts)
    return {cell: count if line is None or count > line else None for cell, count in counts.items()}


def hidden_sum(counts: Mapping[str, int]) -> int | None:
    """The sum of a table as it may be told beside `hidden`; None where it is under 5 or would tell a hidden cell.

    >>> hidden_sum({"lunch": 4, "dinner": 4}), hidden_sum({"lunch": 4, "dinner": 2}), hidden_sum({"lunch": 0})
    (None, 6, 0)
    """
    total, line = sum(counts.values()), _line(counts)
    if line is None:
        return total
    kept = [count for count in counts.values() if count <= line]
    return total if total >= FEWEST and len(set(kept)) > 1 else None


def hidden_tables(tables: Mapping[str, Mapping[str, int]]) -> tuple[int | None, dict[str, dict[str, int | None]]]:
    """The sum and the tables of the same people, each a way to part them, as they may be told together.

    Where one of them must not have its sum told, none tells anything: every other would tell it.

    >>> hidden_tables({"tier": {"full": 4, "senior": 4}, "meal": {"lunch": 8}})
    (None, {'tier': {'full': None, 'senior': None}, 'meal': {'lunch': None}})
    """
    sums = [hidden_sum(counts) for counts in tables.values()]
    if None in sums:
        return None, {name: dict.fromkeys(counts) for name, counts in tables.items()}
    return next(iter(sums), 0), {name: hidden(counts) for name, counts in tables.items()}


def money(fen: int, told: Mapping[str, int | None], made_of: Iterable[str]) -> int | None:
    """A sum of money in fen that the people of some cells make; None where one of these cells is hidden."""
    return None if any(told.get(cell) is None for cell in made_of) else fen


def _line(counts: Mapping[str, int]) -> int | None:
    """The greatest count that is hidden; None where nothing is."""
    levels: Sequence[int] = sorted(set(counts.values()))
    if all(level == 0 or level >= FEWEST for level in levels):
        return None
    small = [level for level in levels if level < FEWEST]
    rest = levels[len(small) :]
    return rest[0] if len(small) == 1 and rest else small[-1]
