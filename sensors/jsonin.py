"""JSON from outside, decoded once, with a reason where it cannot be."""

import json
import math
from typing import Any, TypeGuard

import msgspec

from geo.crs import Crs, to_cgcs2000
from geo.errors import BadPosition
from sensors.refusal import Reason, Refused
from store.instant import DAY, Instant, format_rfc3339, from_datetime, parse_rfc3339, to_datetime

MAX_BYTES = 64 * 1024
MAX_AHEAD = DAY
NUL = "\x00"
"""Which PostgreSQL's text does not take; refused on every database alike."""
# A time in seconds, read as milliseconds, falls into January 1970; no sensor here is that old.
EARLIEST: Instant = parse_rfc3339("2000-01-01T00:00:00Z")

_decoder = msgspec.json.Decoder()


def decode(payload: bytes) -> Any:
    """Decode a payload.

    Raises
    ------
    Refused
        Naming the place in the text where it stops being JSON.
    """
    if len(payload) > MAX_BYTES:
        raise Refused(Reason.TOO_LARGE, f"{len(payload)} bytes; at most {MAX_BYTES}")
    try:
        return _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _why_not(payload, str(error)) from None
    except RecursionError:
        raise Refused(Reason.WRONG_SHAPE, "nested too deeply") from None


def instant_of(raw: object, arrived: Instant, where: str = "ts") -> Instant:
    """The instant that a ``ts`` names: epoch milliseconds, or RFC 3339 with an offset.

    Raises
    ------
    Refused
        If it is neither, lies more than 24 h ahead, or before the year 2000.
    """
    if isinstance(raw, str):
        try:
            instant = parse_rfc3339(raw)
        except (ValueError, OverflowError) as error:
            raise Refused(Reason.BAD_TIME, f"{where}: {error}") from None
    elif is_finite(raw):
        instant = raw * 1000 if isinstance(raw, int) else round(raw * 1000)
    else:
        raise Refused(Reason.BAD_TIME, f"{where} is neither epoch milliseconds nor an RFC 3339 time")
    if instant > arrived + MAX_AHEAD:
        shown = format_rfc3339(instant) if instant < _LAST else raw
        raise Refused(Reason.TIME_AHEAD, f"{where} {shown} is more than 24 h ahead of {format_rfc3339(arrived)}")
    if instant < EARLIEST:
        raise Refused(Reason.BAD_TIME, f"{where} {raw!r} is before 2000; epoch times are in milliseconds")
    return instant


def position_of(fields: dict[str, Any], where: str = "") -> tuple[float, float, str] | None:
    """``lon``, ``lat`` as sent and ``crs`` as declared; None where no position is given.

    Raises
    ------
    Refused
        If one of the pair is missing, or it is no place on the Earth.
    """
    lon, lat, crs = fields.get("lon"), fields.get("lat"), fields.get("crs", Crs.WGS84)
    if lon is None and lat is None:
        return None
    if not (is_finite(lon) and is_finite(lat)):
        raise Refused(Reason.BAD_POSITION, f"{where}lon and lat must both be numbers")
    try:
        to_cgcs2000(lon, lat, crs)
    except BadPosition as error:
        raise Refused(Reason.BAD_POSITION, f"{where}{error}") from None
    return float(lon), float(lat), str(crs)


def is_finite(value: object) -> TypeGuard[int | float]:
    """Whether a decoded value is a number that a double can hold; booleans are no numbers."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # an integer beyond the largest double
        return False


_LAST: Instant = from_datetime(to_datetime(0).replace(year=9999))


def _why_not(payload: bytes, error: str) -> Refused:
    try:
        text = payload.decode()
    except UnicodeDecodeError as bad:
        return Refused(Reason.INVALID_UTF8, f"byte {bad.start} (0x{payload[bad.start]:02x}): {bad.reason}")
    found: list[str] = []
    try:
        # The standard decoder reads NaN and Infinity, which JSON has not: so it tells them from other faults.
        json.loads(text, parse_constant=found.append)
    except (ValueError, RecursionError):
        found.clear()
    if found:
        return Refused(Reason.NOT_FINITE, f"{found[0]} is not a JSON value (RFC 8259 section 6)")
    if "out of range" in error:
        return Refused(Reason.NOT_FINITE, error)
    return Refused(Reason.INVALID_JSON, error)
