"""Finding events by what was said of them: title, detail, place, number, day, and who reported or has them.

Chinese has no spaces between words, and most of its words have two signs: what is kept of a text are its pairs of signs
that follow each other, in an index that either database has. Pairs only say where to look: what is found has the words.
"""

import re
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Select, func, insert, literal, or_, select, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import CompoundSelect

from geo.ground import place
from layers.grid_events.standing import Among, ByRow, moved_since, with_state
from layers.grid_events.tables import grid_event, grid_event_present, grid_event_search
from store.instant import DAY, Instant, local_date, midnight, now

PART_OF_NUMBER = 4
"""Characters from which on a word that is looked for may be part of an event's number: a short one is in many."""
RUN = re.compile(r"[^\W_]+")
ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
YEARS_TO_A_LEAP_DAY = 8
"""As many lie at most between two of them: 1900 had none, nor will 2100."""
DAY_OF_YEAR = re.compile(r"(\d{1,2})(?:-|月)(\d{1,2})日?")


def pairs(text: str) -> str:
    """The pairs of letters or signs that follow each other in a text, with spaces between.

    >>> pairs("路灯坏了 A1")
    'a1 坏了 灯坏 路灯'
    """
    return " ".join(sorted({"".join(pair) for run in RUN.findall(text.lower()) for pair in pairwise(run)}))


def keep(connection: Connection, event: Mapping[str, Any]) -> None:
    """Keep what a new event is found by; ``event`` is its row."""
    connection.execute(insert(grid_event_search).values(found_by(event)))


def found_by(event: Mapping[str, Any]) -> dict[str, Any]:
    """The row of `grid_event_search` of a row of `grid_event`."""
    where = [place(event["community"], layer, event[code]) for layer, code in (("areas", "area"), ("grids", "grid"))]
    names = [name for one in where if one is not None for name in (one.name, one.name_en)]
    # What an alarm opened is found by its words in either language.
    told = [event[name] for name in ("title", "detail", "title_en", "detail_en") if event.get(name)]
    said = "\n".join([*told, *names, event["grid"] or ""]).lower()
    reporter = (event["reporter"].partition(":")[2] or event["reporter"]).lower()
    return {
        "event_id": event["id"],
        "community": event["community"],
        "said": said,
        "reporter": reporter,
        "pairs": pairs("\n".join([said, reporter, event["id"]])),
    }


def matching(community: str, word: str, at: Instant | None, *, names_people: bool) -> CompoundSelect[Any]:
    """Select the events that a word is in: in what was said, in the number, on that day; or that name somebody.

    At a past time they name who had them then, and a day of the year is the newest such by then.
    """
    found, event, said = grid_event_search.c, grid_event.c, word.lower()
    texts = [found.said.contains(said, autoescape=True)]
    if len(word) >= PART_OF_NUMBER:
        texts.append(found.event_id.icontains(word, autoescape=True))
    if names_people:
        texts.append(found.reporter.contains(said, autoescape=True))
    where = [found.community == community, or_(*texts)]
    wanted: list[Select[Any]] = [select(found.event_id).where(*where, *([_Has(word)] if pairs(word) else []))]
    if names_people:
        present = grid_event_present.c
        is_held = present.assignee.in_(_assignees(community, said))
        held = select(present.event_id).where(present.community == community, is_held)
        wanted += [held] if at is None else [held.where(ByRow(present.at) <= at), _was_given(community, said, at)]
    span = _day(word, local_date(now() if at is None else at))
    if span is not None:
        wanted.append(select(event.id).where(event.community == community, event.occurred.between(*span)))
    return union_all(*wanted)


class _Has(FunctionElement[Any]):
    """Whether a row of `grid_event_search` has all pairs of a word, by the index that the database has of them.

    Of no type: a Boolean is compared with 1 on SQLite, which then asks every row.
    """

    inherit_cache = True

    def __init__(self, word: str) -> None:
        super().__init__(grid_event_search.c.number, grid_event_search.c.pairs, literal(pairs(word)))


@compiles(_Has, "sqlite")
def _on_sqlite(element: _Has, compiler: SQLCompiler, **more: Any) -> str:
    number, _pairs, wanted = (compiler.process(one, **more) for one in element.clauses)
    # Words side by side are all wanted; made of letters and digits in lower case, none is a word of the language.
    return f"{number} IN (SELECT rowid FROM grid_event_pairs WHERE grid_event_pairs MATCH {wanted})"  # noqa: S608 - parts that the compiler made


@compiles(_Has, "postgresql")
def _on_postgresql(element: _Has, compiler: SQLCompiler, **more: Any) -> str:
    _number, kept, wanted = (compiler.process(one, **more) for one in element.clauses)
    return f"string_to_array({kept}, ' ') @> string_to_array({wanted}, ' ')"


def _assignees(community: str, said: str) -> Select[Any]:
    """Everybody who has or had an event there and whose name has this; each name is looked up once, not each event."""
    present = grid_event_present.c
    of_community = present.community == community
    first = select(func.min(present.assignee).label("name")).where(of_community)
    names = first.cte(recursive=True)
    following = select(func.min(present.assignee)).where(of_community, present.assignee > names.c.name)
    names = names.union_all(select(following.scalar_subquery()).where(names.c.name.is_not(None)))
    return select(names.c.name).where(names.c.name.icontains(said, autoescape=True))


def _was_given(community: str, said: str, at: Instant) -> Select[Any]:
    """Select what has moved since a past time and had been given, by then, to somebody whose name has this."""
    stood = with_state(community, at, is_by_id=True)
    has_moved = Among(grid_event.c.id, moved_since(community, at))
    stood = stood.where(has_moved, stood.selected_columns.assignee.icontains(said, autoescape=True))
    return stood.with_only_columns(grid_event.c.id)


def _day(word: str, today: date) -> tuple[Instant, Instant] | None:
    """The first and last moment of the day that a word names: 2026-11-27, 11-27 or 11月27日 (the newest)."""
    if match := ISO_DAY.fullmatch(word):
        days = [tuple(map(int, match.groups()))]
    elif match := DAY_OF_YEAR.fullmatch(word):
        month, day = map(int, match.groups())
        days = [(today.year - back, month, day) for back in range(YEARS_TO_A_LEAP_DAY + 1)]
    else:
        return None
    for year, month, day in days:
        try:
            named = date(year, month, day)
            begins = midnight(named)
        except (ValueError, OverflowError):
            continue
        if named <= today or len(days) == 1:
            return begins, begins + DAY - 1
    return None
