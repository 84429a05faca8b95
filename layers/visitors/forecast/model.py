"""The walk ahead: people who will enter and the share that will leave, hour by hour, from profiles of like days.

The people who enter in an hour are the weighted mean of that hour on like days, times how busy today is against
its own like days, which fades from hour to hour. Of those inside and those who enter, the share leaves that left in
that hour on like days. So the people inside never fall below nought, and no length of a visit is assumed.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from layers.visitors.forecast.rules import HORIZON_HOURS, rules

HOURS = 24
WEEK = 7 * HOURS
LEVEL_HOURS = 3
"""Hours whose people tell how busy today is."""
LEAST_LEVEL, MOST_LEVEL = 1 / 3, 3.0
"""However the last hours were, the next ones are no busier or quieter than so many times the like days."""


@dataclass(frozen=True)
class History:
    """What was counted at a site: a row a day of Asia/Shanghai, oldest first, a column an hour; NaN where nothing was.

    ``entered`` and ``left`` are people of the hour, ``begun`` those inside at its beginning, ``ended`` at its end.
    From row ``recent`` on no day is missing between two; before it stand days of earlier years. The last rows may
    be days to come, of which nothing is known.
    """

    days: tuple[date, ...]
    entered: np.ndarray
    left: np.ndarray
    begun: np.ndarray
    ended: np.ndarray
    recent: int = 0


@dataclass(frozen=True)
class Profiles:
    """What like days tell of each day, (days, 24): people who enter an hour, and the share that leaves."""

    entered: np.ndarray
    leaving: np.ndarray


def profiles(history: History, weights: np.ndarray) -> Profiles:
    """Weighted means over the days before; NaN where no day before says anything of the hour."""
    known = np.isfinite(history.entered) & np.isfinite(history.left) & np.isfinite(history.begun)
    entered, left, begun = (np.where(known, part, 0.0) for part in (history.entered, history.left, history.begun))
    weight = weights @ known
    inside = weights @ (begun + entered)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Profiles(
            np.where(weight > 0, (weights @ entered) / weight, np.nan),
            np.where(weight > 0, np.clip(np.where(inside > 0, (weights @ left) / inside, 0.0), 0.0, 1.0), np.nan),
        )


def level(entered: np.ndarray, expected: np.ndarray, usual: np.ndarray | float) -> np.ndarray:
    """How busy it is against like days: people of the last hours over those expected, pulled towards 1.

    Parameters
    ----------
    entered, expected
        People of the last hours and those of the profile, (..., hours); hours that are NaN in either do not count.
    usual
        Mean people an hour of such a day: by it a few people at night say little.
    """
    both = np.isfinite(entered) & np.isfinite(expected)
    pull = rules().pull * np.asarray(usual, dtype=float) + 1.0
    seen = np.where(both, entered, 0.0).sum(axis=-1) + pull
    found: np.ndarray = np.clip(seen / (np.where(both, expected, 0.0).sum(axis=-1) + pull), LEAST_LEVEL, MOST_LEVEL)
    return found


def walk(inside: np.ndarray, levels: np.ndarray, profile: Profiles, origins: np.ndarray, reset_hour: int) -> np.ndarray:
    """People inside at the end of each of the next hours, (origins, `HORIZON_HOURS`).

    Parameters
    ----------
    inside
        People inside at the end of each origin's hour.
    levels
        How busy it is then.
    origins
        Places of hours in the flattened history, the last ones that are known.
    """
    entered, leaving = profile.entered.ravel(), profile.leaving.ravel()
    found = np.empty((len(origins), HORIZON_HOURS))
    people = inside.astype(float)
    for ahead in range(1, HORIZON_HOURS + 1):
        at = origins + ahead
        people = np.where(at % HOURS == reset_hour, 0.0, people)
        coming = entered[at] * levels ** (rules().lasting ** ahead)
        people = (people + coming) * (1.0 - leaving[at])
        found[:, ahead - 1] = people
    return found


def naive(history: History, origins: np.ndarray) -> np.ndarray:
    """The baseline: as many as a week before at the same hour, (origins, `HORIZON_HOURS`); NaN where not known."""
    flat = history.ended.ravel()
    found = np.full((len(origins), HORIZON_HOURS), np.nan)
    for ahead in range(1, HORIZON_HOURS + 1):
        at = origins + ahead
        before = at - WEEK
        known = before >= history.recent * HOURS
        found[known, ahead - 1] = flat[before[known]]
    return found


def levels_at(history: History, profile: Profiles, origins: np.ndarray) -> np.ndarray:
    """How busy it is at the end of each origin's hour."""
    entered, expected = history.entered.ravel(), profile.entered.ravel()
    hours = origins[:, None] - np.arange(LEVEL_HOURS)[None, :]
    hours = np.maximum(hours, 0)
    usual = np.nanmean(np.where(np.isfinite(profile.entered), profile.entered, 0.0), axis=1)
    return level(entered[hours], expected[hours], usual[origins // HOURS])
