"""A list of devices as a CSV file, as a spreadsheet saves it: in UTF-8 or, on a Chinese Windows, in GBK."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sensors.devices.kinds import kind_name
from sensors.devices.registry import DEFAULT_INTERVAL_S, Device
from sensors.errors import RegistryFaults
from store import budgets, encoding

NEEDED = ("id", "community", "kind")
OPTIONAL = ("name", "lon", "lat", "crs", "interval", "site", "room", "gateway", "codec")


@dataclass(frozen=True)
class Entry:
    """A device, and the line of the file that it stands on."""

    line: int
    device: Device


def read(path: Path) -> list[Entry]:
    """Read a list; the first line names the columns.

    Raises
    ------
    RegistryFaults
        With every line that cannot be read, and why; the index is the line.
    OSError
        If the file cannot be read.
    """
    table = csv.DictReader(io.StringIO(_text(path.read_bytes())), strict=True)
    columns = [name.strip() for name in table.fieldnames or ()]
    table.fieldnames = columns
    unknown = [name for name in columns if name not in NEEDED + OPTIONAL]
    missing = [name for name in NEEDED if name not in columns]
    if missing or unknown:
        what = [f"column {name!r} is missing" for name in missing] + [f"column {name!r} is unknown" for name in unknown]
        known = ", ".join(NEEDED + OPTIONAL)
        raise RegistryFaults([(1, f"{'; '.join(what)}; there are: {known}")])
    entries: list[Entry] = []
    faults: list[tuple[int, str]] = []
    seen: dict[str, int] = {}
    most = budgets.current().table_rows
    for line, row in _rows(table, faults):
        try:
            device = _device(row)
        except ValueError as error:
            faults.append((line, str(error)))
            continue
        if device.id in seen:
            faults.append((line, f"id {device.id!r} stands on line {seen[device.id]} already"))
        seen.setdefault(device.id, line)
        entries.append(Entry(line, device))
        if len(entries) > most:
            raise RegistryFaults([(line, f"more than {most} devices; send them in several lists")])
    if faults:
        raise RegistryFaults(faults)
    return entries


def _rows(table: "csv.DictReader[str]", faults: list[tuple[int, str]]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        for row in table:
            if None in row or None in row.values():
                faults.append((table.line_num, f"{len(table.fieldnames or ())} columns expected"))
            else:
                yield table.line_num, {name: value.strip() for name, value in row.items()}
    except csv.Error as error:
        faults.append((table.line_num, str(error)))


def _text(content: bytes) -> str:
    try:
        return encoding.read(content)[0]
    except encoding.UnknownEncoding as bad:
        raise RegistryFaults([(1, str(bad))]) from None


def _device(row: dict[str, str]) -> Device:
    for name in NEEDED:
        if not row[name]:
            raise ValueError(f"{name} is missing")
    lon, lat = _number(row, "lon"), _number(row, "lat")
    if (lon is None) != (lat is None):
        raise ValueError("lon and lat go together")
    return Device(
        id=row["id"],
        community=row["community"],
        kind=row["kind"],
        name=row.get("name") or f"{kind_name(row['kind'])} {row['id']}",
        raw_lon=lon,
        raw_lat=lat,
        crs=row.get("crs") or "WGS84",
        interval_s=_number(row, "interval") or DEFAULT_INTERVAL_S,
        site=row.get("site") or None,
        room=row.get("room") or None,
        gateway=row.get("gateway") or None,
        codec=row.get("codec") or None,
    )


def _number(row: dict[str, str], name: str) -> float | None:
    text = row.get(name, "")
    try:
        return float(text) if text else None
    except ValueError:
        raise ValueError(f"{name} {text[:40]!r} is not a number") from None
