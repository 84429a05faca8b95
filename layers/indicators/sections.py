"""What the indicators of the nine scenes tell in reports."""

from collections.abc import Mapping

from sqlalchemy import Connection

from layers import scenes as known
from layers.indicators import figures
from layers.indicators.declare import formula_of, source_of
from layers.indicators.figures import Figure
from layers.roles import may
from layers.sections import Asked, Part, Row, Told, parts_of, word
from store.language import Word

NOTHING = Word("", "")


def sections() -> Mapping[str, Part]:
    """The section of the indicators."""
    return parts_of("layers.indicators", {"scenes": scenes})


def scenes(connection: Connection, asked: Asked) -> Told:
    """Each indicator of each scene at the end of the period: of people as everybody may be told, else as the report's
    readers."""
    rows: list[Row] = []
    told = reached = 0
    for code, scene in known.scenes().items():
        told_to_all = figures.scene(connection, asked.community, code, asked.until - 1)
        for one in (_printed(connection, asked, figure) for figure in told_to_all):
            share = one.share
            told += one.value is not None
            reached += share is not None and _is_reached(one.of.better, share)
            rows.append(
                {
                    "scene": word(scene),
                    "indicator": word(one.of),
                    "value": _reason(asked, one) if one.value is None else round(one.value, one.of.digits),
                    "unit": NOTHING if one.value is None else Word(one.of.unit, one.of.unit_en or one.of.unit),
                    "target": one.target,
                    "share": share,
                    "source": None if one.value is None else word(one.source),
                }
            )
    return Told(
        figures={"told": told, "missing": len(rows) - told, "reached": reached},
        tables={"indicators": rows},
    )


NOT_PRINTED = Word("统计个人，不印出", "of people, not printed")
HIGHER = Word("仅更高权限可看，不印出", "for a higher role, not printed")


def _printed(connection: Connection, asked: Asked, one: Figure) -> Figure:
    """A figure as it stands on paper: what its readers may see of things, and of people what everybody may be told."""
    if one.source != figures.ROLE or not may(asked.role, one.of.sees) or _is_of_people(asked, one):
        return one
    return figures.figure(connection, asked.community, one.of, asked.until - 1, asked.role, 1)


def _is_of_people(asked: Asked, one: Figure) -> bool:
    source = source_of(one.of.kind)
    return source is not None and source.is_of_people(asked.community, formula_of(one.of))


def _reason(asked: Asked, one: Figure) -> Word:
    """Why a figure is not there."""
    if one.source != figures.ROLE:
        return Word(*one.source)
    return NOT_PRINTED if may(asked.role, one.of.sees) else HIGHER


def _is_reached(better: str, share: float) -> bool:
    return share <= 1 if better == "less" else share >= 1
