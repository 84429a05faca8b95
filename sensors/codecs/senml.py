"""SenML packs (RFC 8428), the JSON representation, resolved record by record."""

from dataclasses import dataclass
from typing import Any

from sensors.jsonin import instant_of, is_finite
from sensors.metrics import unit_of
from sensors.refusal import Reason, Refused
from store.instant import SECOND, Instant

VERSION = 10
RELATIVE_BELOW = 2**28
"""Times below this are relative to now (RFC 8428 section 4.5.3)."""

# SenML's names (RFC 8428 section 12.1, RFC 8798) beside UCUM's, where the two differ.
UCUM_OF = {"%RH": "%", "/": "1", "dBA": "dB[A]", "count": "1", "kWh": "kW.h", "%EL": "%", "ug/m3": "ug/m3"}


@dataclass(frozen=True, slots=True)
class Record:
    """One resolved record."""

    name: str
    ts: Instant
    value: Any
    foreign_unit: bool


def is_pack(content: object) -> bool:
    """A SenML pack is told by being a list whose objects have ``n`` or ``bn``."""
    return (
        isinstance(content, list)
        and bool(content)
        and all(isinstance(item, dict) for item in content)
        and any("n" in item or "bn" in item for item in content)
    )


def resolve(pack: list[dict[str, Any]], arrived: Instant, device: str) -> list[Record]:
    """Resolve base fields, relative times and names (RFC 8428 section 4.6).

    The metric is the record's full name without the device's id before it, or else what
    stands after the last ``:`` or ``/``.

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
        base.update({key: item[key] for key in ("bn", "bt", "bu", "bv", "bver") if key in item})
        if base.get("bver", VERSION) > VERSION:
            raise Refused(Reason.WRONG_SHAPE, f"{where}bver {base['bver']} is newer than {VERSION}")
        value = _value(item, base)
        if value is None:
            continue
        name = _name(item, base, device, where)
        ts = _time(item, base, arrived, where)
        records.append(Record(name, ts, value, _is_foreign(item.get("u", base.get("bu")), name)))
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


def _value(item: dict[str, Any], base: dict[str, Any]) -> Any:
    if "v" in item or ("bv" in base and not {"vb", "vs", "vd", "s"} & item.keys() and "n" in item):
        return item.get("v", 0) + base.get("bv", 0)
    return next((item[key] for key in ("vb", "vs", "vd", "s") if key in item), None)


def _name(item: dict[str, Any], base: dict[str, Any], device: str, where: str) -> str:
    full = base.get("bn", "") + item.get("n", "")
    if not full:
        raise Refused(Reason.WRONG_SHAPE, f"{where}a record without a name")
    if full.startswith(device) and len(full) > len(device) and full[len(device)] in ":/.":
        return str(full[len(device) + 1 :])
    return str(full.replace("/", ":").rstrip(":").rsplit(":", 1)[-1])


def _time(item: dict[str, Any], base: dict[str, Any], arrived: Instant, where: str) -> Instant:
    seconds = item.get("t", 0) + base.get("bt", 0)
    if not is_finite(seconds):
        raise Refused(Reason.BAD_TIME, f"{where}t is not finite")
    if seconds < RELATIVE_BELOW:
        return instant_of((arrived + round(seconds * SECOND)) / 1000, arrived, f"{where}t")
    return instant_of(seconds * 1000, arrived, f"{where}t")


def _is_foreign(unit: str | None, name: str) -> bool:
    ours = unit_of(name)
    return unit is not None and ours is not None and UCUM_OF.get(unit, unit) != ours
