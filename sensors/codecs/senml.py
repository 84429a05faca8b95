"""SenML packs (RFC 8428), the JSON representation, resolved record by record."""

import re
from dataclasses import dataclass, field
from typing import Any

from sensors.codecs.declare import JsonCodec
from sensors.codecs.ipso import Meaning, meaning_of
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
SEPARATORS = ":/._"


@dataclass(frozen=True, slots=True)
class Record:
    """One resolved record: its full name, time, value and declared unit; ``by_us``: its time is relative to ours."""

    name: str
    ts: Instant
    value: Any
    unit: str | None
    by_us: bool = False


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
        ts, by_us = _time(item, base, arrived, where)
        records.append(Record(full, ts, value, item.get("u", base.get("bu")), by_us))
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


def metric_of(record: Record, device: str) -> Meaning:
    """The metric that a record is of, by its name alone, whatever stands beside it in the pack.

    It is the full name without what names the device before it: its id, or a device URN (RFC 9039). Paths of
    LwM2M have known meanings. Where the name is that of the device and no more, the unit tells.
    """
    full = record.name
    own = _own_part(full, device)
    if not own:
        return Meaning(METRIC_OF_UNIT.get(record.unit or "") or full.rsplit(":", 1)[-1])
    return meaning_of(own) or Meaning(own)


def _own_part(full: str, device: str) -> str:
    """What a name says beside naming the device; empty where it says no more."""
    urn = DEVICE_URN.match(full)
    before = urn[0] if urn is not None else device
    if urn is None and not full.startswith(before):
        # The device's own topic, or a path that ends in its id.
        _, found, rest = full.partition(f"/{device}/")
        return rest if found and rest else full
    rest = full[len(before) :]
    if rest and rest[0] not in SEPARATORS:
        return full
    return rest[1:].rstrip(":/")


def _time(item: dict[str, Any], base: dict[str, Any], arrived: Instant, where: str) -> tuple[Instant, bool]:
    """The time of a record, and whether it is relative to the arrival."""
    seconds = item.get("t", 0) + base.get("bt", 0)
    if not is_finite(seconds):
        raise Refused(Reason.BAD_TIME, f"{where}t is not finite")
    if seconds < RELATIVE_BELOW:
        return instant_of((arrived + round(seconds * SECOND)) / 1000, arrived, f"{where}t"), True
    return instant_of(seconds * 1000, arrived, f"{where}t"), False


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
        """Take a record.

        Raises
        ------
        Refused
            If another name of the pack means the same metric at the same time: one would be lost.
        """
        if record.unit in POSITION_UNITS and not isinstance(record.value, str | bool):
            self.place[str(record.unit)] = record.value
            return
        meant = metric_of(record, device)
        metric = meant.metric
        value, is_foreign = _in_our_unit(record.value, record.unit or meant.unit, metric)
        first, _ = self.values.setdefault(metric, (record.name, value))
        if first != record.name:
            raise Refused(
                Reason.WRONG_SHAPE,
                f"{first!r} and {record.name!r} both mean {metric}: a pack is of one device; "
                "register each device of its own, or give the second a name of its own",
            )
        if is_foreign:
            self.foreign.add(metric)

    def sample(self, ts: Instant, by_us: bool) -> Sample:
        """The same as a sample."""
        values = values_of(((metric, value) for metric, (_, value) in self.values.items()), "")
        position = position_of(self.place) if len(self.place) == len(POSITION_UNITS) else None
        return Sample(ts, values, position, frozenset(self.foreign), by_us)


def _read(pack: Any, arrived: Instant, device: str) -> list[Sample]:
    if not is_pack(pack):
        raise Refused(Reason.WRONG_SHAPE, "a SenML pack is a list of objects of which one has n or bn")
    moments: dict[tuple[Instant, bool], Moment] = {}
    for record in resolve(pack, arrived):
        moments.setdefault((record.ts, record.by_us), Moment()).add(record, device)
    return [moment.sample(*when) for when, moment in moments.items()]


CODEC = JsonCodec(code="senml", name="SenML", name_en="SenML (RFC 8428)", order=10, recognises=is_pack, read=_read)
