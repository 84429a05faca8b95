"""What every codec makes of a payload: samples, each value checked once and for all of them."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sensors.jsonin import NUL, is_finite
from sensors.refusal import Reason, Refused
from store.instant import Instant

Value = float | int | bool | str

MAX_NAME = 64
MAX_TEXT = 256
MAX_VALUES = 1000
"""Values in one message; 64 KiB hold more only if they are no readings."""
MOST = 1e150
"""What a value may be at most, either way: beyond what anybody measures, and sums of them, and of their squares, stay
finite. Of values near the largest double two in an hour would be infinite, which PostgreSQL refuses with the whole
batch and JSON cannot say."""
EXACT = 2**53
"""Integers up to here are doubles as they stand."""


@dataclass(slots=True)
class Sample:
    """Values of one moment.

    ``position`` is (lon, lat, declared system) as sent; ``foreign_unit`` names the metrics whose
    declared unit is not ours and cannot be converted to it; ``by_us`` says that the device sent no time
    of its own, or one that is relative to the arrival: such a time is right by definition.
    """

    ts: Instant
    values: dict[str, Value]
    position: tuple[float, float, str] | None = None
    foreign_unit: frozenset[str] = frozenset()
    by_us: bool = field(default=False, compare=False)


def checked(samples: list[Sample]) -> list[Sample]:
    """The samples, if they are as many as a message may bring.

    Raises
    ------
    Refused
        With reason ``no_value`` or ``too_large``.
    """
    count = sum(len(sample.values) for sample in samples)
    if count == 0:
        raise Refused(Reason.NO_VALUE, "no finite value in the message")
    if count > MAX_VALUES:
        raise Refused(Reason.TOO_LARGE, f"{count} values in one message; at most {MAX_VALUES}")
    return samples


def values_of(fields: Iterable[tuple[str, Any]], where: str) -> dict[str, Value]:
    """Names and values as they are stored; a null is left out.

    Raises
    ------
    Refused
        If a name or a value is not allowed; ``where`` says in which part of the message.
    """
    found: dict[str, Value] = {}
    for name, value in fields:
        kind = type(value)
        # What most values are needs no closer look.
        if not (-MOST <= value <= MOST if kind is float else kind is bool or (kind is int and -EXACT < value < EXACT)):
            if value is None:
                continue  # null is "no value" (RFC 8259 has no other way to say it), not zero and not a fault
            _check_value(name, value, where)
        found[_name(name) or _bad_name(name, where)] = value
    return found


@lru_cache(maxsize=65_536)
def _name(name: str) -> str | None:
    # One text for each name, however many messages bring it.
    return sys.intern(name) if 0 < len(name) <= MAX_NAME and name.isprintable() else None


def _bad_name(name: str, where: str) -> str:
    what = f"{where}metric name {name[:80]!r}: 1 to {MAX_NAME} printable characters"
    raise Refused(Reason.WRONG_SHAPE, what)


def _check_value(name: str, value: object, where: str) -> None:
    if isinstance(value, int | float):
        if not is_finite(value):
            raise Refused(Reason.NOT_FINITE, f"{where}{name}: {str(value)[:40]} is not a finite number")
        if not -MOST <= value <= MOST:
            raise Refused(
                Reason.NOT_FINITE, f"{where}{name}: {str(value)[:40]} is beyond {MOST:g}; sums cannot hold it"
            )
    elif isinstance(value, str):
        if NUL in value:
            raise Refused(Reason.WRONG_SHAPE, f"{where}{name}: text with a NUL character")
        if len(value) > MAX_TEXT:
            raise Refused(Reason.WRONG_SHAPE, f"{where}{name}: text of {len(value)} characters; at most {MAX_TEXT}")
    else:
        raise Refused(Reason.WRONG_SHAPE, f"{where}{name}: expected a number, boolean or text, got {type_name(value)}")


def type_name(value: object) -> str:
    """The JSON type of a decoded value, in words."""
    names = {dict: "an object", list: "a list", str: "text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
