"""When those inside may come to a level of the capacity: told ahead, with the time."""

from collections.abc import Sequence
from typing import Any

from layers.visitors.capacity import levels
from layers.visitors.forecast.made import Point
from store.instant import Instant, format_rfc3339


def warning(
    points: Sequence[Point], present: float, capacity: int | None, limits: Sequence[float]
) -> dict[str, Any] | None:
    """The highest level above the present one that the interval's upper bound comes to; None where to none.

    ``ts`` is the first time at which it does, ``expected`` the people forecast for that time, ``high`` its upper
    bound, ``people`` those with whom the level begins, ``mean_ts`` when the forecast itself comes to it, None where
    it does not.

    Parameters
    ----------
    limits
        The share of the capacity from which each level begins, by rank.
    """
    if not capacity or not points:
        return None
    is_now = max(rank for rank, limit in enumerate(limits) if rank == 0 or present >= limit * capacity)
    for level in reversed(levels.by_rank()[is_now + 1 :]):
        people = limits[level.rank or 0] * capacity
        reached = next((point for point in points if point.high >= people), None)
        if reached is not None:
            by_mean = next((point.ts for point in points if point.mean >= people), None)
            return {
                "level": level.code,
                "name": level.name,
                "name_en": level.name_en,
                "mark": level.mark,
                "ts": format_rfc3339(reached.ts),
                "expected": round(reached.mean),
                "high": round(reached.high),
                "people": round(people),
                "mean_ts": _told(by_mean),
            }
    return None


def _told(ts: Instant | None) -> str | None:
    return None if ts is None else format_rfc3339(ts)
