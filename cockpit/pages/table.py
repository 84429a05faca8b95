"""A table of many rows, drawn as far as it is seen: what the pages' tables have in common."""

from collections.abc import Sequence
from typing import Any

import dash_ag_grid as ag

from store.language import marked, say

HEARD = {
    "ariaSortableColumn": marked("按回车排序"),
    "ariaFilterColumn": marked("按 Ctrl 加回车打开筛选"),
    "ariaMenuColumn": marked("按 Alt 加向下箭头打开列菜单"),
    "ariaColumnFiltered": marked("此列已筛选"),
}
"""What the grid says to who listens."""
BLOCK, BLOCKS_KEPT = 100, 10
"""Rows that are asked for at once, and how many such blocks a page keeps."""


def table(name: str, columns: Sequence[dict[str, Any]], rows: list[dict[str, Any]], none: str, height: str) -> Any:
    """A table by the name of its columns; ``none`` is said where there are no rows, ``height`` is CSS.

    A row is known by its ``id``. Tab goes along the heads, to a cell and out of the table, arrows go from cell to cell,
    Enter follows a cell's link (assets/js/60-cells.js).
    """
    worded = [column | {"headerName": say(column["headerName"])} for column in columns]
    return ag.AgGrid(
        id=name,
        rowData=rows,
        **_drawn(worded, none, height, is_filtered=name == "devices-table"),
        getRowId="params.data.id",
    )


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
