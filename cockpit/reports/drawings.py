"""What a chart draws, worked out: its parts, labels, ticks; in the language that is spoken, ready for the template."""

import math
from collections.abc import Sequence
from typing import Any

from cockpit.reports import written
from cockpit.reports.gather import Filled
from layers.sections import Chart, Row
from store.language import Word, named

TICKS = 4
BARS_AT_MOST = 14
FEWEST_POINTS = 2
"""A drawing of one day says less than the figure itself."""


def drawings(section: Filled) -> list[dict[str, Any]]:
    """The charts of a section that have something to draw."""
    found = []
    for chart in section.described.charts.values():
        rows = section.told.tables.get(chart.table, [])
        for name, part in _parts(chart, rows):
            drawn = _drawing(section, chart, name, part)
            if drawn is not None:
                found.append(drawn)
    return found


def _parts(chart: Chart, rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    if chart.split is None:
        return [("", list(rows))]
    parted: dict[str, list[Row]] = {}
    for row in rows:
        value = row[chart.split]
        parted.setdefault(written.word(value) if isinstance(value, Word) else str(value), []).append(row)
    return list(parted.items())


def _drawing(section: Filled, chart: Chart, name: str, rows: list[Row]) -> dict[str, Any] | None:
    columns = section.described.tables[chart.table].columns if chart.table in section.described.tables else None
    if columns is None or len(rows) < FEWEST_POINTS:
        return None
    shown = rows[:BARS_AT_MOST] if chart.form == "bars" else rows
    values = {code: [_height(row.get(code)) for row in shown] for code in chart.series}
    limits = [] if chart.limit is None else [_height(row.get(chart.limit)) for row in shown]
    heights = [value for some in values.values() for value in some if value is not None]
    if not any(heights):
        return None
    if chart.form == "stacked":
        heights = [sum(some[place] or 0.0 for some in values.values()) for place in range(len(shown))]
    top, ticks = _scale(max([*heights, *(limit for limit in limits if limit is not None)]))
    return {
        "form": chart.form,
        "title": f"{named(chart)} – {name}" if name else named(chart),
        "labels": [_label(row[chart.of], chart) for row in shown],
        "series": [{"name": named(columns[code]), "values": some} for code, some in values.items()],
        "limits": limits if any(limit is not None for limit in limits) else [],
        "limit_name": named(columns[chart.limit]) if chart.limit else "",
        "top": top,
        "ticks": ticks,
    }


def _height(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _label(value: Any, chart: Chart) -> str:
    if isinstance(value, Word):
        return written.word(value)
    # Of a day the number is enough: the month stands in the head of the page.
    return str(value)[-2:].lstrip("0") if chart.of == "day" else str(value)


def _scale(greatest: float) -> tuple[float, list[dict[str, Any]]]:
    """A round number above the greatest value, and the ticks up to it."""
    step = greatest / TICKS
    size = 10.0 ** math.floor(math.log10(step))
    step = next(size * one for one in (1, 2, 2.5, 5, 10) if size * one >= step * 0.999)
    if greatest >= TICKS:
        step = max(1.0, step)
    count = math.ceil(greatest / step - 1e-9)
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) if step < 1 else 0 if step == int(step) else 1
    return step * count, [{"at": step * n, "text": f"{step * n:,.{digits}f}"} for n in range(count + 1)]
