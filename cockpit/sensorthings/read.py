"""Entities read and told: a set page by page, one by its id, and what is expanded below, a question for each level."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec
from sqlalchemy import Connection, Select, func, select

from cockpit.ogc.allowance import Allowance, TooMuch, check_size
from cockpit.sensorthings import observed
from cockpit.sensorthings.clauses import clause
from cockpit.sensorthings.model import SETS, Entity, Link
from cockpit.sensorthings.options import Options
from cockpit.sensorthings.tokens import behind, order, token_of
from layers.problem import Problem
from store import budgets, patience

SERIES_A_PAGE = 200
"""So many Datastreams without an observation a page of Observations passes over."""
FEWER = 4
"""Where rows are too many for one answer, the next try has so many times fewer: what all tries cost stays small."""
SELF_LINK = "@iot.selfLink"

Row = dict[str, Any]


class Through(NamedTuple):
    """By which column, and what must stand in it, a set was come to from an entity."""

    column: str
    value: Any


class Found(NamedTuple):
    """A page of a set: what is told of each, the token of the page after it, and how many there are where asked."""

    told: list[msgspec.Raw]
    token: str | None
    number: int | None


class Group(NamedTuple):
    """What stands below one entity along a link: what is told of each, how the address of those after them goes on,
    None where there are none, and how many there are where asked.
    """

    told: list[msgspec.Raw]
    rest: str | None = None
    number: int | None = None


Below = Mapping[Any, Group]
"""What stands below rows along a link, by what stands in their own column."""


class Reader:
    """Reads a community's entities for one answer; ``root`` is the address of the service."""

    def __init__(self, connection: Connection, community: str, root: str) -> None:
        self._connection = connection
        self._community = community
        self._root = root
        self._allowance = Allowance()
        self._levels_left = 0

    def one(self, entity: Entity, key: str | int, through: Through | None = None) -> Row | None:
        """The row of an id, of those that were come to."""
        if entity.rows is None:
            return self._observation(str(key), through)
        table = entity.rows(self._community).subquery()
        query = select(table).where(table.c.id == key)
        if through is not None:
            query = query.where(table.c[through.column] == through.value)
        found = self._connection.execute(query).mappings().first()
        return None if found is None else dict(found)

    def beyond(self, row: Row, link: Link) -> Row | None:
        """The one row that a link of one leads to."""
        return self.one(SETS[link.to], row[link.own])

    def page(self, entity: Entity, through: Through | None, options: Options) -> Found:
        """A page of a set: as many as are asked for, or fewer where more would be too large for one answer."""
        if entity.rows is None:
            return self._observations(entity, through, options)
        table = entity.rows(self._community).subquery()
        query = select(table)
        if through is not None:
            query = query.where(table.c[through.column] == through.value)
        if options.filter is not None:
            query = query.where(clause(entity, table, self._community, options.filter))
        count = self._count(query) if options.count else None
        name, is_greatest_first = options.order or ("id", False)
        if options.token is not None:
            query = query.where(behind(table, name, is_greatest_first, options.token, entity))
        query = query.order_by(*order(table, name, is_greatest_first))
        rows = self._rows(query.offset(options.skip).limit(options.top + 1))
        told = self._fitting(entity, rows[: options.top], options)
        token = token_of(rows[len(told) - 1], name) if len(rows) > len(told) and told else None
        return Found(told, token, count)

    def whole(self, entity: Entity, row: Row, options: Options) -> msgspec.Raw:
        """What is told of one row, with what is expanded below it."""
        return self._fitting(entity, [row], options)[0]

    def address(self, entity: Entity, key: str | int) -> str:
        """The address of an entity."""
        said = "'" + key.replace("'", "''") + "'" if isinstance(key, str) else str(key)
        return f"{self._root}/{entity.name}({said})"

    def properties(self, entity: Entity, row: Row) -> dict[str, Any]:
        """What of a row is told of itself."""
        return {"@iot.id": row["id"], SELF_LINK: self.address(entity, row["id"]), **entity.told(row)}

    def _fitting(self, entity: Entity, rows: Sequence[Row], options: Options) -> list[msgspec.Raw]:
        """What is told of rows, of as many of them, from the first on, as one answer holds with what is below them.

        A list below is cut, and leads on; where that does not suffice, fewer rows are told.
        """
        before = self._allowance
        while True:
            self._allowance, self._levels_left = copy(before), _levels(options)
            try:
                return self._first(entity, rows, options)
            except TooMuch:
                if len(rows) <= 1:
                    raise
            rows = rows[: len(rows) // FEWER or 1]

    def _first(self, entity: Entity, rows: Sequence[Row], options: Options) -> list[msgspec.Raw]:
        size, found = 0, list[msgspec.Raw]()
        for one in self._told(entity, rows, [1] * len(rows), options):
            size += len(one)
            if size > budgets.current().list_bytes and found:
                break
            check_size(size, entity.name)
            found.append(msgspec.Raw(one))
        return found

    def _told(self, entity: Entity, rows: Sequence[Row], times: Sequence[int], options: Options) -> Iterator[bytes]:
        """What is told of rows: their properties, links to others, and what is expanded; each encoded once, however
        many ``times`` it is written.
        """
        patience.check()
        self._allowance.write(sum(times), entity.name)
        below = {name: self._below(entity.links[name], rows, times, one) for name, one in options.expand.items()}
        for row in rows:
            yield msgspec.json.encode(self._entity(entity, row, options, below))

    def _entity(self, entity: Entity, row: Row, options: Options, below: Mapping[str, Below]) -> dict[str, Any]:
        here = self.address(entity, row["id"])
        found = self.properties(entity, row)
        if options.select is not None:
            chosen = {{"id": "@iot.id"}.get(name, name) for name in options.select}
            known = {*found, *entity.links}
            for name in chosen - known:
                raise Problem(400, "bad parameter", f"$select {name[:40]!r} is not one of {', '.join(sorted(known))}")
            found = {name: one for name, one in found.items() if name in chosen}
        for name, link in entity.links.items():
            if name in below:
                found |= _named(below[name], row[link.own], name, link, here)
            elif options.select is None or name in options.select:
                found[f"{name}@iot.navigationLink"] = f"{here}/{name}"
        return found

    def _below(self, link: Link, rows: Iterable[Row], times: Iterable[int], options: Options) -> Below:
        """What stands below rows along a link, read once for all of them: one question for each level."""
        entity, often = SETS[link.to], Counter[Any]()
        for row, number in zip(rows, times, strict=True):
            often[row[link.own]] += number
        most = self._most(options, often.total())
        self._levels_left -= 1
        values = list(often)
        if not values:
            return {}
        if entity.rows is None:
            grouped, counts, most = self._observed_below(link, values, options, most)
        else:
            grouped, counts = self._rows_below(entity, link, values, options, most)
        shown = {value: found[:most] for value, found in grouped.items()}
        flat = [(row, often[value]) for value, found in shown.items() for row in found]
        told = iter(self._kept(entity, flat, options))
        return {
            value: Group(
                [next(told) for _ in found],
                _rest(entity, found[-1], options) if found and len(grouped[value]) > len(found) else None,
                counts.get(value, 0) if options.count else None,
            )
            for value, found in shown.items()
        }

    def _most(self, options: Options, times: int) -> int:
        """How many may stand below each, so that there is room for those of the levels that are not read yet."""
        share = self._allowance.entities // max(1, self._levels_left)
        return min(options.top, max(1, share // max(1, times)))

    def _kept(self, entity: Entity, rows: Sequence[tuple[Row, int]], options: Options) -> list[msgspec.Raw]:
        size, found = 0, list[msgspec.Raw]()
        for one in self._told(entity, [row for row, _ in rows], [number for _, number in rows], options):
            size += len(one)
            check_size(size, entity.name)
            found.append(msgspec.Raw(one))
        return found

    def _rows_below(
        self, entity: Entity, link: Link, values: list[Any], options: Options, most: int
    ) -> tuple[dict[Any, list[Row]], dict[Any, int]]:
        assert entity.rows is not None  # noqa: S101 - asked by who knows
        table = entity.rows(self._community).subquery()
        query = select(table).where(table.c[link.other].in_(values))
        if options.filter is not None:
            query = query.where(clause(entity, table, self._community, options.filter))
        counts = self._counts(query, link.other) if options.count else {}
        sorted_ = order(table, *(options.order or ("id", False)))
        rank = func.row_number().over(partition_by=table.c[link.other], order_by=sorted_).label("rank_")
        ranked = query.add_columns(rank).subquery()
        first = ranked.c.rank_.between(options.skip + 1, options.skip + most + 1)
        grouped: dict[Any, list[Row]] = {value: [] for value in values}
        for row in self._rows(select(ranked).where(first).order_by(ranked.c.rank_)):
            grouped[row[link.other]].append(row)
        return grouped, counts

    def _observed_below(
        self, link: Link, values: list[Any], options: Options, most: int
    ) -> tuple[dict[Any, list[Row]], dict[Any, int], int]:
        """As `_rows_below`, with how many may stand below each: as far as so many readings may be looked at."""
        within = observed.window(options.filter)
        series = self._series("id" if link.other == "datastream" else "device", values, within.series)
        each = self._allowance.readings // max(1, len(series))
        most = min(most, max(1, each - options.skip - 1 - observed.READINGS_A_SERIES))
        self._allowance.look(len(series) * (options.skip + most + 1 + observed.READINGS_A_SERIES))
        of_each = observed.of_each(self._connection, series, options, within, most)
        of_series = observed.counts(self._connection, series, within) if options.count else {}
        grouped: dict[Any, list[Row]] = {value: [] for value in values}
        counts: dict[Any, int] = dict.fromkeys(values, 0)
        for one in series:
            value = one["id"] if link.other == "datastream" else one["device"]
            grouped[value] += of_each[one["id"]]
            counts[value] += of_series.get(one["id"], 0)
        return {value: found[options.skip :] for value, found in grouped.items()}, counts, most

    def _observations(self, entity: Entity, through: Through | None, options: Options) -> Found:
        within = observed.window(options.filter)
        if through is not None and through.column == "datastream":
            series = self._series("id", [through.value], within.series)
        else:
            begun = None if options.token is None else observed.key(options.token)
            devices = None if through is None else [through.value]
            series = self._series("device", devices, within.series, since=0 if begun is None else begun[0])
        if options.count and len(series) > 1:
            raise Problem(400, "bad parameter", "$count: of the Observations of one Datastream only")
        count = sum(observed.counts(self._connection, series, within).values()) if options.count else None
        page = observed.page(self._connection, series, options, within, self._allowance)
        told = self._fitting(entity, page.rows, options)
        if len(told) < len(page.rows):
            return Found(told, page.rows[len(told) - 1]["id"], count)
        token = page.token
        if token is None and through is None and len(series) == SERIES_A_PAGE:
            token = observed.behind(series[-1]["id"], options)
        return Found(told, token, count)

    def _series(self, column: str, values: list[Any] | None, only: int | None, since: int = 0) -> list[Row]:
        """Rows of the Datastreams, by number, from one on."""
        rows = SETS["Datastreams"].rows
        assert rows is not None  # noqa: S101 - a row of the table
        table = rows(self._community).subquery()
        query = select(table).where(table.c.id >= since).order_by(table.c.id)
        query = query.limit(SERIES_A_PAGE) if values is None else query.where(table.c[column].in_(values))
        return self._rows(query if only is None else query.where(table.c.id == only))

    def _observation(self, key: str, through: Through | None) -> Row | None:
        number = observed.key(key)
        series = [] if number is None else self._series("id", [number[0]], None)
        found = observed.one(self._connection, series[0], number[1]) if number and series else None
        if found is not None and through is not None and found[through.column] != through.value:
            return None
        return found

    def _rows(self, query: Select[Any]) -> list[Row]:
        return [dict(row) for row in self._connection.execute(query).mappings()]

    def _count(self, query: Select[Any]) -> int:
        return self._connection.scalar(select(func.count()).select_from(query.subquery())) or 0

    def _counts(self, query: Select[Any], column: str) -> dict[Any, int]:
        of = query.subquery()
        rows = self._connection.execute(select(of.c[column], func.count()).group_by(of.c[column]))
        return {value: n for value, n in rows}  # noqa: C416 - rows are no pairs to mypy


def _levels(options: Options) -> int:
    """How many levels are expanded in all."""
    return sum(1 + _levels(one) for one in options.expand.values())


def _rest(entity: Entity, last: Row, options: Options) -> str:
    """How the address goes on of what follows the last row that is told below another."""
    token = last["id"] if entity.rows is None else token_of(last, (options.order or ("id", False))[0])
    return urlencode([("$top", options.top), ("$skiptoken", token), *options.said])


def _named(below: Below, value: Any, name: str, link: Link, here: str) -> dict[str, Any]:
    """What is expanded, as it stands in the entity above."""
    group = below.get(value, Group([]))
    if not link.is_many:
        return {name: group.told[0]} if group.told else {}
    found: dict[str, Any] = {name: group.told}
    if group.number is not None:
        found[f"{name}@iot.count"] = group.number
    if group.rest is not None:
        found[f"{name}@iot.nextLink"] = f"{here}/{name}?{group.rest}"
    return found
