"""The ``telemetry`` payload: ThingsBoard-style JSON, or a SenML pack."""

from dataclasses import dataclass
from typing import Any

from sensors import senml
from sensors.jsonin import NUL, instant_of, is_finite, position_of
from sensors.jsonin import decode as decode_json
from sensors.refusal import Reason, Refused
from store.instant import Instant

Value = float | int | bool | str

MAX_NAME = 64
MAX_TEXT = 256
MAX_VALUES = 1000
"""Values in one message; 64 KiB hold more only if they are no readings."""

POSITION_KEYS = frozenset({"lon", "lat", "crs"})


@dataclass(frozen=True, slots=True)
class Sample:
    """Values of one moment.

    ``position`` is (lon, lat, declared system) as sent; ``foreign_unit`` names the metrics whose
    declared unit is not ours.
    """

    ts: Instant
    values: dict[str, Value]
    position: tuple[float, float, str] | None = None
    foreign_unit: frozenset[str] = frozenset()


def decode(payload: bytes, arrived: Instant, device: str) -> list[Sample]:
    """Read a telemetry payload.

    Parameters
    ----------
    payload
        UTF-8 JSON of at most 64 KiB.
    arrived
        The time that counts where the payload names none.
    device
        The sender; a SenML name may begin with it.

    Raises
    ------
    Refused
        If it is not JSON, not of a known shape, or carries no finite value.
    """
    content = decode_json(payload)
    if senml.is_pack(content):
        samples = [_from_senml(record) for record in senml.resolve(content, arrived, device)]
    elif isinstance(content, list):
        samples = [_timed(item, arrived, f"[{i}]") for i, item in enumerate(content)]
    elif isinstance(content, dict) and ("values" in content or "ts" in content):
        samples = [_timed(content, arrived, "")]
    elif isinstance(content, dict):
        position = position_of(content)
        samples = [Sample(arrived, _values(_without_position(content), ""), position)]
    else:
        raise Refused(Reason.WRONG_SHAPE, f"expected an object or a list, got {_type(content)}")
    count = sum(len(sample.values) for sample in samples)
    if count == 0:
        raise Refused(Reason.NO_VALUE, "no finite value in the message")
    if count > MAX_VALUES:
        raise Refused(Reason.TOO_LARGE, f"{count} values in one message; at most {MAX_VALUES}")
    return samples


def _timed(item: object, arrived: Instant, where: str) -> Sample:
    if not isinstance(item, dict):
        raise Refused(Reason.WRONG_SHAPE, f"{where or 'message'}: expected an object, got {_type(item)}")
    values = item.get("values")
    if not isinstance(values, dict):
        raise Refused(Reason.WRONG_SHAPE, f'{where}: "values" must be an object, got {_type(values)}'.lstrip(": "))
    position = position_of(item if "lon" in item or "lat" in item else values, where)
    ts = instant_of(item["ts"], arrived, f"{where}ts") if "ts" in item else arrived
    return Sample(ts, _values(_without_position(values), where), position)


def _from_senml(record: senml.Record) -> Sample:
    values = _values({record.name: record.value}, "")
    foreign = frozenset({record.name}) if record.foreign_unit else frozenset()
    return Sample(record.ts, values, None, foreign)


def _without_position(fields: dict[str, Any]) -> dict[str, Any]:
    if POSITION_KEYS.isdisjoint(fields):
        return fields
    return {key: value for key, value in fields.items() if key not in POSITION_KEYS}


def _values(fields: dict[str, Any], where: str) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, value in fields.items():
        if not 0 < len(name) <= MAX_NAME or not name.isprintable():
            raise Refused(Reason.WRONG_SHAPE, f"{where}metric name {name[:80]!r}: 1 to {MAX_NAME} printable characters")
        if value is None:
            continue  # null is "no value" (RFC 8259 has no other way to say it), not zero and not a fault
        found[name] = _value(name, value, where)
    return found


def _value(name: str, value: object, where: str) -> Value:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        if not is_finite(value):
            raise Refused(Reason.NOT_FINITE, f"{where}{name}: {str(value)[:40]} is not a finite number")
        return value
    if isinstance(value, str):
        if NUL in value:
            raise Refused(Reason.WRONG_SHAPE, f"{where}{name}: text with a NUL character")
        if len(value) > MAX_TEXT:
            raise Refused(Reason.WRONG_SHAPE, f"{where}{name}: text of {len(value)} characters; at most {MAX_TEXT}")
        return value
    raise Refused(Reason.WRONG_SHAPE, f"{where}{name}: expected a number, boolean or text, got {_type(value)}")


def _type(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
