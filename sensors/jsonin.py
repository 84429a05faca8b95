"""JSON from outside, decoded once, with a reason where it cannot be."""

import json
import math
import re
from typing import Any, TypeGuard

import msgspec

from geo.crs import Crs, to_cgcs2000
from geo.errors import BadPosition
from sensors.jsonfaults import why_not
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
        content = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise why_not(payload, str(error)) from None
    except RecursionError:
        raise Refused(Reason.WRONG_SHAPE, "nested too deeply") from None
    names = payload.count(b'":') + payload.count(b'" :')
    if names and isinstance(content, dict | list) and names > _names(content):
        _check_no_name_twice(payload)
    return content


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
            raise Refused(Reason.BAD_TIME, f"{where}: {error}{_hint(raw)}") from None
    elif is_finite(raw):
        instant = raw * 1000 if isinstance(raw, int) else round(raw * 1000)
    else:
        raise Refused(Reason.BAD_TIME, f"{where} is neither epoch milliseconds nor an RFC 3339 time")
    if instant > arrived + MAX_AHEAD:
        shown = format_rfc3339(instant) if instant < _LAST else raw
        ahead = f"{where} {shown} is more than 24 h ahead of {format_rfc3339(arrived)}"
        raise Refused(Reason.TIME_AHEAD, f"{ahead}{_other_scale(raw, arrived)}")
    if instant < EARLIEST:
        early = f"{where} {raw!r} is before 2000; epoch times are in milliseconds"
        raise Refused(Reason.BAD_TIME, f"{early}{_other_scale(raw, arrived)}")
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


SCALES = {"seconds": 1_000_000, "microseconds": 1, "nanoseconds": 0.001}
NEAR = 400 * DAY


def _other_scale(raw: object, arrived: Instant) -> str:
    """What an epoch time would be in another unit, where that is near to now; and what to do without a clock."""
    if not is_finite(raw):
        return ""
    for scale, microseconds in SCALES.items():
        if abs(raw * microseconds - arrived) < NEAR:
            return f": this looks like {scale} ({format_rfc3339(round(raw * microseconds))}); send milliseconds"
    if 0 <= raw * 1000 < EARLIEST:
        return "; a device that does not know the time leaves ts out, and the time of arrival counts"
    return ""


def _hint(raw: str) -> str:
    """What is to be done about a text that is no time."""
    text = raw.strip()
    if re.fullmatch(r"[+-]?\d+(?:\.\d+)?", text):
        return "; an epoch time is a number: send it without quotes"
    if re.match(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}", text):
        return "; send it as 2026-11-24T08:00:00+08:00, or as epoch milliseconds"
    return ""


def _names(content: dict[str, Any] | list[Any]) -> int:
    """How many names the objects of a content have."""
    count = len(content) if isinstance(content, dict) else 0
    for one in content.values() if isinstance(content, dict) else content:
        if isinstance(one, dict | list):
            count += _names(one)
    return count


def _check_no_name_twice(payload: bytes) -> None:
    """Refuse an object that has a name twice: the decoder would keep one of the values, whichever was meant."""

    def check(pairs: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in pairs]
        twice = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
        if twice is not None:
            raise Refused(
                Reason.WRONG_SHAPE, f"{twice[:80]!r} stands twice in one object: give each value a name of its own"
            )

    json.loads(payload, object_pairs_hook=check)
