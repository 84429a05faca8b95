"""The capacity of a scenic area by LB/T 034-2014, 景区最大承载量核定导则 (Guidelines for carrying capacity).

The standard tells two capacities apart (clause 2, terms): 瞬时承载量, how many an area may hold at one moment, and
日承载量, how many in the hours that it is open on one day. Of each it takes the space capacity:

- C1 = sum of Xi / Yi, with Xi the effective area of part i that visitors may walk, in m2, and Yi the area that one
  visitor needs there, in m2 (examples by kind of area in its annex A);
- C2 = C1 * Z, with Z = Int(T / t) the mean turnover of a day: T the effective hours open, t the mean length of a visit.

Whoever has several parts enters the sum. Z may be given with a fraction where it was measured.
"""

from decimal import ROUND_FLOOR, Decimal


def instant(area_m2: float, m2_per_person: float) -> int:
    """C1, whole people: the part of a person that is left over has no room.

    >>> instant(120_000, 15)
    8000
    """
    return _whole(_exact(area_m2) / _exact(m2_per_person))


def daily(area_m2: float, m2_per_person: float, turnover: float) -> int:
    """C2, whole people, of the unrounded C1.

    >>> daily(120_000, 15, 2.5)
    20000
    """
    return _whole(_exact(area_m2) / _exact(m2_per_person) * _exact(turnover))


def _exact(value: float) -> Decimal:
    """As it was written: 0.1 m2 is a tenth, not the binary fraction beside it."""
    return Decimal(repr(value))


def _whole(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_FLOOR))
