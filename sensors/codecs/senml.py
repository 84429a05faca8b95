"""SenML packs (RFC 8428), the JSON representation, resolved record by record."""

import re
from dataclasses import dataclass, field
from typing import Any

from sensors.codecs.declare import JsonCodec
from sensors.codecs.sample import Sample, values_of
from sensors.codecs.units import SAME, to_ours
from sensors.jsonin import instant_of, is_finite, position_of
from sensors.metrics import unit_of
from sensors.refusal import Reason, Refused
from store.instant import SECOND, Instant

VERSION = 10
RELATIVE_BELOW = 2**28
"""Times below this are relative to now (RFC 8428 section 4.5.3)."""

VALUES = ("v", "vb", "vs", "vd", "s")


# A name that is the device itself says nothing of what was measured; then the unit does (RFC 8428, 5.1.1 and 5.1.3).
METRIC_OF_UNIT = {
    "%RH": "humidity",
    "Cel": "temperature",
    "K": "temperature",
    "%EL": "battery",
    "dBA": "noise",
    "Pa": "pressure",
    "W": "power",
    "kWh": "energy",
}
POSITION_UNITS = ("lon", "lat")
DEVICE_URN = re.compile(r"urn:dev:[^:]+:[^:/_]+")


@dataclass(frozen=True, slots=True)
class Record:
    """One resolved record: its full name, time, value and declared unit."""

    name: str
    ts: Instant
    value: Any
    unit: str | None


def is_pack(content: Any) -> bool:
    """A SenML pack is told by being a list whose objects have ``n`` or ``bn``."""
    return (
        isinstance(content, list)
        and bool(content)
        and all(isinstance(item, dict) for item in content)
        and any("n" in item or "bn" in item for item in content)
    )


def resolve(pack: list[dict[str, Any]], arrived: Instant) -> list[Record]:
    """Resolve base fields and relative times (RFC 8428 section 4.6).

    Raises
    ------
    Refused
        If a record has no name, an unknown field that must be understood, or a bad time.
    """
    base: dict[str, Any] = {}
    records: list[Record] = []
    for index, item in enumerate(pack):
        where = f"[{index}]"
        _check_fields(item, where)
        base.update({key: item[key] for key in ("bn", "bt", "bu", "bv", "bs", "bver") if key in item})
        if base.get("bver", VERSION) > VERSION:
            raise Refused(Reason.WRONG_SHAPE, f"{where}bver {base['bver']} is newer than {VERSION}")
        value = _value(item, base)
        if value is None:
            continue
        full = base.get("bn", "") + item.get("n", "")
        if not full:
            raise Refused(Reason.WRONG_SHAPE, f"{where}a record without a name")
        records.append(Record(full, _time(item, base, arrived, where), value, item.get("u", base.get("bu"))))
    return records


def _check_fields(item: dict[str, Any], where: str) -> None:
    for key, value in item.items():
        if key.endswith("_"):
            raise Refused(Reason.WRONG_SHAPE, f"{where}{key}: a field that must be understood (RFC 8428 section 4.4)")
        wants_text = key in ("bn", "bu", "n", "u", "vs", "vd")
        wants_number = key in ("bt", "bv", "bs", "bver", "v", "s", "t", "ut")
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if (wants_text and not isinstance(value, str)) or (wants_number and not is_number):
            raise Refused(Reason.WRONG_SHAPE, f"{where}{key}: {'text' if wants_text else 'a number'} expected")
        if wants_number and not is_finite(value):
            raise Refused(Reason.NOT_FINITE, f"{where}{key}: {str(value)[:40]} is no number that a double holds")


def _value(item: dict[str, Any], base: dict[str, Any]) -> Any:
    if "v" in item or ("bv" in base and "n" in item and not item.keys() & set(VALUES)):
        return item.get("v", 0) + base.get("bv", 0)
    if "s" in item and not item.keys() & {"vb", "vs", "vd"}:
        return item["s"] + base.get("bs", 0)
    return next((item[key] for key in ("vb", "vs", "vd") if key in item), None)


def metric_of(record: Record, device: str) -> str:
    """The metric that a record is of.

    It is the full name without the device's id before it, or else what stands after the last ``:`` or
    ``/``. Where the name is that of the device and no more, the unit tells.
    """
    full = record.name
    if full == device or DEVICE_URN.fullmatch(full):
        by_unit = METRIC_OF_UNIT.get(record.unit or "")
        if by_unit is not None:
            return by_unit
    if full.startswith(device) and len(full) > len(device) and full[len(device)] in ":/.":
        return full[len(device) + 1 :]
    return full.replace("/", ":").rstrip(":").rsplit(":", 1)[-1]


def _time(item: dict[str, Any], base: dict[str, Any], arrived: Instant, where: str) -> Instant:
    seconds = item.get("t", 0) + base.get("bt", 0)
    if not is_finite(seconds):
        raise Refused(Reason.BAD_TIME, f"{where}t is not finite")
    if seconds < RELATIVE_BELOW:
        return instant_of((arrived + round(seconds * SECOND)) / 1000, arrived, f"{where}t")
    return instant_of(seconds * 1000, arrived, f"{where}t")


def _in_our_unit(value: Any, declared: str | None, name: str) -> tuple[Any, bool]:
    """The value in the metric's unit, and whether it could not be brought there."""
    ours = unit_of(name)
    if declared is None or ours is None or isinstance(value, bool | str):
        return value, False
    conversion = to_ours(declared, ours)
    if conversion is None:
        return value, True
    factor, offset = conversion
    return (value if conversion == SAME else value * factor + offset), False


@dataclass(slots=True)
class Moment:
    """What a pack says of one time: metric -> (full name, value), which units are foreign, where the device was."""

    values: dict[str, tuple[str, Any]] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)
    place: dict[str, float] = field(default_factory=dict)

    def add(self, record: Record, device: str) -> None:
        """Take a record; of two names that end alike the second keeps its full name."""
        if record.unit in POSITION_UNITS and not isinstance(record.value, str | bool):
            self.place[str(record.unit)] = record.value
            return
        metric = metric_of(record, device)
        if metric in self.values and self.values[metric][0] != record.name:
            metric = record.name
        value, is_foreign = _in_our_unit(record.value, record.unit, metric)
        self.values.setdefault(metric, (record.name, value))
        if is_foreign:
            self.foreign.add(metric)

    def sample(self, ts: Instant) -> Sample:
        """The same as a sample."""
        values = values_of(((metric, value) for metric, (_, value) in self.values.items()), "")
        position = position_of(self.place) if len(self.place) == len(POSITION_UNITS) else None
        return Sample(ts, values, position, frozenset(self.foreign))


def _read(pack: Any, arrived: Instant, device: str) -> list[Sample]:
    if not is_pack(pack):
        raise Refused(Reason.WRONG_SHAPE, "a SenML pack is a list of objects of which one has n or bn")
    moments: dict[Instant, Moment] = {}
    for record in resolve(pack, arrived):
        moments.setdefault(record.ts, Moment()).add(record, device)
    return [moment.sample(ts) for ts, moment in moments.items()]


CODEC = JsonCodec(code="senml", name="SenML", name_en="SenML (RFC 8428)", order=10, recognises=is_pack, read=_read)
