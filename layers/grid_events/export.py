"""Grid events as a table for a spreadsheet: what a list shows, in its order."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import Row

from geo.ground import places
from layers.grid_events.rules import SEVERITIES, categories, levels, states
from layers.grid_events.told import category_name, detail_word, source_word, title_word
from layers.sheets import out
from layers.sheets.out import Column, moment
from store.language import named, say

SORTS = ("severity", "title", "category", "area", "state_name", "due", "assignee", "occurred", "source", "id")
NEVER = 1 << 62
"""Where what has no limit stands among the limits."""
"""The columns of the list that it can be sorted by."""


def ordered(rows: Sequence[Row[Any]], community: str, sorts: Sequence[str]) -> list[Row[Any]]:
    """Rows in the order of a list: by each of `SORTS` in turn, ``-`` before it for the greatest first."""
    areas = _areas(community)
    severities = list(SEVERITIES)
    keys: dict[str, Callable[[Row[Any]], Any]] = {name: attrgetter(name) for name in ("occurred", "id")} | {
        "title": lambda row: named(title_word(row)),
        "severity": lambda row: severities.index(row.severity),
        "category": lambda row: named(categories()[row.category]),
        "area": lambda row: areas.get(row.area, "—"),
        "due": lambda row: row.due or NEVER,
        "assignee": lambda row: row.assignee or "",
        "state_name": lambda row: named(states()[row.state]),
        "source": lambda row: row.source or "",
    }
    found = list(rows)
    for sort in reversed(sorts):
        found.sort(key=keys[sort.removeprefix("-")], reverse=sort.startswith("-"))
    return found


def table(rows: Sequence[Row[Any]], community: str, form: str) -> bytes:
    """The events as a file, in the order of ``rows``."""
    areas = _areas(community)
    grids = {place.code: named(place) for place in places(community, "grids")}
    columns = [
        Column(say("编号"), 18, [row.id for row in rows]),
        Column(say("级别"), 6, [named(SEVERITIES[row.severity]) for row in rows]),
        Column(say("标题"), 36, [named(title_word(row)) for row in rows]),
        Column(say("说明"), 48, [named(detail_word(row)) for row in rows]),
        Column(say("类别"), 12, [category_name(row) for row in rows]),
        Column(say("主办"), 12, [named(categories()[row.category], "department") for row in rows]),
        Column(say("片区"), 12, [areas.get(row.area, "") for row in rows]),
        Column(say("网格"), 12, [grids.get(row.grid, row.grid or "") for row in rows]),
        Column(say("网格编码"), 12, [row.grid or "" for row in rows]),
        Column(say("状态"), 10, [named(states()[row.state]) for row in rows]),
        Column(say("层级"), 10, [named(levels()[row.level]) for row in rows]),
        Column(say("派给"), 12, [row.assignee or "" for row in rows]),
        Column(say("发生"), 20, [moment(row.occurred) for row in rows]),
        Column(say("收到"), 20, [moment(row.received) for row in rows]),
        Column(say("期限"), 20, [moment(row.due) for row in rows]),
        Column(say("评价"), 6, [row.rating for row in rows]),
        Column(say("来源"), 16, [source_word(row.source) for row in rows]),
        Column(say("经度"), 12, [row.lon for row in rows]),
        Column(say("纬度"), 12, [row.lat for row in rows]),
    ]
    return out.table(form, say("网格事件"), columns)


def _areas(community: str) -> dict[str, str]:
    return {place.code: named(place) for place in places(community, "areas")}
