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


def table(name: str, columns: Sequence[dict[str, Any]], rows: list[dict[str, Any]], none: str, height: str) -> Any:
    """A table by the name of its columns; ``none`` is said where there are no rows, ``height`` is CSS.

    A row is known by its ``id``. Tab goes along the heads, to a cell and out of the table, arrows go from cell to cell,
    Enter follows a cell's link (assets/js/60-cells.js).
    """
    return ag.AgGrid(
        id=name,
        columnDefs=[column | {"headerName": say(column["headerName"])} for column in columns],
        rowData=rows,
        getRowId="params.data.id",
        defaultColDef={
            "sortable": True,
            "resizable": True,
            "filter": name == "devices-table",
            "cellRenderer": "Whole",
        },
        dashGridOptions={
            "localeText": {"noRowsToShow": none} | {name: say(words) for name, words in HEARD.items()},
            "animateRows": False,
            "tabToNextCell": {"function": "leave(params)"},
        },
        style={"height": height, "minHeight": "360px", "width": "100%"},
    )
