"""The parts of a Shapefile that are read or mended here (ESRI, Shapefile Technical Description, 1998; dBASE III).

Attributes are read from the .dbf itself: its columns of numbers are text, and a code of 18 digits is one still
where other readers make a rounded number of it.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.errors import Fault, SurveyFaults
from store import encoding as encodings

HEADER, RECORD_HEADER = 100, 8
LANGUAGES = {
    0x4D: "gb18030",
    0x7A: "gb18030",
    0x4F: "cp950",
    0x78: "cp950",
    0x13: "cp932",
    0x7B: "cp932",
    0x4E: "cp949",
    0x79: "cp949",
}
"""What the language byte of a .dbf says, where it says something: 0x57 is written by many whatever the texts are."""
CPG = {"936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030", "gb18030": "gb18030"}
CPG |= {"utf-8": "utf-8", "utf8": "utf-8", "65001": "utf-8", "950": "cp950", "big5": "cp950"}
TRUE, FALSE = b"TtYy", b"FfNn"


@dataclass(frozen=True)
class Column:
    """A column of a .dbf: where it stands in a record, and its kind (C, N, F, L, D, ...)."""

    name: bytes
    kind: str
    start: int
    width: int
    decimals: int


@dataclass(frozen=True)
class Table:
    """The attributes of a Shapefile: by column, in the order of the records; None is empty."""

    columns: dict[str, list[Any]]
    encoding: str
    is_deleted: list[bool]


def restore_index(shp: Path, shx: Path) -> None:
    """Write the .shx that was not sent along.

    Raises
    ------
    SurveyFaults
        If the .shp breaks off.
    """
    content = shp.read_bytes()
    if len(content) < HEADER:
        raise _cut(len(content))
    entries = bytearray()
    position = HEADER
    while position + RECORD_HEADER <= len(content):
        words = struct.unpack(">i", content[position + 4 : position + 8])[0]
        if words < 2 or position + RECORD_HEADER + 2 * words > len(content):
            raise _cut(position)
        entries += struct.pack(">ii", position // 2, words)
        position += RECORD_HEADER + 2 * words
    length = struct.pack(">i", (HEADER + len(entries)) // 2)
    shx.write_bytes(content[:24] + length + content[28:HEADER] + entries)


def attributes(dbf: Path, cpg: Path) -> Table:
    """Read a .dbf.

    Raises
    ------
    SurveyFaults
        If it is none, or its texts are in no known encoding.
    """
    content = dbf.read_bytes()
    try:
        count, start, width = struct.unpack("<IHH", content[4:12])
        columns = list(_columns(content, start))
    except (struct.error, ValueError, IndexError):
        raise SurveyFaults([Fault(0, "", "broken", {"said": ".dbf"})]) from None
    if width == 0 or not columns or max(column.start + column.width for column in columns) > width:
        raise SurveyFaults([Fault(0, "", "broken", {"said": ".dbf"})])
    records = [content[at : at + width] for at in range(start, min(start + count * width, len(content)), width)]
    records = [record for record in records if len(record) == width]
    texts = {column: [_cell(record, column) for record in records] for column in columns}
    telling = [text for column, cells in texts.items() if column.kind == "C" for text in cells]
    found = encodings.decide([*(column.name for column in columns), *telling], _declared(content, cpg), is_cut=True)
    named = {
        encodings.decoded(column.name, found): [_value(text, column, found) for text in cells]
        for column, cells in texts.items()
    }
    return Table(named, found, [record[:1] == b"*" for record in records])


def _columns(content: bytes, end: int) -> Iterator[Column]:
    position = 1
    for at in range(32, end - 1, 32):
        row = content[at : at + 32]
        if row[:1] == b"\r":
            return
        width, decimals = row[16], row[17]
        kind = chr(row[11])
        if kind == "C":
            # Wide columns of text keep the upper byte where numbers have their decimals.
            width, decimals = width | decimals << 8, 0
        yield Column(row[:11].split(b"\0")[0].strip(), kind, position, width, decimals)
        position += width


def _cell(record: bytes, column: Column) -> bytes:
    return record[column.start : column.start + column.width].strip(b" \0")


def _declared(content: bytes, cpg: Path) -> list[str]:
    said = cpg.read_text(encoding="ascii", errors="ignore").strip().lower() if cpg.exists() else ""
    language = LANGUAGES.get(content[29], "")
    return [one for one in (CPG.get(said.removeprefix("cp"), CPG.get(said, "")), language) if one]


def _value(text: bytes, column: Column, encoding: str) -> Any:
    if not text or set(text) == set(b"*"):
        return None
    if column.kind == "L":
        return True if text in TRUE else False if text in FALSE else None
    if column.kind in "NF":
        return _number(text, column)
    if column.kind == "D":
        day = text.decode("ascii", errors="replace")
        return f"{day[:4]}-{day[4:6]}-{day[6:8]}" if len(day) == 8 and day.strip("0") else None
    return encodings.decoded(text, encoding).strip() or None


def _number(text: bytes, column: Column) -> Any:
    try:
        return int(text) if column.decimals == 0 and b"." not in text and b"e" not in text.lower() else float(text)
    except ValueError:
        return text.decode("ascii", errors="replace")


def _cut(where: int) -> SurveyFaults:
    return SurveyFaults([Fault(0, "", "shx", {"where": str(where)})])
