"""How events stand, now or at a past time: each with its newest step by then.

The present is a row of `grid_event_present`. Of a past time that row tells too, where no step has come since; only of
an event that has moved since is the newest step by then looked up. What was open then is either open and unmoved, or
has moved since and had come by then: both are found by an index, so that the past costs what was open and what moved,
not all that ever was.
"""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Case, ColumnElement, Connection, Select, SelectBase, case, func, or_, select, true, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from layers.grid_events.rules import NONE, OF_ASSIGNEE, OPEN, TO_BE_GIVEN, UNASSIGNED, VALID, VOID, open_states
from layers.grid_events.tables import grid_event, grid_event_present, grid_event_transition
from store.instant import Instant

_STEP = grid_event_transition.alias("step")
"""The newest step by a past time of an event that has moved since."""
Says = Callable[[Any], ColumnElement[bool]]
"""A condition on how an event stands, of columns that tell it: ``state``, ``assignee`` and so on."""
_NEWEST = ("state", "seq", "level", "assignee", "rating", "due", "warn")
"""What of its newest step an event is selected with."""


class ByRow(FunctionElement[Any]):
    """A column that no index is to be asked by: SQLite takes the first of a community for a handful, and so all."""

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any]) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(ByRow)
def _as_it_is(element: ByRow, compiler: SQLCompiler, **more: Any) -> str:
    return str(compiler.process(element.clauses, **more))


@compiles(ByRow, "sqlite")
def _without_index(element: ByRow, compiler: SQLCompiler, **more: Any) -> str:
    return f"+{compiler.process(element.clauses, **more)}"


class Among(FunctionElement[Any]):
    """Whether an id is among a few that are selected first.

    PostgreSQL takes what lies between two times for a good part of all there is, and would look at all of it; how long
    an array is it does not know, and asks by each. Of no type: a Boolean is compared with 1 on SQLite.
    """

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], few: SelectBase) -> None:
        super().__init__(column, few.scalar_subquery())


@compiles(Among, "sqlite")
def _in_list(element: Among, compiler: SQLCompiler, **more: Any) -> str:
    column, few = (compiler.process(one, **more) for one in element.clauses)
    return f"{column} IN {few}"


@compiles(Among, "postgresql")
def _in_array(element: Among, compiler: SQLCompiler, **more: Any) -> str:
    column, few = (compiler.process(one, **more) for one in element.clauses)
    return f"{column} = ANY (ARRAY{few})"


def with_state(community: str, at: Instant | None, *, is_by_id: bool = False) -> Select[Any]:
    """Select events with their state and its time, as of ``at``; ``is_by_id``: which they are is known by their ids.

    At a past time it is also known where `is_few` says so.
    """
    of: Any = ByRow if is_by_id else (lambda column: column)
    event, present = grid_event.c, grid_event_present.c
    is_there = (of(present.community) == community, of(event.community) == community)
    if at is None:
        query = select(grid_event, *(present[name] for name in _NEWEST), present.at.label("state_since"))
        query = query.select_from(grid_event_present).join(grid_event, event.id == present.event_id)
        return query.where(*is_there)
    told = {name: _by_then(_STEP.c[name], present[name], at) for name in (*_NEWEST, "at")}
    query = select(grid_event, *(told[name].label(name) for name in _NEWEST), told["at"].label("state_since"))
    query = query.select_from(grid_event_present).join(grid_event, event.id == present.event_id)
    # Of one that has not moved no step is sought.
    newest = case((present.at > at, _number_by_then(at)))
    query = query.outerjoin(_STEP, (_STEP.c.event_id == present.event_id) & (_STEP.c.seq == newest))
    return query.where(*is_there, ByRow(event.received) <= at, told["at"] <= at)


def open_events(community: str, at: Instant | None) -> Select[Any]:
    """Select the events that are open, as `with_state` does."""
    return standing_in(with_state(community, at, is_by_id=at is not None), [OPEN], community, at)


