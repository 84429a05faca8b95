"""Totals that may be told to everybody: none so small that it names somebody, and none of these to be found again.

A table (people by tier, rows by kind) with a cell from 1 to 4 hides its least cells, down from some count: those below
5, and where these are all alike the next larger too. Whoever knows this rule, and everything that is told, could hand
the hidden counts round among the hidden cells and would see the very same; where nothing but equal cells is left,
others with the same sum look so too. So no hidden cell can be found by subtracting. Tables of the same people share
nothing but their sum, so each hides its own.

A sum of money is told only where every count that goes into it is: 21 yuan at 7 a meal are three people.
"""

from collections.abc import Iterable, Mapping

from layers.people import FEWEST


def hidden(counts: Mapping[str, int]) -> dict[str, int | None]:
    """The counts of a table as they may be told; None is "fewer than 5", or a cell by which such a one could be found.

    No cell from 1 to 4 is told, and zeros only where there is none: a zero names nobody, but helps to find who is one.

    >>> hidden({"full": 120, "senior": 60, "oldest": 3})
    {'full': 120, 'senior': None, 'oldest': None}
    >>> hidden({"full": 120, "senior": 0, "oldest": 3})
    {'full': 120, 'senior': None, 'oldest': None}
    >>> hidden({"full": 120, "senior": 60, "oldest": 0})
    {'full': 120, 'senior': 60, 'oldest': 0}
    >>> hidden({"lunch": 6, "dinner": 3})
    {'lunch': None, 'dinner': None}
    """
    line = _line(counts)
    return {cell: count if line is None or count > line else None for cell, count in counts.items()}


def told(count: int) -> int | None:
    """One total as it may be told, the sum of a table too; None where it is under 5.

    >>> told(0), told(4), told(5)
    (0, None, 5)
    """
    return count if count == 0 or count >= FEWEST else None


def sum_beside(counts: Iterable[int]) -> int | None:
    """The sum of totals that are `told` each for itself, as a month's days; None where it would tell a hidden one.

    >>> sum_beside([20, 30, 0]), sum_beside([20, 30, 3]), sum_beside([20, 3, 2]), sum_beside([20, 3, 3])
    (50, None, 25, None)
    """
    every = list(counts)
    kept = [count for count in every if told(count) is None]
    return None if kept and len(set(kept)) == 1 else told(sum(every))


def money(fen: int, shown: Mapping[str, int | None], made_of: Iterable[str]) -> int | None:
    """A sum of money in fen that the people of some cells make; None where one of these cells is hidden."""
    return None if any(shown.get(cell) is None for cell in made_of) else fen


def _line(counts: Mapping[str, int]) -> int | None:
    """The greatest count that is hidden; None where nothing is."""
    levels = sorted(set(counts.values()))
    if all(told(level) is not None for level in levels):
        return None
    small = [level for level in levels if level < FEWEST]
    return small[-1] if len(small) > 1 or len(levels) == 1 else levels[1]
