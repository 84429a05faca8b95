"""When those inside, or those who enter in a day, may come to a level of the capacity: told ahead, with the time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from layers.visitors.capacity import levels
from layers.visitors.forecast.made import Point
from layers.visitors.forecast.rules import rules
from store.instant import Instant, format_rfc3339

INSTANT, DAILY = "instant", "daily"


@dataclass(frozen=True, slots=True)
class Ahead:
    """People forecast against one of the two capacities, and those that there are now.

    ``of`` is `INSTANT`, people inside, or `DAILY`, people who entered since midnight; ``capacity`` is None where
    nobody configured it.
    """

    of: str
    present: float
    capacity: int | None
    points: Sequence[Point]


def warning(measures: Sequence[Ahead], limits: Sequence[float]) -> dict[str, Any] | None:
    """The highest level above the present one that an upper bound comes to, the soonest one; None where to none.

    ``of`` says of which capacity, ``ts`` is the first time at which it does, ``expected`` the people forecast for that
    time, ``high`` the upper bound, ``people`` those with whom the level begins, ``mean_ts`` when the forecast itself
    comes to it, None where it does not.

    Parameters
    ----------
    limits
        The share of the capacity from which each level begins, by rank.
    """
    # The level follows the greater share of both, so what either is on already is no news.
    is_now = max((_rank(one, limits) for one in measures if one.capacity), default=0)
    for level in reversed(levels.by_rank()[is_now + 1 :]):
        share = limits[level.rank or 0]
        found = [(point, one) for one in measures if (point := _first(one, share)) is not None]
        if found:
            reached, of = min(found, key=lambda one: one[0].ts)
            people = share * (of.capacity or 0)
            named = rules().measure[of.of]
            return {
                "of": of.of,
                "of_name": named.name,
                "of_name_en": named.name_en,
                "level": level.code,
                "name": level.name,
                "name_en": level.name_en,
                "mark": level.mark,
                "ts": format_rfc3339(reached.ts),
                "expected": round(reached.mean),
                "high": round(reached.high),
                "people": round(people),
                "mean_ts": _told(next((point.ts for point in of.points if point.mean >= people), None)),
            }
    return None


def _rank(one: Ahead, limits: Sequence[float]) -> int:
    share = one.present / (one.capacity or 1)
    return max(rank for rank, limit in enumerate(limits) if rank == 0 or share >= limit)


def _first(one: Ahead, share: float) -> Point | None:
    """The first time at which the upper bound comes to a share of the capacity."""
    if not one.capacity:
        return None
    return next((point for point in one.points if point.high >= share * one.capacity), None)


def _told(ts: Instant | None) -> str | None:
    return None if ts is None else format_rfc3339(ts)
