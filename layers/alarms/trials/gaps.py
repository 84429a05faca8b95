"""When devices said nothing: the gaps between what is stored of them, longer than a limit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from layers.alarms.trials.past import SPAN, columns
from sensors.readings.archive import questions
from sensors.tables import reading, reading_hour, series
from store.bulk import given
from store.instant import HOUR, Instant

SAID_AT_MOST = 5_000_000
"""Readings that a trial of silence passes over: of each device those of the series that says most."""

Gap = tuple[Instant, Instant]
"""Nothing was said after the first and before the second."""


@dataclass(frozen=True, slots=True)
class Talk:
    """The series by which something is heard, and after how long a silence that is missed."""

    numbers: tuple[int, ...]
    limit: Instant


def gaps(
    connection: Connection, talks: Mapping[str, Talk], since: Instant, until: Instant
) -> tuple[dict[str, list[Gap]], Instant]:
    """The silences of each that are longer than its limit, in the order of time; and up to when these are all of them.

    That is ``until``, or the hour by which more was said than a trial looks at. Who said something before ``since`` is
    watched from then on, as by an ingest that starts; who did not, from its first word; who never did is left out. A
    silence that lasts ends with that time.
    """
    words = _words(connection, {number for talk in talks.values() for number in talk.numbers}, since, until)
    several = [talk.numbers for talk in talks.values() if len(talk.numbers) > 1]
    often = _often(connection, {one for some in several for one in some}, since, until) if several else {}
    found: dict[str, list[Gap]] = {}
    # The one that says most first: where it leaves no gap, the others need not be asked.
    order = {code: sorted(talk.numbers, key=lambda one: (-often.get(one, 0), one)) for code, talk in talks.items()}
    until = _reach(connection, {some[0] for some in order.values() if some}, since, until)
    for code, talk in talks.items():
        heard = [words[one] for one in talk.numbers]
        begins = min((since if one.is_known else one.first or until for one in heard), default=until)
        if begins + talk.limit < until:
            found[code] = [(begins, until)]
    for turn in range(max((len(one) for one in order.values()), default=0)):
        of = {code: order[code][turn] for code in found if turn < len(order[code])}
        least = min((talks[code].limit for code in of), default=0)
        silent = _silences(connection, {one: words[one] for one in of.values()}, least, since, until)
        for code, number in of.items():
            left = _both(found[code], silent.get(number, [(since - 1, until)]), talks[code].limit)
            if left:
                found[code] = left
            else:
                del found[code]
    return found, until


@dataclass(frozen=True, slots=True)
class _Words:
    """The first word of a series within the period, of what is kept and what is archived; whether one came before."""

    first_kept: Instant | None
    first_archived: Instant | None
    is_known: bool

    @property
    def first(self) -> Instant | None:
        """The first of both."""
        return min((one for one in (self.first_kept, self.first_archived) if one is not None), default=None)


def _words(connection: Connection, numbers: Iterable[int], since: Instant, until: Instant) -> dict[int, _Words]:
    of = sorted(numbers)
    is_archived = questions.is_any(connection, 0, until)
    asked = given(connection, SPAN[:1], [(one,) for one in of]).cte("asked")
    mine, ts = reading.c.series_id == asked.c.series_id, reading.c.ts
    before = select(ts).where(mine, ts < since).limit(1).scalar_subquery()
    first = select(ts).where(mine, ts >= since, ts < until).order_by(ts).limit(1).scalar_subquery()
    rows = connection.execute(select(asked.c.series_id, before, first))
    known = questions.spoke_before(connection, of, since) if is_archived else set()
    archived = questions.first_in(connection, of, since, until - 1) if is_archived else {}
    return {
        number: _Words(first, archived.get(number), earlier is not None or number in known)
        for number, earlier, first in rows
    }


def _often(connection: Connection, numbers: Iterable[int], since: Instant, until: Instant) -> dict[int, int]:
    """How many values of each series there are, about."""
    c, asked = reading_hour.c, given(connection, SPAN[:1], [(one,) for one in sorted(numbers)])
    query = select(c.series_id, func.sum(c.n)).where(c.series_id.in_(asked), c.hour >= since, c.hour < until)
    return {number: int(n) for number, n in connection.execute(query.group_by(c.series_id))}


def _reach(connection: Connection, numbers: Iterable[int], since: Instant, until: Instant) -> Instant:
    """The hour before which these series said no more than a trial looks at; the first one is looked at in any case."""
    c, asked = reading_hour.c, given(connection, SPAN[:1], [(one,) for one in sorted(numbers)])
    begins = since - since % HOUR
    query = select(c.hour, func.sum(c.n)).where(c.series_id.in_(asked), c.hour >= begins, c.hour < until)
    said = 0
    for hour, n in connection.execute(query.group_by(c.hour).order_by(c.hour)):
        said += int(n)
        if said > SAID_AT_MOST and hour > since:
            return min(until, int(hour))
    return until


def _silences(
    connection: Connection, words: Mapping[int, _Words], limit: Instant, since: Instant, until: Instant
) -> dict[int, list[Gap]]:
    """The silences of single series, longer than the limit, with that before its first and after its last word.

    A series that says nothing in the period is left out.
    """
    if not words:
        return {}
    is_archived = questions.is_any(connection, since, until)
    first = {number: one.first_kept for number, one in words.items()}
    kept = _said(_silent_rows(connection, words, limit, since, until), first, since, until)
    if not is_archived:
        return kept
    first = {number: one.first_archived for number, one in words.items()}
    archived = _said(questions.silences(connection, words, limit, since, until), first, since, until)
    # Silent is who is neither in the one nor in the other; who is in one only, by that.
    both = {number: _both(kept[number], archived[number], limit) for number in kept.keys() & archived.keys()}
    return kept | archived | both


def _silent_rows(
    connection: Connection, words: Mapping[int, _Words], limit: Instant, since: Instant, until: Instant
) -> Iterable[tuple[int, Instant, Instant | None]]:
    """(series, time, the next time) where the database has nothing for longer than the limit, and the last of each."""
    asked, c = given(connection, SPAN[:1], [(one,) for one in sorted(words)]), reading.c
    after = func.lead(c.ts).over(partition_by=c.series_id, order_by=c.ts).label("after")
    within = select(c.series_id, c.ts, after).where(c.series_id.in_(asked), c.ts >= since, c.ts < until)
    pair = within.subquery().c
    wanted = pair.after.is_(None) | (pair.after - pair.ts > limit)
    rows = columns(connection, select(pair.series_id, pair.ts, pair.after).where(wanted))
    return [] if rows is None else zip(*rows, strict=True)


def _said(
    rows: Iterable[tuple[int, Instant, Instant | None]],
    first: Mapping[int, Instant | None],
    since: Instant,
    until: Instant,
) -> dict[int, list[Gap]]:
    """The silences of each series that these rows tell, with those before its first and after its last word."""
    found: dict[int, list[Gap]] = {}
    for number, begins, ends in rows:
        found.setdefault(number, []).append((begins, until if ends is None else ends))
    return {number: [(since - 1, first[number] or until), *sorted(some)] for number, some in found.items()}


def _both(some: Sequence[Gap], others: Sequence[Gap], limit: Instant) -> list[Gap]:
    """Where both are silent, for longer than the limit."""
    made: list[Gap] = []
    place = 0
    for begins, ends in some:
        while place < len(others) and others[place][1] <= begins:
            place += 1
        at = place
        while at < len(others) and others[at][0] < ends:
            low, high = max(begins, others[at][0]), min(ends, others[at][1])
            if high - low > limit:
                made.append((low, high))
            at += 1
    return made


def numbers_of(connection: Connection, devices: Iterable[str], metric: str | None) -> dict[str, list[int]]:
    """The series of devices, of one metric where it is given: device -> numbers."""
    named = given(connection, (series.c.device_id,), [(one,) for one in sorted(devices)])
    query = select(series.c.device_id, series.c.id).where(series.c.device_id.in_(named)).order_by(series.c.id)
    if metric is not None:
        query = query.where(series.c.metric == metric)
    found: dict[str, list[int]] = {}
    for device, number in connection.execute(query):
        found.setdefault(device, []).append(number)
    return found
