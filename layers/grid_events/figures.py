"""How well events are handled over a period. docs/figures.md gives each formula; GB/T 30428.4-2016 names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection, Select, case, func, select

from geo.ground import places
from layers.grid_events.rows import stood
from layers.grid_events.rules import categories, open_states, states
from layers.grid_events.tables import grid_event, grid_event_transition
from store.demonstration import brought
from store.instant import DAY, HOUR, Instant
from store.language import Word, in_all, marked

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
_MILESTONES = ("filed", "dispatched", "handled", "sent_back", "closed")
AGES = {"under_1_day": (0, 1), "1_to_3_days": (1, 3), "3_to_7_days": (3, 7), "over_7_days": (7, np.inf)}
RATE_NAMES = {
    "filing_rate": marked("立案率"),
    "handling_rate": marked("处置率"),
    "on_time_handling_rate": marked("按期处置率"),
    "closing_rate": marked("结案率"),
    "on_time_closing_rate": marked("按期结案率"),
    "sent_back_rate": marked("返工率"),
}
STAGE_NAMES = {
    "to_filed": marked("上报 → 立案"),
    "to_dispatched": marked("立案 → 派遣"),
    "to_handled": marked("派遣 → 反馈"),
    "to_closed": marked("反馈 → 结案"),
}
AGE_NAMES = {
    "under_1_day": marked("1 天内"),
    "1_to_3_days": marked("1–3 天"),
    "3_to_7_days": marked("3–7 天"),
    "over_7_days": marked("7 天以上"),
}
BY_NAMES = {
    "area": marked("片区"),
    "grid": marked("网格¦一格"),
    "category": marked("类别"),
    "steward": marked("网格员¦一人"),
}
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

    table = _events(connection, community, period, by)
    event = grid_event.c
    reported = (event.community == community, event.received >= period.since, event.received < period.until)
    answer: dict[str, Any] = {"total": _summary(table, period), "demo": brought(connection, grid_event, *reported)}
    if by is not None:
        names = _names(community, by)
        grouped = table.groupby(BY[by], dropna=False)
        answer["groups"] = [
            {"code": code} | in_all("name", names.get(code or "", code and Word(code, code))) | _summary(group, period)
            for code, group in ((None if pd.isna(key) else str(key), group) for key, group in grouped)
        ]
    return answer


def _events(connection: Connection, community: str, period: Period, by: str | None) -> pd.DataFrame:
    """A row an event: the first time in each state, whether it was on time, how it stands at the end.

    The database makes a row an event of its steps, so that what is handed over is not all that ever happened.
    """
    import pandas as pd

    event, step = grid_event.c, grid_event_transition.c
    stepped = step.action.is_(None)
    times = [
        func.min(case((stepped & (step.state == state), step.at))).label(state) for state in ("reported", *_MILESTONES)
    ]
    # The newest step and its state as one number, of which the database finds the greatest in the same pass.
    codes = list(states())
    newest = step.seq * len(codes) + case({code: number for number, code in enumerate(codes)}, value=step.state)
    query = _steps(community, period, event.area, event.grid, event.category, *times)
    query = query.add_columns(func.max(newest).label("newest"), func.max(step.rating).label("rating"))
    table = _frame(connection, query.group_by(event.id))
    table["state"] = np.array(codes, dtype=object)[table["newest"].astype(int) % len(codes)]
    # Voided as no matter at all, or as another's double: not counted.
    table = table[table["state"] != "void"].copy()
    numbers = ["reported", *_MILESTONES, "rating"]
    table[numbers] = table[numbers].astype(float)
    late = connection.execute(_late(community, period)).all()
    late_handled = {row.id for row in late if row.state == "handled"}
    table["handled_on_time"] = table["handled"].where(~table.index.isin(late_handled))
    table["closed_on_time"] = table["closed"].where(~table.index.isin({row.id for row in late}))
    if by == "steward":
        given = _steps(community, period, step.assignee).where(step.assignee.is_not(None))
        found = connection.execute(given.order_by(event.id, step.seq))
        table["assignee"] = pd.Series(dict(map(tuple, found)), dtype=object).reindex(table.index)
    return table


def _steps(community: str, period: Period, *columns: Any) -> Select[Any]:
    """Select of the steps of the period's events."""
    event, step = grid_event.c, grid_event_transition.c
    query = select(event.id, *columns).join(grid_event_transition, step.event_id == event.id)
    reported = (event.received >= period.since) & (event.received < period.until)
    # No step is older than the report: that lets the database look at the period's steps only.
    # What was taken back by then did not happen.
    found = query.where(event.community == community, reported, step.at >= period.since, step.at < period.until)
    return found.where(stood(period.until))


def _late(community: str, period: Period) -> Select[Any]:
    """Select of the steps that were made after what they ended was due."""
    step, before = grid_event_transition.c, grid_event_transition.alias("before")
    query = _steps(community, period, step.state)
    query = query.join(before, (before.c.event_id == step.event_id) & (before.c.seq == step.seq - 1))
    is_end = step.action.is_(None) & step.state.in_(("handled", "closed"))
    return query.where(is_end, before.c.due < step.at)


def _frame(connection: Connection, query: Select[Any]) -> pd.DataFrame:
    import pandas as pd

    found = connection.execute(query)
    names = list(found.keys())
    return pd.DataFrame.from_records([tuple(row) for row in found], columns=names, index="id")


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


def _names(community: str, by: str) -> dict[str, Any]:
    """The rows that hold the words of the groups."""
    if by == "category":
        return dict(categories())
    if by in ("area", "grid"):
        return {place.code: place for place in places(community, f"{by}s")}
    return {}