def standing_in(query: Select[Any], codes: Collection[str], community: str, at: Instant | None) -> Select[Any]:
    """The events of `with_state` that are in one of these states; `OPEN`, `UNASSIGNED` or `VALID` may be among them."""

    def says(columns: Any) -> ColumnElement[bool]:
        return or_(*(_is_in(columns, code) for code in codes))

    return _narrowed(query, says, community, at, are_few=is_few(codes))


def held_by(query: Select[Any], name: str, community: str, at: Instant | None) -> Select[Any]:
    """The events of `with_state` that somebody has; `NONE`: nobody."""

    def says(columns: Any) -> ColumnElement[bool]:
        found: ColumnElement[bool] = columns.assignee.is_(None) if name == NONE else columns.assignee == name
        return found

    return _narrowed(query, says, community, at, are_few=name != NONE)


def how_many_stand(connection: Connection, community: str, codes: Collection[str], at: Instant | None) -> int:
    """How many events are in one of these states, in any where none is named.

    How they stand says it: to look each of them up besides would cost many times as much.
    """
    present = grid_event_present.c

    def says(columns: Any) -> ColumnElement[bool]:
        return or_(*(_is_in(columns, code) for code in codes)) if codes else true()

    of_present = select(func.count()).select_from(grid_event_present).where(present.community == community)
    of_present = of_present.where(says(present))
    if at is None:
        return connection.scalar(of_present) or 0
    unmoved = connection.scalar(of_present.where(present.received <= at, present.at <= at)) or 0
    stood = with_state(community, at, is_by_id=True).where(says(_STEP.c))
    moved = stood.where(Among(grid_event.c.id, moved_since(community, at))).with_only_columns(grid_event.c.id)
    return unmoved + (connection.scalar(select(func.count()).select_from(moved.subquery())) or 0)


def is_few(codes: Collection[str]) -> bool:
    """Whether so few are in one of these states that they are known by their ids; there is no end of what is over."""
    return bool(codes) and {OPEN, UNASSIGNED, *open_states()}.issuperset(codes)


def moved_since(community: str, at: Instant) -> Select[Any]:
    """Select the ids of what had come by a past time and has had a step since."""
    moved = grid_event_present.alias("moved").c
    return select(moved.event_id).where(moved.community == community, moved.at > at, moved.received <= at)


def is_unassigned(columns: Any) -> ColumnElement[bool]:
    """`layers.grid_events.hands.is_unassigned` of a row with ``state`` and ``assignee``, for the database."""
    found: ColumnElement[bool] = columns.state.in_(OF_ASSIGNEE) & columns.assignee.is_(None)
    return found


def _narrowed(query: Select[Any], says: Says, community: str, at: Instant | None, *, are_few: bool) -> Select[Any]:
    present = grid_event_present.c
    if at is None:
        return query.where(says(present))
    # Each event is asked by itself: SQLite would first gather all that was ever closed, for a page of a hundred.
    held = or_((present.at <= at) & says(present), (present.at > at) & says(_STEP.c))
    found = query.where(ByRow(held.self_group()))
    if not are_few:
        return found
    # They hold now, or have moved since.
    stands = grid_event_present.alias("stands").c
    still = select(stands.event_id).where(stands.community == community, says(stands))
    return found.where(Among(grid_event.c.id, union_all(still, moved_since(community, at))))


def _number_by_then(at: Instant) -> Any:
    """The number of an event's newest step by a past time."""
    steps = grid_event_transition.alias("steps").c
    newest = select(func.max(steps.seq)).where(steps.event_id == grid_event_present.c.event_id, steps.at <= at)
    return newest.correlate(grid_event_present).scalar_subquery()


def _by_then(of_step: Any, of_present: Any, at: Instant) -> Case[Any]:
    return case((grid_event_present.c.at > at, of_step), else_=of_present)


def _is_in(columns: Any, code: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = columns.state == code
    if code == OPEN:
        found = columns.state.in_(open_states())
    elif code == UNASSIGNED:
        # It was given out to nobody, or has not been given out yet.
        found = columns.state.in_(OF_ASSIGNEE | TO_BE_GIVEN) & columns.assignee.is_(None)
    elif code == VALID:
        found = columns.state != VOID
    return found
