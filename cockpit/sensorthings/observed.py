"""Observations: readings of one series, or of several one after the other, page by page."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from cockpit.ogc.allowance import Allowance, TooMuch
from cockpit.sensorthings.filters import Compare, Expression, Joined, Time
from cockpit.sensorthings.options import Options
from layers.problem import Problem
from sensors.readings import streams
from sensors.readings.history import Reading
from store.instant import DAY, Instant, now

TIMES = ("phenomenonTime", "resultTime")
OF_SERIES = ("Datastream/id", "Datastream/@iot.id")
MOST_COUNTED = 200_000
READ_AT_ONCE = 10_000
"""So many readings at most one question brings."""
READINGS_A_SERIES = 8
"""To ask one series more costs about what it costs to read so many readings of it."""
LAST = 10**18 - 1
"""Behind every time."""
MARK = "-"
"""Between the number of a series and the time of its reading, in an observation's id."""

Series = Mapping[str, Any]
"""A row of the Datastreams."""


class Window(NamedTuple):
    """From when until when, both with their ends, and of which series only; None: of all that there are."""

    since: Instant
    until: Instant
    series: int | None = None


class Page(NamedTuple):
    """Rows of Observations, and the token of the page after them; None: there is none."""

    rows: list[dict[str, Any]]
    token: str | None


def window(asked: Expression | None) -> Window:
    """The window that a filter means: observations are asked by when they were made and of which Datastream.

    Each condition must hold; 400 for any other filter.
    """
    # A device's clock may run ahead by a day at most.
    found = Window(0, now() + DAY)
    for one in _conditions(asked):
        found = _narrowed(found, one)
    return found


def _conditions(asked: Expression | None) -> list[Expression]:
    if asked is None:
        return []
    if isinstance(asked, Joined) and asked.word == "and":
        return _conditions(asked.first) + _conditions(asked.second)
    return [asked]


def _narrowed(known: Window, one: Expression) -> Window:
    if isinstance(one, Compare):
        path, value = "/".join(one.path), one.value
        if path in OF_SERIES and one.operator == "eq" and isinstance(value, int):
            return known._replace(series=value if known.series in (None, value) else -1)
        if path in TIMES and isinstance(value, Time) and one.operator != "ne":
            since, until = {
                "eq": (value.at, value.at),
                "ge": (value.at, known.until),
                "gt": (value.at + 1, known.until),
                "le": (known.since, value.at),
                "lt": (known.since, value.at - 1),
            }[one.operator]
            return known._replace(since=max(known.since, since), until=min(known.until, until))
    words = ", ".join((*TIMES, "Datastream/id eq"))
    raise Problem(400, "bad parameter", f"$filter: Observations are asked by {words} and by and only")


def is_oldest_first(options: Options) -> bool:
    """Whether the oldest come first; without an order the newest do."""
    return options.order is not None and not options.order[1]


def page(
    connection: Connection, series: Sequence[Series], options: Options, within: Window, allowance: Allowance
) -> Page:
    """The observations of series, one series after the other, from where the page before ended."""
    oldest, found = is_oldest_first(options), list[dict[str, Any]]()
    wanted = options.skip + options.top + 1
    begun = None if options.token is None else _key(options.token)
    allowance.look(wanted)
    left, at_once = list(series), 1
    while left and len(found) < wanted:
        some, left = left[:at_once], left[at_once:]
        found += _read(connection, some, within, wanted - len(found), oldest, begun)
        # Most often the first has all; where series are empty, more of them are asked at once.
        at_once = max(1, min(2 * at_once, READ_AT_ONCE // wanted))
    shown = found[options.skip : wanted - 1]
    more = len(found) >= wanted and bool(shown)
    return Page(shown, shown[-1]["id"] if more else None)


def _read(
    connection: Connection,
    series: Sequence[Series],
    within: Window,
    limit: int,
    oldest: bool,
    begun: tuple[int, Instant] | None,
) -> list[dict[str, Any]]:
    """At most so many rows of these series, in their order; the one that was begun goes on behind its last."""
    known = {one["id"]: one for one in series}
    found: list[dict[str, Any]] = []
    first = begun[0] if begun is not None and begun[0] in known else None
    if begun is not None and first is not None:
        left = within._replace(since=max(within.since, begun[1] + 1)) if oldest else _until(within, begun[1] - 1)
        found += _rows(connection, {first: known[first]}, left, limit, oldest)
    others = {number: one for number, one in known.items() if begun is None or number > begun[0]}
    return found + (_rows(connection, others, within, limit - len(found), oldest) if len(found) < limit else [])


def _until(within: Window, until: Instant) -> Window:
    return within._replace(until=min(within.until, until))


def _rows(
    connection: Connection, series: Mapping[int, Series], within: Window, limit: int, oldest: bool
) -> list[dict[str, Any]]:
    kinds = {number: one["values"] for number, one in series.items()}
    if not kinds or limit <= 0:
        return []
    read = streams.some_of_each(connection, kinds, within.since, within.until, limit, is_oldest_first=oldest)
    return [row_of(series[number], one) for number in series for one in read[number]][:limit]


def of_each(
    connection: Connection, series: Sequence[Series], options: Options, within: Window, most: int
) -> dict[int, list[dict[str, Any]]]:
    """The first observations of each of several series: those that are passed over, so many, and one more."""
    kinds = {one["id"]: one["values"] for one in series}
    limit, oldest = options.skip + most + 1, is_oldest_first(options)
    read = streams.some_of_each(connection, kinds, within.since, within.until, limit, is_oldest_first=oldest)
    return {one["id"]: [row_of(one, reading) for reading in read[one["id"]]] for one in series}


def one(connection: Connection, series: Series, at: Instant) -> dict[str, Any] | None:
    """The observation of a series at a time."""
    read = streams.some_of_each(connection, {series["id"]: series["values"]}, at, at, 1)
    return next((row_of(series, reading) for reading in read[series["id"]]), None)


def counts(connection: Connection, series: Sequence[Series], within: Window) -> dict[int, int]:
    """How many observations of each series are asked for; 400 where counting them would take long."""
    numbers = [one["id"] for one in series]
    most = max(1, MOST_COUNTED // max(1, len(numbers)))
    found = streams.how_many(connection, numbers, within.since, within.until, most) if numbers else {}
    if any(number >= most for number in found.values()):
        raise TooMuch(f"$count: {most} or more of a Datastream; narrow them by phenomenonTime")
    return found


def row_of(series: Series, reading: Reading) -> dict[str, Any]:
    """A reading as a row of the Observations."""
    return {
        "id": f"{series['id']}{MARK}{reading.ts}",
        "datastream": series["id"],
        "device": series["device"],
        "ts": reading.ts,
        "value": reading.value,
        "quality": reading.quality,
    }


def key(of: str) -> tuple[int, Instant] | None:
    """The series and the time in an observation's id; None where it is none."""
    number, _, at = of.partition(MARK)
    is_one = number.isascii() and number.isdigit() and len(number) < 10 and len(at) < 19
    return (int(number), int(at)) if is_one and at.isascii() and at.isdigit() else None


def behind(series: int, options: Options) -> str:
    """The token of what follows the last observation of a series."""
    return f"{series}{MARK}{LAST if is_oldest_first(options) else 0}"


def _key(token: str) -> tuple[int, Instant]:
    found = key(token)
    if found is None:
        raise Problem(400, "bad parameter", f"$skiptoken {token[:40]!r} is none of ours")
    return found
