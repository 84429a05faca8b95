"""What a feature of a stranger's file is to us: the attributes that we know, and the rest as it came."""

from collections.abc import Iterable, Mapping
from typing import Any

from geo.survey_faults import LIMITS, LayerRule, layer_table, number_of, text_of

STOREY_M = 3.1


def columns_of(names: Iterable[str]) -> dict[str, str]:
    """Our name of a column -> the file's, where it has it under one of the names that we know."""
    lowered = {name.strip().lower(): name for name in reversed(list(names))}
    found = {}
    for ours, theirs in layer_table()["columns"].items():
        match = next((lowered[name] for name in theirs if name in lowered), None)
        if match is not None:
            found[ours] = match
    return found


def attributes(
    record: Mapping[str, Any], columns: Mapping[str, str], rule: LayerRule, parents: Mapping[str, str]
) -> dict[str, Any]:
    """The attributes of a feature without a fault, as `geo.versions.Feature` has them.

    Parameters
    ----------
    columns
        Our name of a column -> the file's.
    parents
        What a feature may name as what it stands in, each with the code that it means.
    """

    def text(ours: str) -> str:
        return text_of(record.get(columns.get(ours, "")))

    def number(ours: str) -> float | None:
        return number_of(record.get(columns.get(ours, "")), *LIMITS[ours])

    code, floors, storey, level, height = (
        text("code"),
        number("floors"),
        number("storey"),
        number("cim_level"),
        number("height"),
    )
    used = set(columns.values())
    return {
        "code": code,
        "name": text("name") or code,
        "name_en": text("name_en") or code,
        "kind": text("kind") or rule.kind,
        "parent": parents.get(text("parent"), text("parent")) or None,
        "cim_level": int(level) if level is not None else rule.cim_level,
        "floors": None if floors is None else round(floors),
        "storey": None if storey is None else round(storey),
        "height": height if height is not None else None if floors is None else STOREY_M * floors,
        "properties": {name: value for name, value in record.items() if name not in used and value is not None},
    }
