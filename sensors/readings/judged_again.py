"""Stored readings judged anew, in the database: by a metric that it turned out they are of, or by none."""

from typing import Any

from sqlalchemy import ColumnElement, case, or_

from sensors.metrics import Kind, Metric
from sensors.quality import Quality

UNKNOWN = int(Quality.UNKNOWN_METRIC)
FAULTS = int(Quality.WRONG_TYPE | Quality.OUT_OF_RANGE)
"""What is wrong with a value by what is known of its metric."""


def as_known(columns: Any, kind: str, metric: Metric) -> ColumnElement[int]:
    """The quality of what was stored as unknown, of this kind, now that it is known what it is."""
    judged = (columns.quality - UNKNOWN).op("|")(fault(columns, kind, metric))
    return case((columns.quality.op("&")(UNKNOWN) != 0, judged), else_=columns.quality)


def as_unknown(columns: Any) -> ColumnElement[int]:
    """The quality of what was stored as known, now that it is not known any more what it is."""
    unknown: ColumnElement[int] = (columns.quality - columns.quality.op("&")(FAULTS)).op("|")(UNKNOWN)
    return unknown


def fault(columns: Any, kind: str, metric: Metric) -> ColumnElement[int]:
    """As `sensors.quality.judge`, of a value that is stored."""
    wrong_type, out_of_range = int(Quality.WRONG_TYPE), int(Quality.OUT_OF_RANGE)
    if metric.kind is Kind.BOOL:
        return case((or_(columns.value.is_(None), columns.value.not_in((0.0, 1.0))), wrong_type), else_=0)
    if kind == Kind.BOOL:
        return case((columns.quality >= 0, wrong_type), else_=0)
    bounds = [columns.value < metric.low] if metric.low is not None else []
    bounds += [columns.value > metric.high] if metric.high is not None else []
    beyond = [(or_(*bounds), out_of_range)] if bounds else []
    return case((columns.value.is_(None), wrong_type), *beyond, else_=0)
