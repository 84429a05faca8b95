"""How well events are handled over a period. docs/figures.md gives each formula; GB/T 30428.4-2016 names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection, select

from geo.ground import places
from layers.grid_events.rules import categories, open_states
from layers.grid_events.tables import grid_event, grid_event_transition
from store.instant import DAY, HOUR, Instant

if TYPE_CHECKING:
    # Read when somebody asks for figures: a start need not wait for it.
    import pandas as pd

RATES = {
    "filing_rate": ("filed", "reported"),
    "handling_rate": ("handled", "filed"),
    "on_time_handling_rate": ("handled_on_time", "handled"),
    "closing_rate": ("closed", "filed"),
    "on_time_closing_rate": ("closed_on_time", "closed"),
    "sent_back_rate": ("sent_back", "handled"),
}
"""figure -> (what is counted, of what)."""
STAGES = {
    "to_filed": ("reported", "filed"),
    "to_dispatched": ("filed", "dispatched"),
    "to_handled": ("dispatched", "handled"),
    "to_closed": ("handled", "closed"),
}
"""figure -> (first time in a state, first time in a later one)."""
AGES = {"under_1_day": (0, 1), "1_to_3_days": (1, 3), "3_to_7_days": (3, 7), "over_7_days": (7, np.inf)}
RATE_NAMES = {
    "filing_rate": "立案率",
    "handling_rate": "处置率",
    "on_time_handling_rate": "按期处置率",
    "closing_rate": "结案率",
    "on_time_closing_rate": "按期结案率",
    "sent_back_rate": "返工率",
}
STAGE_NAMES = {
    "to_filed": "上报 → 立案",
    "to_dispatched": "立案 → 派遣",
    "to_handled": "派遣 → 反馈",
    "to_closed": "反馈 → 结案",
}
AGE_NAMES = {"under_1_day": "1 天内", "1_to_3_days": "1–3 天", "3_to_7_days": "3–7 天", "over_7_days": "7 天以上"}
BY_NAMES = {"area": "片区", "grid": "网格", "category": "类别", "steward": "网格员"}
BY = {"area": "area", "grid": "grid", "category": "category", "steward": "assignee"}


@dataclass(frozen=True)
class Period:
    """From a moment until before another; what happened later is not looked at."""

    since: Instant
    until: Instant


def figures(connection: Connection, community: str, period: Period, by: str | None) -> dict[str, Any]:
    """The figures of all events that were reported in a period, and of each group of them.

    ``by`` is a key of `BY`. A rate of nothing is None, not 0.
    """
    import pandas as pd

    table = _events(_history(connection, community, period))
    answer: dict[str, Any] = {"total": _summary(table, period)}
    if by is not None:
        names = _names(community, by)
        grouped = table.groupby(BY[by], dropna=False)
        answer["groups"] = [
            {"code": code, "name": names.get(code or "", code)} | _summary(group, period)
            for code, group in ((None if pd.isna(key) else str(key), group) for key, group in grouped)
        ]
    return answer


def _history(connection: Connection, community: str, period: Period) -> pd.DataFrame:
    """A row a step, in their order."""
    import pandas as pd

    event, step = grid_event.c, grid_event_transition.c
    columns = [event.id, event.area, event.grid, event.category, step.seq, step.state, step.at, step.due]
    query = (
        select(*columns, step.assignee, step.rating, step.action)
        .join(grid_event, event.id == step.event_id)
        .where(
            event.community == community,
            event.received >= period.since,
            event.received < period.until,
            step.at < period.until,
        )
        .order_by(event.id, step.seq)
    )
    found = connection.execute(query)
    return pd.DataFrame(found.fetchall(), columns=list(found.keys()))


def _events(history: pd.DataFrame) -> pd.DataFrame:
    """A row an event: the first time in each state, whether it was on time, how it stands at the end."""
    known = history.groupby("id", sort=False)
    table = known[["area", "grid", "category"]].first()
    table[["state", "assignee"]] = known[["state", "assignee"]].last()
    # Voided as no matter at all, or as another's double: not counted.
    history = history[~history["id"].isin(table.index[table["state"] == "void"])]
    table = table[table["state"] != "void"].copy()
    due_before = history.groupby("id")["due"].shift()
    late = (due_before < history["at"]) & history["action"].isna()
    history = history.assign(late=late)
    steps = history[history["action"].isna()]
    for state in ("reported", "filed", "dispatched", "handled", "sent_back", "closed"):
        table[state] = steps[steps["state"] == state].groupby("id")["at"].first().reindex(table.index)
    late_handled = steps[(steps["state"] == "handled") & steps["late"]].groupby("id").size()
    late_closed = steps[(steps["state"] == "closed") & steps["late"]].groupby("id").size()
    is_late = table.index.isin(late_handled.index)
    table["handled_on_time"] = table["handled"].where(~is_late)
    table["closed_on_time"] = table["closed"].where(~is_late & ~table.index.isin(late_closed.index))
    table["rating"] = history.groupby("id")["rating"].last().reindex(table.index)
    return table


def _summary(table: pd.DataFrame, period: Period) -> dict[str, Any]:
    reported = len(table)
    counts = {name: int(table[name].notna().sum()) for name in ("filed", "handled", "closed", "sent_back")}
    counts |= {name: int(table[name].notna().sum()) for name in ("handled_on_time", "closed_on_time")}
    counts["reported"] = reported
    rates = {name: _rate(counts[part], counts[whole]) for name, (part, whole) in RATES.items()}
    stages = {name: _hours(table[end] - table[begin]) for name, (begin, end) in STAGES.items()}
    is_open = table["state"].isin(open_states())
    ages = (period.until - table.loc[is_open, "reported"]).to_numpy(float) / DAY
    ratings = table["rating"].dropna()
    return {
        "counts": counts,
        "rates": rates,
        "hours": stages,
        "satisfaction": None if ratings.empty else round(float(ratings.mean()), 2),
        "rated": len(ratings),
        "backlog": int(is_open.sum()),
        "ageing": {name: int(((ages >= low) & (ages < high)).sum()) for name, (low, high) in AGES.items()},
    }


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _hours(spans: pd.Series) -> dict[str, float | int | None]:
    found = spans.dropna().to_numpy(float) / HOUR
    if not len(found):
        return {"n": 0, "mean": None, "p90": None}
    return {"n": len(found), "mean": round(float(found.mean()), 3), "p90": round(float(np.percentile(found, 90)), 3)}


def _names(community: str, by: str) -> dict[str, str]:
    if by == "category":
        return {code: row.name for code, row in categories().items()}
    if by in ("area", "grid"):
        return {place.code: place.name for place in places(community, f"{by}s")}
    return {}
