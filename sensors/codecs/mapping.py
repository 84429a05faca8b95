"""Codecs that are data: a TOML file maps a maker's own JSON to metrics, by JMESPath.

A file has ``code``, ``name``, ``name_en`` and one or more ``[[form]]``. The first form whose ``when``
is true of a payload reads it. docs/devices.md tells each key by the example that ships.
"""

import re
import tomllib
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jmespath
import msgspec
from jmespath import functions
from jmespath.exceptions import JMESPathError

from sensors.codecs.declare import JsonCodec
from sensors.codecs.sample import Sample, values_of
from sensors.errors import CodecError
from sensors.jsonin import instant_of, is_finite
from sensors.refusal import Reason, Refused
from store.instant import Instant, format_rfc3339, from_datetime

OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-])(\d{1,2}):?(\d{2})?(?:\s.*)?")
EPOCHS = {"epoch_s": 1_000, "epoch_ms": 1}


class _Functions(functions.Functions):
    """JMESPath's functions, but a sum of nothing is nothing, as its mean, least and greatest are: never a 0."""

    @functions.signature({"types": ["array-number"]})
    def _func_sum(self, numbers: list[float]) -> float | None:
        return sum(numbers) if numbers else None


FUNCTIONS = jmespath.Options(custom_functions=_Functions())


class Time(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the time of a payload stands. ``format`` is rfc3339, epoch_s, epoch_ms or a strptime pattern.

    A time without an offset lies in the zone that ``zone_path`` names (``UTC+8:00``), else in ``zone``.
    """

    path: str
    format: str = "rfc3339"
    zone: str = "Asia/Shanghai"
    zone_path: str | None = None


class Scaled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a value stands, and what makes the metric's unit of it: ``scale`` times it, plus ``offset``."""

    path: str
    scale: float = 1.0
    offset: float = 0.0


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of message of the maker."""

    values: dict[str, str | Scaled]
    when: str = "@"
    time: Time | None = None


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping file."""

    code: str
    name: str
    name_en: str
    form: list[Form]


Read = Callable[[Any, Instant], Sample | None]
"""Reads a payload of one form; None where it is not of that form."""


def packaged() -> list[JsonCodec]:
    """The mappings that ship."""
    return read_folder(files("sensors") / "codecs" / "maps")


def read_folder(folder: Traversable) -> list[JsonCodec]:
    """The mappings of a folder, by the names of the files.

    Raises
    ------
    CodecError
        If a file is no mapping, with the file, the place and why.
    """
    found = sorted((path for path in folder.iterdir() if path.name.endswith(".toml")), key=lambda path: path.name)
    return [_codec(path) for path in found]


def _codec(path: Traversable) -> JsonCodec:
    try:
        mapping = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Mapping)
        forms = [_form(form) for form in mapping.form]
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, JMESPathError, ZoneInfoNotFoundError, ValueError) as bad:
        raise CodecError(f"{path.name}: {' '.join(str(bad).split())}") from None

    def read(content: Any, arrived: Instant, _device: str) -> list[Sample]:
        for form in forms:
            sample = form(content, arrived)
            if sample is not None:
                return [sample]
        raise Refused(Reason.WRONG_SHAPE, f"no form of {mapping.code} fits: none of their when is true")

    return JsonCodec(code=mapping.code, name=mapping.name, name_en=mapping.name_en, read=read)


def _form(form: Form) -> Read:
    when = jmespath.compile(form.when)
    at = _time(form.time) if form.time is not None else None
    readers = {metric: _value(metric, value) for metric, value in form.values.items()}

    def read(content: Any, arrived: Instant) -> Sample | None:
        try:
            if not when.search(content, FUNCTIONS):
                return None
            ts = arrived if at is None else at(content, arrived)
            return Sample(ts, values_of(_found(readers, content), ""), by_us=at is None)
        except JMESPathError as error:
            why = " ".join(str(error).split())[:400]
            raise Refused(Reason.WRONG_SHAPE, f"the mapping does not fit this message: {why!r}") from None

    return read


def _found(readers: dict[str, Callable[[Any], Any]], content: Any) -> Iterable[tuple[str, Any]]:
    return ((metric, value(content)) for metric, value in readers.items())


def _value(metric: str, declared: str | Scaled) -> Callable[[Any], Any]:
    scaled = Scaled(declared) if isinstance(declared, str) else declared
    path = jmespath.compile(scaled.path)
    if (scaled.scale, scaled.offset) == (1.0, 0.0):
        return lambda content: path.search(content, FUNCTIONS)

    def read(content: Any) -> Any:
        value = path.search(content, FUNCTIONS)
        if value is None:
            return None
        if not is_finite(value):
            raise Refused(
                Reason.WRONG_SHAPE, f"{metric}: scale and offset are for numbers, not for {str(value)[:40]!r}"
            )
        return value * scaled.scale + scaled.offset

    return read


def _time(declared: Time) -> Callable[[Any, Instant], Instant]:
    path = jmespath.compile(declared.path)
    zone_path = jmespath.compile(declared.zone_path) if declared.zone_path else None
    fixed = ZoneInfo(declared.zone)
    epoch = EPOCHS.get(declared.format)

    def read(content: Any, arrived: Instant) -> Instant:
        raw = path.search(content, FUNCTIONS)
        if epoch is not None:
            if not is_finite(raw):
                raise Refused(Reason.BAD_TIME, f"{declared.path}: {str(raw)[:40]!r} is not a number")
            return instant_of(raw * epoch, arrived, declared.path)
        moment = _moment(raw, declared)
        if moment.tzinfo is None:
            named = zone_path.search(content, FUNCTIONS) if zone_path is not None else None
            moment = moment.replace(tzinfo=fixed if named is None else _offset(named, declared))
        return instant_of(format_rfc3339(from_datetime(moment)), arrived, declared.path)

    return read


def _moment(raw: Any, declared: Time) -> datetime:
    if not isinstance(raw, str):
        raise Refused(Reason.BAD_TIME, f"{declared.path}: a text is expected, not {str(raw)[:40]!r}")
    try:
        if declared.format == "rfc3339":
            return datetime.fromisoformat(raw)
        return datetime.strptime(raw, declared.format)  # noqa: DTZ007 - the zone is added by the caller
    except ValueError:
        raise Refused(
            Reason.BAD_TIME, f"{declared.path}: {raw[:40]!r} is not of the form {declared.format!r}"
        ) from None


def _offset(named: Any, declared: Time) -> timezone:
    match = OFFSET.fullmatch(named) if isinstance(named, str) else None
    if match is None or int(match[2]) > 14:
        raise Refused(Reason.BAD_TIME, f"{declared.zone_path}: {str(named)[:40]!r} is not of the form UTC+8:00")
    offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-offset if match[1] == "-" else offset)
