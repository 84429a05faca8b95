"""The sites as a collection of features."""

from collections.abc import Mapping
from typing import Any

from layers import ground_features
from layers.features import described, source_of
from layers.visitors import queries
from store.instant import MILLISECOND, format_rfc3339

ROW = described(__package__)["sites"]
FIGURES = ("inside", "low", "high", "entered_today", "left_today", "capacity", "level")


def _figures(record: Mapping[str, Any]) -> dict[str, Any]:
    as_of = record.get("as_of")
    told = {name: record.get(name) for name in FIGURES}
    told["as_of"] = None if as_of is None else format_rfc3339(as_of * MILLISECOND)
    return told | {"source": source_of(one["source"] for one in record.get("sources") or ())}


COLLECTIONS = (ground_features.collection("sites", ROW, queries.records, _figures),)
