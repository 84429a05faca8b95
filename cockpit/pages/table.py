"""A table of many rows, drawn as far as it is seen: what the pages' tables have in common."""

from collections.abc import Sequence
from typing import Any

import dash_ag_grid as ag
from dash import html

from store.language import marked, say

HEARD = {
    "loadingOoo": marked("正在读取"),
    "ariaSortableColumn": marked("按回车排序"),
    "ariaFilterColumn": marked("按 Ctrl 加回车打开筛选"),
    "ariaMenuColumn": marked("按 Alt 加向下箭头打开列菜单"),
    "ariaColumnFiltered": marked("此列已筛选"),
    "ariaRowSelect": marked("按空格选中此行"),
    "ariaRowDeselect": marked("按空格取消选中此行"),
    "ariaRowToggleSelection": marked("按空格选中或取消此行"),
    "ariaRowSelectAll": marked("按空格选中或取消全部"),
    "ariaChecked": marked("已选中"),
    "ariaUnchecked": marked("未选中"),
    "ariaIndeterminate": marked("选中了一部分"),
}
"""What the grid says by itself, most of it to who listens."""
BLOCK, BLOCKS_KEPT = 100, 10
"""Rows that are asked for at once, and how many such blocks a page keeps."""


def table(name: str, columns: Sequence[dict[str, Any]], none: str, height: str) -> Any:
    """A table by the name of its columns; ``none`` is said where there are no rows, ``height`` is CSS.

    A script puts all rows in: until it has them nobody is told that there are none. A row is known by its ``id``. Tab
    goes along the heads, to a cell and out of the table, arrows go from cell to cell, Enter follows a cell's link
    (assets/js/60-cells.js).
    """
    worded = [column | {"headerName": say(column["headerName"])} for column in columns]
    return ag.AgGrid(
        id=name,
        **_drawn(worded, none, height, is_filtered=name == "devices-table"),
        getRowId="params.data.id",
    )


def nothing(what: str, next_: str) -> Any:
    """What stands where there is no row: what would stand there, and what to do for it (``cockpit.nothing``)."""
    told = [html.Span(what, className="what"), " ", html.Span(next_, className="next")]
    return html.P(told, className="nothing")


def endless(name: str, columns: Sequence[dict[str, Any]], none: str, height: str) -> Any:
    """The same of rows that a script asks the server for, as far as they are seen; heads are in words already."""
    return ag.AgGrid(
        id=name,
        rowModelType="infinite",
        **_drawn(columns, none, height, cacheBlockSize=BLOCK, maxBlocksInCache=BLOCKS_KEPT, infiniteInitialRowCount=1),
    )


def _drawn(
    columns: Sequence[dict[str, Any]], none: str, height: str, *, is_filtered: bool = False, **more: Any
) -> dict[str, Any]:
    return {
        "columnDefs": list(columns),
        "defaultColDef": {"sortable": True, "resizable": True, "filter": is_filtered, "cellRenderer": "Whole"},
        "dashGridOptions": {
            "localeText": {"noRowsToShow": none} | {name: say(words) for name, words in HEARD.items()},
            "animateRows": False,
            "tabToNextCell": {"function": "leave(params)"},
            **more,
        },
        "style": {"height": height, "minHeight": "360px", "width": "100%"},
    }
