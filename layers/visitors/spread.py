"""When the people of a step came: at its moment, or evenly over the silence that it ends, in whole persons."""

from collections.abc import Iterator

from layers.visitors import capacity
from store.instant import HOUR, Instant, local_hour


def by_hour(ts: Instant, since: Instant | None, people: float) -> Iterator[tuple[Instant, float]]:
    """(start of the hour, people in it), oldest first; together they are exactly the people of the step."""
    last = ts - ts % HOUR
    told = 0.0
    if since is not None:
        for hour in range(since - since % HOUR, last, HOUR):
            come = float(int(people) * (hour + HOUR - since) // (ts - since))
            if come != told:
                yield hour, come - told
            told = come
    yield last, people - told


def since_reset(ts: Instant, since: Instant | None, people: float) -> float:
    """How many of them came since the people inside were last reset."""
    if since is None:
        return people
    reset = local_hour(ts, capacity.rules()["reset_hour"])
    return sum(part for hour, part in by_hour(ts, since, people) if hour >= reset)
