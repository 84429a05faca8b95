"""Grid events as a table for a spreadsheet: CSV or XLSX, with nothing in it that a spreadsheet would run."""

import io
from typing import Any

from sqlalchemy import Row

from geo.ground import places
from layers.grid_events.rules import SEVERITIES, categories, levels, states
from store.instant import SHANGHAI, Instant, to_datetime

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MOST = 50_000
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell must not begin with: a spreadsheet would run it (OWASP, CSV Injection)."""


def table(rows: list[Row[Any]], community: str, form: str) -> bytes:
    """The events as a file; times are those of Asia/Shanghai."""
    import pandas as pd  # a start need not wait for it

    areas = {place.code: place.name for place in places(community, "areas")}
    frame = pd.DataFrame(
        {
            "编号": [row.id for row in rows],
            "级别": [SEVERITIES[row.severity] for row in rows],
            "标题": [harmless(row.title) for row in rows],
            "说明": [harmless(row.detail) for row in rows],
            "类别": [categories()[row.category].name for row in rows],
            "主办": [categories()[row.category].department for row in rows],
            "片区": [areas.get(row.area, "") for row in rows],
            "网格": [harmless(row.grid or "") for row in rows],
            "状态": [states()[row.state].name for row in rows],
            "层级": [levels()[row.level] for row in rows],
            "派给": [harmless(row.assignee or "") for row in rows],
            "发生": [_local(row.occurred) for row in rows],
            "期限": [_local(row.due) for row in rows],
            "评价": [row.rating for row in rows],
            "经度": [row.lon for row in rows],
            "纬度": [row.lat for row in rows],
        }
    )
    kept = io.BytesIO()
    if form == "csv":
        # The mark at the beginning tells spreadsheets that it is UTF-8.
        frame.to_csv(kept, index=False, encoding="utf-8-sig")
    else:
        frame.to_excel(kept, index=False, sheet_name="网格事件")
    return kept.getvalue()


def harmless(text: str) -> str:
    """A text that a spreadsheet shows and does not run."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _local(instant: Instant | None) -> str:
    return "" if instant is None else to_datetime(instant).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
