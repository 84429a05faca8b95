"""How far forecasts lay from what came: rolling origin over held-out days, for the model and the baseline.

Each hour of the held-out days is an origin; what is forecast there uses nothing that came later. The interval of
an hour is split conformal prediction on signed errors, as shares of the people forecast: its bounds are the quantiles,
with the correction for the size of the sample, of the errors of the days before (Vovk, Gammerman and Shafer,
"Algorithmic Learning in a Random World", 2005; Romano, Patterson and Candes, "Conformalized Quantile Regression", 2019,
section 2.1). So the coverage that is told is itself measured on days that the interval knows nothing of.
"""

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from layers.visitors.forecast.days import KindOf, weights
from layers.visitors.forecast.model import HOURS, History, levels_at, naive, profiles, walk
from layers.visitors.forecast.rules import HORIZON_HOURS, rules

MODEL, BASELINE = "like_days", "seasonal_naive"
HALF = HOURS // 2
"""A day with counts of so many hours is one that something can be learned of."""


@dataclass(frozen=True)
class Errors:
    """Of a model by horizon: mean absolute error in people, share of hours within the interval, and how many hours."""

    mae: tuple[float, ...]
    coverage: tuple[float, ...]
    hours: tuple[int, ...]


@dataclass(frozen=True)
class Measured:
    """What held-out days say.

    ``better`` is the model with the smaller mean absolute error over all horizons; ``bounds`` are, for each model,
    the lower and upper error by horizon, as shares of the people forecast, of the newest days; ``scale`` is the
    least number of people that errors are a share of.
    """

    first: date
    last: date
    errors: dict[str, Errors]
    bounds: dict[str, np.ndarray]
    scale: float
    better: str


def measure(history: History, kind: KindOf, last: int, reset_hour: int) -> Measured | None:
    """Measure on the days before row ``last``; None where too few have counts."""
    known = rules()
    counted = history.recent + np.flatnonzero(np.isfinite(history.ended[history.recent : last]).sum(axis=1) >= HALF)
    if len(counted) < known.least_days:
        return None
    profile = profiles(history, weights(history.days, kind))
    first = int(counted[known.warm_up_days])
    origins = np.arange(first * HOURS, last * HOURS - HORIZON_HOURS)
    actual = _ahead(history.ended.ravel(), origins)
    inside = history.ended.ravel()[origins]
    forecast = {
        MODEL: walk(inside, levels_at(history, profile, origins), profile, origins, reset_hour),
        BASELINE: naive(history, origins),
    }
    # Only hours that both forecast count, or they would be held to different days.
    both = np.isfinite(forecast[MODEL]) & np.isfinite(forecast[BASELINE]) & np.isfinite(actual)
    scale = known.floor * float(np.nanmax(history.ended[:last])) + 1.0
    scores = {name: np.where(both, score(actual, made, scale), np.nan) for name, made in forecast.items()}
    row = origins // HOURS
    held_out = np.unique(row)[known.calibration_days :]
    is_held_out = np.isin(row, held_out)
    if not (both & is_held_out[:, None]).any(axis=0).all():
        return None
    errors = {
        name: Errors(
            mae=_by_horizon(np.abs(made - actual), both & is_held_out[:, None]),
            coverage=_by_horizon(_covered(scores[name], row, held_out), both & is_held_out[:, None]),
            hours=tuple(int(n) for n in (both & is_held_out[:, None]).sum(axis=0)),
        )
        for name, made in forecast.items()
    }
    newest = row > last - 1 - known.calibration_days
    return Measured(
        first=history.days[int(held_out[0])],
        last=history.days[int(held_out[-1])],
        errors=errors,
        bounds={name: bounds(one[newest]) for name, one in scores.items()},
        scale=scale,
        better=min(errors, key=lambda name: float(np.mean(errors[name].mae))),
    )


def score(actual: np.ndarray, forecast: np.ndarray, scale: float) -> np.ndarray:
    """Errors as shares of the people forecast, or of ``scale`` people where these are fewer."""
    found: np.ndarray = (actual - forecast) / np.maximum(forecast, scale)
    return found


def bounds(scores: np.ndarray) -> np.ndarray:
    """The lower and the upper bound of each column's errors, (2, columns)."""
    return np.array([_bounds(column[np.isfinite(column)]) for column in scores.T]).T


def _bounds(scores: np.ndarray) -> tuple[float, float]:
    """Each bound leaves half of what the interval leaves; with too few errors it is the greatest that there was."""
    if not len(scores):
        return 0.0, 0.0
    ordered = np.sort(scores)
    rank = math.ceil((len(ordered) + 1) * (1 - (1 - rules().interval) / 2))
    outermost = min(rank, len(ordered))
    return float(ordered[len(ordered) - outermost]), float(ordered[outermost - 1])


def _covered(scores: np.ndarray, row: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    """1.0 where an error lies within the bounds of the days before its own, 0.0 where not."""
    found = np.zeros_like(scores)
    for day in held_out:
        before = (row < day) & (row >= day - rules().calibration_days)
        low, high = bounds(scores[before])
        found[row == day] = (scores[row == day] >= low) & (scores[row == day] <= high)
    return found


def _ahead(flat: np.ndarray, origins: np.ndarray) -> np.ndarray:
    return np.stack([flat[origins + ahead] for ahead in range(1, HORIZON_HOURS + 1)], axis=1)


def _by_horizon(values: np.ndarray, chosen: np.ndarray) -> tuple[float, ...]:
    return tuple(float(values[chosen[:, column], column].mean()) for column in range(HORIZON_HOURS))


def told(found: Measured) -> dict[str, Any]:
    """As the API and the page tell it."""
    return {
        "from": found.first.isoformat(),
        "to": found.last.isoformat(),
        "interval": rules().interval,
        "better": found.better,
        "horizons": [
            {"hours": ahead + 1, "n": found.errors[MODEL].hours[ahead]}
            | {
                name: {"mae": round(one.mae[ahead], 1), "coverage": round(one.coverage[ahead], 3)}
                for name, one in found.errors.items()
            }
            for ahead in range(HORIZON_HOURS)
        ],
    }
