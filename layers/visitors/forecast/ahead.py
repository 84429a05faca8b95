"""From a moment within an hour to each quarter of the next hours: the walk of model.py in parts of hours."""

from collections.abc import Iterator

import numpy as np

from layers.visitors.forecast.model import HOURS, LEVEL_HOURS, WEEK, History, Profiles, level
from layers.visitors.forecast.rules import HORIZON_HOURS, rules
from layers.visitors.inside import reset_before
from store.instant import HOUR, MINUTE, Instant, local_midnight, midnight

PAST_HOURS = 6
"""Hours before that are shown beside those ahead."""


def hour_of(history: History, moment: Instant) -> int:
    """The place of a moment's hour in the flattened history, of which the last row but one is its day."""
    today = len(history.days) - 2
    return today * HOURS + (moment - midnight(history.days[today])) // HOUR


def reset(moment: Instant) -> Instant | None:
    """When the people inside begin again at nought, in the hours before that are shown or in those ahead."""
    found = reset_before(moment + HORIZON_HOURS * HOUR)
    return found if found > moment - PAST_HOURS * HOUR else None


def is_heard(history: History, moment: Instant) -> bool:
    """Whether a gate said anything in the whole hours before."""
    place = hour_of(history, moment)
    return bool(np.isfinite(history.entered.ravel()[place - rules().unheard_hours : place]).any())


def past(history: History, moment: Instant) -> tuple[tuple[Instant, float], ...]:
    """People inside at the end of each of the last whole hours, oldest first; hours without counts left out."""
    place, end = hour_of(history, moment), moment - moment % HOUR
    ended = history.ended.ravel()[place - PAST_HOURS : place]
    ends = range(end - (PAST_HOURS - 1) * HOUR, end + 1, HOUR)
    return tuple((ts, float(people)) for ts, people in zip(ends, ended, strict=True) if np.isfinite(people))


def walked(
    history: History, profile: Profiles, moment: Instant, present: float, in_hour: float | None
) -> dict[Instant, float]:
    """People inside at each quarter, by the model; nothing where like days say nothing of an hour.

    ``in_hour`` are those who entered in the moment's hour so far, None where no gate said anything in it.
    """
    leaving = profile.leaving.ravel()
    people, found = present, {}
    for begin, end, coming in _coming(history, profile, moment, in_hour):
        share = leaving[hour_of(history, begin)]
        if begin == reset_before(begin) and begin != moment:
            people = 0.0
        # They leave evenly within the hour: where all of them do, the last of them does at its end and not at once.
        over = (begin % HOUR) / HOUR
        people = (people + coming) * (1.0 - share * (over + (end - begin) / HOUR)) / (1.0 - share * over)
        if not np.isfinite(people):
            return {}
        found[end] = float(people)
    return found


def entering(
    history: History, profile: Profiles, moment: Instant, today: float, in_hour: float | None
) -> dict[Instant, float]:
    """People who will have entered since midnight at each quarter, ``today`` of them by now; as `walked` forecasts.

    At midnight the day's count begins anew; a quarter that ends there is still of the day before.
    """
    people, found = today, {}
    for begin, end, coming in _coming(history, profile, moment, in_hour):
        if begin != moment and begin == local_midnight(begin):
            people = 0.0
        people += coming
        if not np.isfinite(people):
            return {}
        found[end] = float(people)
    return found


def entered_today(history: History, moment: Instant, in_hour: float | None) -> float:
    """People who entered since midnight so far."""
    place = hour_of(history, moment)
    return float(np.nansum(history.entered.ravel()[place - place % HOURS : place])) + (in_hour or 0.0)


def _coming(
    history: History, profile: Profiles, moment: Instant, in_hour: float | None
) -> Iterator[tuple[Instant, Instant, float]]:
    """Each span ahead, and the people who enter in it."""
    entered = profile.entered.ravel()
    busy = _level(history, entered, moment, in_hour)
    for begin, end in _quarters(moment):
        lasting = rules().lasting ** -((moment - end) // HOUR)
        yield begin, end, float(entered[hour_of(history, begin)] * busy**lasting * ((end - begin) / HOUR))


def a_week_ago(history: History, moment: Instant) -> dict[Instant, float]:
    """The baseline: people inside at the same time a week before, within an hour in proportion."""
    begun, ended = history.begun.ravel(), history.ended.ravel()
    found = {}
    for begin, end in _quarters(moment):
        place = hour_of(history, begin) - WEEK
        share = 1.0 if end % HOUR == 0 else (end % HOUR) / HOUR
        people = begun[place] + (ended[place] - begun[place]) * share
        if not np.isfinite(people):
            return {}
        found[end] = float(people)
    return found


def _quarters(moment: Instant) -> Iterator[tuple[Instant, Instant]]:
    """Spans from the moment to the first mark, and from mark to mark, as long as is forecast."""
    step = rules().step_minutes * MINUTE
    begin = moment
    for end in range(moment - moment % step + step, moment + HORIZON_HOURS * HOUR + 1, step):
        yield begin, end
        begin = end


def _level(history: History, expected: np.ndarray, moment: Instant, in_hour: float | None) -> float:
    """How busy today is: the last whole hours, and of the present one what has passed of it."""
    place = hour_of(history, moment)
    past = (moment % HOUR) / HOUR
    entered = np.append(history.entered.ravel()[place - LEVEL_HOURS : place], np.nan if in_hour is None else in_hour)
    like = np.append(expected[place - LEVEL_HOURS : place], expected[place] * past)
    day = expected[place - place % HOURS : place - place % HOURS + HOURS]
    return float(level(entered, like, float(np.nanmean(day)) if np.isfinite(day).any() else 0.0))
