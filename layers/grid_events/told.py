"""An event in words and numbers: as the API says it, and as the live channel does."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from geo import whereabouts
from geo.ground import place
from layers.grid_events.hands import is_unassigned
from layers.grid_events.ranks import ranks
from layers.grid_events.rules import categories, levels, states
from sensors.replay.sources import source_words
from store.instant import MILLISECOND, format_rfc3339
from store.language import Word, in_all, named, say
from store.revision import FIELD


def category_name(row: Row[Any]) -> str:
    """The category in a word; where what was said is none of ours, what was said beside it."""
    return str(named(category_word(row)))


def category_word(row: Row[Any]) -> Word:
    """The same in every language."""
    known = categories()[row.category]
    if not row.category_reported:
        return Word(known.name, known.name_en)
    said = row.category_reported
    return Word(f"{known.name}（报为 {said}）", f"{known.name_en} (reported as {said})")


def title_word(row: Any) -> Word:
    """What an event is called in every language: one without words of its own by its category, whoever reported it."""
    if row.title_en:
        return Word(row.title, row.title_en)
    known = categories()[row.category]
    is_category = row.title in (known.name, known.name_en)
    return Word(known.name, known.name_en) if is_category else Word(row.title, row.title)


def detail_word(row: Any) -> Word:
    """What was said of an event in every language: a person's words as they are."""
    return Word(row.detail, row.detail_en or row.detail)


def where(row: Row[Any]) -> Word | None:
    """Where it is, in words, as far as that is known."""
    return whereabouts.words(row.community, row.spot, area=row.area)


def properties(row: Row[Any]) -> dict[str, Any]:
    """An event as the API says it; times in RFC 3339."""
    return {
        "id": row.id,
        "reporter": row.reporter,
        "reporter_ref": row.reporter_ref,
        "category": row.category,
        **in_all("category_name", category_word(row)),
        "category_reported": row.category_reported,
        "flag": "unknown_category" if row.category_reported else None,
        "severity": row.severity,
        **in_all("title", title_word(row)),
        **in_all("detail", detail_word(row)),
        "area": row.area,
        **in_all("place", where(row) or whereabouts.NOWHERE),
        "device": row.device,
        "source": row.source,
        "state": row.state,
        **in_all("state_name", states()[row.state]),
        "state_since": format_rfc3339(row.state_since),
        "seq": row.seq,
        "level": row.level,
        **in_all("level_name", levels()[row.level]),
        "grid": row.grid,
        **in_all("grid_name", place(row.community, "grids", row.grid) if row.grid else None),
        "assignee": row.assignee,
        "unassigned": is_unassigned(row.state, row.assignee),
        "rating": row.rating,
        **in_all("department", categories()[row.category], "department"),
        "due": format_rfc3339(row.due) if row.due else None,
        "warn": format_rfc3339(row.warn) if row.warn else None,
        "ts": format_rfc3339(row.occurred),
        "received": format_rfc3339(row.received),
    }


def source_word(source: str | None) -> str:
    """Where an event comes from, for people."""
    return source_words(source) if source else say("上报¦来源")


def record(row: Row[Any], areas: Mapping[str, Any]) -> dict[str, Any]:
    """An event as the live channel tells it, the same for every screen; times in epoch milliseconds."""
    return {
        "id": row.id,
        **in_all("category", category_word(row)),
        "flag": "unknown_category" if row.category_reported else None,
        "severity": row.severity,
        # While it is in time, and once it is late: a screen knows by its own clock which of them holds.
        "ranks": list(ranks(row.severity)),
        **in_all("title", title_word(row)),
        **in_all("area", areas.get(row.area)),
        **in_all("place", where(row) or whereabouts.NOWHERE),
        "lon": row.lon,
        "lat": row.lat,
        "source": row.source,
        "state": row.state,
        **in_all("state_name", states()[row.state]),
        "open": states()[row.state].open,
        "unassigned": is_unassigned(row.state, row.assignee),
        "seq": row.seq,
        FIELD: row.seq,
        "due": row.due // MILLISECOND if row.due else None,
        "warn": row.warn // MILLISECOND if row.warn else None,
        "occurred": row.occurred // MILLISECOND,
        "received": row.received // MILLISECOND,
    }
