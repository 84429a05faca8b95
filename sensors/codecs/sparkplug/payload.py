"""The Sparkplug B payload (Sparkplug 3.0.0, section 6.4): Google's protobuf, of the fields that a host reads.

Field numbers are the specification's. Data sets, templates and properties are not read; protobuf
skips what the table does not name.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from sensors.refusal import Reason, Refused

PACKAGE = "cockpit.sparkplug"
_KIND = descriptor_pb2.FieldDescriptorProto
METRIC = (
    ("name", 1, _KIND.TYPE_STRING),
    ("alias", 2, _KIND.TYPE_UINT64),
    ("timestamp", 3, _KIND.TYPE_UINT64),
    ("datatype", 4, _KIND.TYPE_UINT32),
    ("is_null", 7, _KIND.TYPE_BOOL),
    ("int_value", 10, _KIND.TYPE_UINT32),
    ("long_value", 11, _KIND.TYPE_UINT64),
    ("float_value", 12, _KIND.TYPE_FLOAT),
    ("double_value", 13, _KIND.TYPE_DOUBLE),
    ("boolean_value", 14, _KIND.TYPE_BOOL),
    ("string_value", 15, _KIND.TYPE_STRING),
)
PAYLOAD = (("timestamp", 1, _KIND.TYPE_UINT64), ("metrics", 2, _KIND.TYPE_MESSAGE), ("seq", 3, _KIND.TYPE_UINT64))
VALUE_FIELDS = tuple(name for name, *_ in METRIC if name.endswith("_value"))

# Sparkplug 3.0.0, section 6.4.16: signed integers travel as the two's complement in an unsigned field.
SIGNED_BITS = {1: 8, 2: 16, 3: 32, 4: 64}
INT64, UINT64, FLOAT, DOUBLE, BOOLEAN, STRING = 4, 8, 9, 10, 11, 12


@dataclass(slots=True)
class Metric:
    """One metric of a payload. ``value`` is None where it is null, not finite, or of a type that is no reading."""

    name: str | None
    alias: int | None
    timestamp: int | None
    datatype: int | None
    value: float | bool | str | None
    is_null: bool = False


@dataclass(slots=True)
class Payload:
    """A payload; times are epoch milliseconds."""

    timestamp: int | None
    seq: int | None
    metrics: list[Metric]


def decode(content: bytes, types: dict[int, int] | None = None) -> Payload:
    """Read a payload.

    Parameters
    ----------
    types
        alias -> datatype, as the birth told them: data need not repeat them.

    Raises
    ------
    Refused
        With reason ``bad_protobuf``.
    """
    message = _Payload()
    try:
        message.ParseFromString(content)
        metrics = [_metric(one, types or {}) for one in message.metrics]
    except (DecodeError, UnicodeDecodeError):
        # What the decoder says of it names a type of its own, and no place in the message.
        raise Refused(Reason.BAD_PROTOBUF, "no Sparkplug B payload: it does not read as protobuf") from None
    return Payload(_given(message, "timestamp"), _given(message, "seq"), metrics)


def encode(payload: Payload) -> bytes:
    """The wire form; a metric's datatype says in which field its value goes."""
    message = _Payload()
    for name in ("timestamp", "seq"):
        if getattr(payload, name) is not None:
            setattr(message, name, getattr(payload, name))
    for metric in payload.metrics:
        one = message.metrics.add()
        for name in ("name", "alias", "timestamp", "datatype"):
            if getattr(metric, name) is not None:
                setattr(one, name, getattr(metric, name))
        if metric.value is None:
            one.is_null = True
        else:
            setattr(one, *_as_field(metric.value, metric.datatype))
    return bytes(message.SerializeToString())


def _metric(one: Any, types: dict[int, int]) -> Metric:
    alias = _given(one, "alias")
    datatype = _given(one, "datatype")
    if datatype is None and alias is not None:
        datatype = types.get(alias)
    field = next((name for name in VALUE_FIELDS if one.HasField(name)), None)
    name = _given(one, "name")
    for text in (name, one.string_value):
        # protobuf hands over what is not UTF-8 as it came.
        if isinstance(text, bytes):
            raise Refused(Reason.INVALID_UTF8, f"a name or text is not UTF-8: {text[:40]!r}")
    value = None if field is None or one.is_null else _value(getattr(one, field), field, datatype)
    return Metric(name, alias, _given(one, "timestamp"), datatype, value, one.is_null)


def _value(raw: Any, field: str, datatype: int | None) -> Any:
    bits = SIGNED_BITS.get(datatype or 0)
    if bits is not None and field in ("int_value", "long_value"):
        raw &= (1 << bits) - 1
        return raw - (1 << bits) if raw >> (bits - 1) else raw
    if field in ("float_value", "double_value") and not math.isfinite(raw):
        return None  # how firmware without a null says "no value"
    if field == "float_value":
        # A single has seven digits; as a double it would show seventeen, most of them invented.
        return float(f"{raw:.7g}")
    return raw


def _as_field(value: float | bool | str, datatype: int | None) -> tuple[str, Any]:
    if isinstance(value, bool):
        return "boolean_value", value
    if isinstance(value, str):
        return "string_value", value
    if datatype in (FLOAT, DOUBLE):
        return ("float_value" if datatype == FLOAT else "double_value"), value
    bits = 64 if datatype in (INT64, UINT64) else 32
    return ("long_value" if bits == 64 else "int_value"), int(value) & ((1 << bits) - 1)


def _given(message: Any, name: str) -> Any:
    return getattr(message, name) if message.HasField(name) else None


def _message_type(fields: Iterable[tuple[str, int, Any]], name: str) -> Any:
    declared = descriptor_pb2.DescriptorProto(name=name)
    for field, number, kind in fields:
        is_message = kind == _KIND.TYPE_MESSAGE
        declared.field.add(
            name=field,
            number=number,
            type=kind,
            label=_KIND.LABEL_REPEATED if is_message else _KIND.LABEL_OPTIONAL,
            type_name=f".{PACKAGE}.Metric" if is_message else None,
        )
    return declared


def _compiled() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="cockpit/sparkplug.proto", package=PACKAGE, syntax="proto2")
    file.message_type.extend([_message_type(METRIC, "Metric"), _message_type(PAYLOAD, "Payload")])
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.Payload"))


_Payload = _compiled()
