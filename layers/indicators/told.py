"""Indicators and their figures as the API tells them: both languages side by side, times in RFC 3339."""

from typing import Any

from geo.ground import places
from layers.indicators import declare
from layers.indicators.declare import Indicator, factors
from layers.indicators.figures import Figure, Point
from layers.indicators.periods import NAMES
from layers.scenes import scenes
from store.instant import format_rfc3339, local_date
from store.language import in_all


def scene_words(code: str) -> dict[str, Any]:
    """A scene by its code and words."""
    return {"code": code, **in_all("name", scenes()[code])}


def about_scene(code: str, community: str) -> dict[str, Any]:
    """What is said of a scene: whether the source article mentions it, and its labels in a community."""
    found = declare.scene(code)
    labels = [one for one in found.labels if not one.communities or community in one.communities]
    return scene_words(code) | {
        "mentioned": found.mentioned,
        "labels": [{**in_all("text", one, "text"), **in_all("about", one, "about")} for one in labels],
        "facilities": [
            {"code": one.code, **in_all("name", one), "lon": one.label[0], "lat": one.label[1]}
            for one in places(community, "facilities")
            if one.kind in found.facilities
        ],
    }


def definition(one: Indicator) -> dict[str, Any]:
    """An indicator as it is declared."""
    factor = factors().get(one.factor)
    return {
        "code": one.code,
        "scene": one.scene,
        **in_all("name", one),
        **in_all("unit", one, "unit"),
        "period": one.period,
        **in_all("period_name", NAMES[one.period]),
        "better": one.better or None,
        "sees": one.sees,
        "digits": one.digits,
        "kind": one.kind,
        "formula": one.formula,
        **in_all("about", one, "about"),
        "factor": None
        if factor is None
        else {
            "code": one.factor,
            "value": factor.factor,
            "year": factor.year,
            **in_all("name", factor),
            **in_all("source", factor, "source"),
        },
        "baseline": None
        if one.baseline is None
        else {"value": one.baseline.value, "year": one.baseline.year, **in_all("words", one.baseline, "words")},
    }


def figure(found: Figure) -> dict[str, Any]:
    """A figure with its definition; ``rows`` is the address of what makes it, ``page`` a page that shows that."""
    return definition(found.of) | {
        "value": found.value,
        "target": found.target,
        "share": None if found.share is None else round(found.share, 4),
        "from": None if found.span is None else format_rfc3339(found.span.since),
        "to": None if found.span is None else format_rfc3339(found.span.until),
        "as_of": format_rfc3339(found.as_of),
        "source": found.source.name_en,
        **in_all("source_name", found.source),
        "replayed": found.is_replayed,
        "demo": found.is_invented,
        "rows": found.rows.api,
        "page": found.rows.page,
        "trend": [point(one) for one in found.trend],
        "areas": dict(found.areas),
        "by_area": found.has_areas,
    }


def point(one: Point) -> dict[str, Any]:
    """A point of a curve: the first day of its period, and the value."""
    return {"from": format_rfc3339(one.span.since), "day": local_date(one.span.since).isoformat(), "value": one.value}


def entry(row: Any) -> dict[str, Any]:
    """A value that somebody entered."""
    return {
        "id": row.id,
        "date": local_date(row.day).isoformat(),
        "value": row.value,
        "source": row.source,
        "note": row.note,
        "at": format_rfc3339(row.at),
        "by": row.actor,
    }


def target(row: Any) -> dict[str, Any]:
    """A target that somebody set."""
    told = {"from": local_date(row.day).isoformat(), "value": row.value, "reason": row.reason}
    return told | {"at": format_rfc3339(row.at), "by": row.actor}


def version(row: Any) -> dict[str, Any]:
    """A version of an indicator that somebody added."""
    return {"seq": row.seq, "at": format_rfc3339(row.at), "by": row.actor, "reason": row.reason}
