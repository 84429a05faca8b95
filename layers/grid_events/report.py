"""A report of a grid event, as MQTT ``event`` and ``POST .../events`` bring it."""

from dataclasses import dataclass
from typing import Any

from geo.crs import to_cgcs2000
from layers import texts
from layers.grid_events.rules import OTHER, SEVERITIES, categories
from sensors.jsonin import NUL, decode, instant_of, position_of
from sensors.refusal import Reason, Refused
from store.instant import Instant

LIMITS = {"id": 128, "category": 64, "severity": 16, "title": 200, "detail": 4000}
LONGEST_REF = 32


@dataclass(frozen=True, slots=True)
class Report:
    """A checked report. ``lon`` and ``lat`` are CGCS2000; ``category_reported`` is kept where it is unknown.

    ``origin`` is what a person opens the event for: its kind and id. ``title_en`` and ``detail_en`` are the same in
    English where it was made of words that are known in every language, by an alarm.
    """

    reference: str
    category: str
    category_reported: str | None
    severity: str
    title: str
    detail: str
    lon: float | None
    lat: float | None
    occurred: Instant
    received: Instant
    origin: tuple[str, str] | None = None
    title_en: str | None = None
    detail_en: str | None = None


def read(payload: bytes, received: Instant) -> Report:
    """Read a report.

    Raises
    ------
    Refused
        If it is not JSON, lacks id or title, or a member is of the wrong kind.
    """
    content = decode(payload)
    if not isinstance(content, dict):
        raise Refused(Reason.WRONG_SHAPE, "an event is a JSON object")
    given = {name: _text(content, name) for name in LIMITS}
    severity = given["severity"]
    if severity and severity not in SEVERITIES:
        raise Refused(Reason.WRONG_SHAPE, f"severity {severity!r} is not one of {', '.join(SEVERITIES)}")
    for name in ("id", "title"):
        if not given[name].strip():
            raise Refused(Reason.WRONG_SHAPE, f"{name} is missing")
    category = given["category"] or OTHER
    known = category in categories()
    position = position_of(content)
    lon, lat = to_cgcs2000(*position) if position else (None, None)
    return Report(
        reference=given["id"],
        category=category if known else OTHER,
        category_reported=None if known else category,
        severity=severity or categories()[category if known else OTHER].severity,
        title=given["title"],
        detail=given["detail"],
        lon=lon,
        lat=lat,
        occurred=instant_of(content["ts"], received) if content.get("ts") is not None else received,
        received=received,
        origin=_origin(content.get("origin")),
    )


def _origin(given: Any) -> tuple[str, str] | None:
    if given is None:
        return None
    match given:
        case {"alarm": str(ref)} if len(given) == 1 and 0 < len(ref) <= LONGEST_REF and texts.cleaned(ref) == ref:
            return "alarm", ref
    raise Refused(Reason.WRONG_SHAPE, 'origin is {"alarm": id}')


def _text(content: dict[str, Any], name: str) -> str:
    value = content.get(name)
    if value is None:
        return ""
    if name == "id" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise Refused(Reason.WRONG_SHAPE, f"{name} must be text")
    if NUL in value:
        raise Refused(Reason.WRONG_SHAPE, f"{name} has a NUL character")
    if len(value) > LIMITS[name]:
        raise Refused(Reason.WRONG_SHAPE, f"{name} has {len(value)} characters; at most {LIMITS[name]}")
    if name == "id":
        # It is only compared, so it is taken as it is, or not at all.
        if texts.cleaned(value) != value:
            raise Refused(Reason.WRONG_SHAPE, "id has control characters, or half a character")
        return value
    return texts.cleaned(value) if name == "detail" else texts.one_line(value)
