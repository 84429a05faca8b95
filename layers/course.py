"""How records change in the course of a past span of time: its steps, and what is told at the end of each."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, Table, case, literal, select

from layers.first import First, Read
from store.instant import HOUR, MINUTE, Instant, now

AHEAD: Instant = 4 * HOUR
"""So far on is looked at once."""
LATE: Instant = 10 * MINUTE
"""What is younger may not have come in yet: nothing of it is looked up before it is asked for."""

Found = TypeVar("Found")
Told = dict[str, dict[str, Any] | None]
"""key -> the fields of its record that are known otherwise, or all of them; None: it is gone."""


@dataclass(frozen=True, slots=True)
class Span:
    """From after ``begin`` up to ``until``, in steps that end at whole multiples of ``step``, and with the span."""

    begin: Instant
    until: Instant
    step: Instant

    @property
    def ends(self) -> list[Instant]:
        """Where each step ends, in their order."""
        first = self.begin - self.begin % self.step + self.step
        return [*range(first, self.until, self.step), self.until]

    def end_of(self, moment: Instant) -> Instant:
        """The end of the step that a moment lies in."""
        return min(self.until, -(-moment // self.step) * self.step)

    def number(self, moment: ColumnElement[int]) -> ColumnElement[int]:
        """The number of the step that a moment lies in, for the database; times ``step`` it is `end_of`'s moment."""
        more, step = literal(self.step - 1, BigInteger), literal(self.step, BigInteger)
        return (moment + more) // step

    def holds(self, moment: ColumnElement[int]) -> ColumnElement[bool]:
        """Whether a moment lies in the span."""
        return (moment > self.begin) & (moment <= self.until)

    def covers(self, other: "Span") -> bool:
        """Whether another lies in it."""
        return self.begin <= other.begin and other.until <= self.until

    def part(self, found: Sequence[Found], moment: Callable[[Found], Instant]) -> Sequence[Found]:
        """Those of what was found, in the order of time, that lie in the span."""
        return found[bisect_right(found, self.begin, key=moment) : bisect_right(found, self.until, key=moment)]


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Something that happened, as a timeline shows it: a shape, a tone and words. ``at`` is when screens knew of it."""

    at: Instant
    kind: str
    id: str
    symbol: str
    tone: str
    rank: int
    """0 is the gravest of its kind."""
    level: str
    level_en: str
    name: str
    name_en: str
    subject: str = ""


Touched = Callable[[Connection, str, Span], Iterable[tuple[Instant, str]]]
"""(connection, community, span) -> when something was stored that changed a record, and its key."""
Due = Callable[[Mapping[str, Any], Instant, Instant], set[str]]
"""(key -> record, after, until) -> the keys of those that time alone changes."""
Moves = Callable[[Connection, Mapping[str, Any], Span], Iterator[Told]]
"""(connection, key -> record as it is known when the span begins, span) -> for each end of its steps what is known
otherwise then. Whoever takes it puts each into what is known, before the next."""


class Ahead(Generic[Found]):
    """What is found in some hours, looked up once for all spans in them: it costs by how much there is to look at."""

    def __init__(self, find: Callable[[Connection, Span], Found]) -> None:
        self._find = find
        self._kept: tuple[Span, Found] | None = None

    def of(self, connection: Connection, span: Span) -> Found:
        """What is found in the hours that a span lies in: more than in the span."""
        if self._kept is None or not self._kept[0].covers(span):
            until = max(span.until, min(span.begin + AHEAD, now() - LATE))
            longer = Span(span.begin, until, span.step)
            self._kept = longer, self._find(connection, longer)
        return self._kept[1]


def moved(read: Read, touched: Touched, due: Due, first: First | None = None) -> Callable[[str], Moves]:
    """The moves of a layer whose records are few, or change seldom: each is read where a step that changed it ends.

    Where screens are given the ``first`` of them only, a step in which anything changed, the counts too, ends with just
    those: what ended, or grew late, lets others in and pushes others out.
    """

    def of_community(community: str) -> Moves:
        def find(connection: Connection, span: Span) -> list[tuple[Instant, str]]:
            return sorted(touched(connection, community, span), key=itemgetter(0))

        ahead = Ahead(find)

        def moves(connection: Connection, known: Mapping[str, Any], span: Span) -> Iterator[Told]:
            keys_at: defaultdict[Instant, set[str]] = defaultdict(set)
            for moment, key in span.part(ahead.of(connection, span), itemgetter(0)):
                keys_at[span.end_of(moment)].add(key)
            for after, until in pairwise([span.begin, *span.ends]):
                keys = keys_at[until] | due(known, after, until)
                found = read(connection, community, keys, until) if keys else {}
                told = {key: found.get(key) for key in keys}
                if first is not None and told:
                    told |= first.beside(connection, community, {**known, **told}, read, until)
                yield told

        return moves

    return of_community


def ranked(column: ColumnElement[Any], codes: Sequence[str]) -> ColumnElement[int]:
    """The place of a column's code among these; what is none of them comes last."""
    return case({code: place for place, code in enumerate(codes)}, value=column, else_=len(codes))


def arrived(
    table: Table, column: ColumnElement[Any], codes: Sequence[str], community: str, since: Instant, until: Instant
) -> Select[Any]:
    """Select what came in [since, until), by the place of a column's code among these and then by time."""
    c = table.c
    query = select(table).where(c.community == community, c.received >= since, c.received < until)
    return query.order_by(ranked(column, codes), c.received, c.id)


def is_hour_in(after: Instant, until: Instant) -> bool:
    """Whether an hour begins after the one and not after the other: sums of hours and days begin anew with it."""
    return after // HOUR != until // HOUR
