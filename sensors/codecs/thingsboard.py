"""JSON as ThingsBoard devices send it: ``{"ts", "values"}``, a list of such, or the bare values."""

from typing import Any

from sensors.codecs.declare import JsonCodec
from sensors.codecs.sample import Sample, type_name, values_of
from sensors.jsonin import instant_of, position_of
from sensors.refusal import Reason, Refused
from store.instant import Instant

POSITION_KEYS = frozenset({"lon", "lat", "crs"})


def _recognises(content: Any) -> bool:
    return isinstance(content, dict | list)


def _read(content: Any, arrived: Instant, _device: str) -> list[Sample]:
    if isinstance(content, list):
        return [_timed(item, arrived, f"[{i}]") for i, item in enumerate(content)]
    if not isinstance(content, dict):
        raise Refused(Reason.WRONG_SHAPE, f"expected an object or a list, got {type_name(content)}")
    if "values" in content or "ts" in content:
        return [_timed(content, arrived, "")]
    return [_sample(content, content, None, arrived, "")]


def _timed(item: object, arrived: Instant, where: str) -> Sample:
    if not isinstance(item, dict):
        raise Refused(Reason.WRONG_SHAPE, f"{where or 'message'}: expected an object, got {type_name(item)}")
    if "values" not in item:
        what = '"values" is missing: what was measured goes into {"ts": ..., "values": {...}}'
        raise Refused(Reason.WRONG_SHAPE, f"{where}: {what}".lstrip(": "))
    values = item["values"]
    if not isinstance(values, dict):
        what = f'{where}: "values" must be an object, got {type_name(values)}'
        raise Refused(Reason.WRONG_SHAPE, what.lstrip(": "))
    ts = instant_of(item["ts"], arrived, f"{where}ts") if "ts" in item else None
    return _sample(values, item if "lon" in item or "lat" in item else values, ts, arrived, where)


def _sample(
    values: dict[str, Any], placed: dict[str, Any], declared: Instant | None, arrived: Instant, where: str
) -> Sample:
    ts, by_us = (arrived, True) if declared is None else (declared, False)
    position = position_of(placed, where) if "lon" in placed or "lat" in placed else None
    if POSITION_KEYS.isdisjoint(values):
        return Sample(ts, values_of(values.items(), where), position, by_us=by_us)
    fields = ((name, value) for name, value in values.items() if name not in POSITION_KEYS)
    return Sample(ts, values_of(fields, where), position, by_us=by_us)


CODEC = JsonCodec(
    code="json",
    name="通用 JSON",
    name_en="JSON as ThingsBoard devices send it",
    order=100,
    recognises=_recognises,
    read=_read,
)
