"""What the indicators of the nine scenes tell in reports."""

from collections.abc import Mapping

from sqlalchemy import Connection

from layers import scenes as known
from layers.indicators import figures
from layers.sections import Asked, Part, Row, Told, parts_of, word
from store.language import Word


def sections() -> Mapping[str, Part]:
    """The section of the indicators."""
    return parts_of("layers.indicators", {"scenes": scenes})


def scenes(connection: Connection, asked: Asked) -> Told:
    """Each indicator of each scene as everybody may be told it, at the end of the period."""
    rows: list[Row] = []
    told = reached = 0
    for code, scene in known.scenes().items():
        for one in figures.scene(connection, asked.community, code, asked.until - 1):
            share = one.share
            told += one.value is not None
            reached += share is not None and _is_reached(one.of.better, share)
            rows.append(
                {
                    "scene": word(scene),
                    "indicator": word(one.of),
                    "value": Word(*one.source) if one.value is None else round(one.value, one.of.digits),
                    "unit": Word(one.of.unit, one.of.unit_en or one.of.unit),
                    "target": one.target,
                    "share": share,
                    "source": None if one.value is None else word(one.source),
                }
            )
    return Told(
        figures={"told": told, "missing": len(rows) - told, "reached": reached},
        tables={"indicators": rows},
    )


def _is_reached(better: str, share: float) -> bool:
    return share <= 1 if better == "less" else share >= 1
