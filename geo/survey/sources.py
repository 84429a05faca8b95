"""From what was sent to files that may be opened: the archive unpacked, the content looked at, texts in UTF-8.

The content must be what the ending says: GDAL would choose by the content alone, and some formats that it
knows name other files, databases and hosts, or run commands.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from geo.errors import Fault, SurveyFaults
from geo.survey import shapefile
from geo.survey.archive import Most, unpack
from geo.survey.drivers import DRIVERS, ENDINGS, PACKED, PARTS
from geo.survey.shapefile import Table
from store import encoding as encodings

HEAD = 4_000
SQLITE, SHAPE = b"SQLite format 3\0", b"\x00\x00\x27\x0a"
ROLLBACK_JOURNAL = b"\x01\x01"
GEOJSON = ("FeatureCollection", "Feature")
LONG_NUMBER = re.compile(r'((?<!\\)":\s*)(-?\d{16,})(?:\.0+)?(\s*[,}])')
TYPED = re.compile(r'(<(?:\w+:)?SimpleField\b[^>]*?\btype\s*=\s*)(["\'])[^"\']*\2')
XML_SAYS = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["']""")
XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
CHINESE = {"gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "utf-8": "utf-8", "big5": "cp950"}
DXF_STARTS = re.compile(rb"^\s*(999\r?\n[^\n]*\n\s*)*0\s*\r?\n\s*SECTION\b")
DXF_HEADER = "HEADER"
DXF_PAGE = re.compile(rb"\$DWGCODEPAGE\s+3\s+(\S+)")


@dataclass(frozen=True)
class Source:
    """A file that may be opened: by which driver, its own name, its encoding, and what was read from it already."""

    path: Path
    driver: str
    title: str
    encoding: str
    table: Table | None = None


class _Root(Exception):
    """The first element of an XML file was seen; the rest does not matter here."""


def sources(folder: Path, file: str, title: str, most: Most) -> list[Source]:
    """The files to open in what was sent.

    Raises
    ------
    SurveyFaults
        With what is wrong with it.
    """
    path = folder / file
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise _fault("ending", endings=", ".join(ENDINGS))
    if ending not in PACKED:
        return [_source(path, title)]
    if not path.read_bytes()[:2] == b"PK":
        raise _content(ending, path.read_bytes()[:HEAD])
    found = [
        _source(one, packed.title)
        for packed in unpack(path, folder, (*DRIVERS, *PARTS), most)
        for one in packed.files
        if one.suffix in DRIVERS
    ]
    if not found:
        raise _fault("archive_nothing", endings=", ".join(DRIVERS))
    return found


def _source(path: Path, title: str) -> Source:
    content = path.read_bytes()
    encoding, table = LOOKS[path.suffix](path, content)
    return Source(path, DRIVERS[path.suffix], title, encoding, table)


def _geopackage(path: Path, content: bytes) -> tuple[str, None]:
    if not content.startswith(SQLITE):
        raise _content(path.suffix, content)
    # One that was saved in WAL mode could only be opened where more files can be written.
    path.write_bytes(content[:18] + ROLLBACK_JOURNAL + content[20:])
    return "utf-8", None


def _shapefile(path: Path, content: bytes) -> tuple[str, Table]:
    if not content.startswith(SHAPE):
        raise _content(path.suffix, content)
    dbf, shx = path.with_suffix(".dbf"), path.with_suffix(".shx")
    if not dbf.exists():
        raise _fault("no_dbf")
    shapefile.restore_index(path, shx)
    table = shapefile.attributes(dbf, path.with_suffix(".cpg"))
    # What was read here is not read again, and nothing that it might say of itself is followed.
    for part in (".dbf", ".cpg"):
        path.with_suffix(part).unlink(missing_ok=True)
    return table.encoding, table


def _geojson(path: Path, content: bytes) -> tuple[str, None]:
    text, encoding = encodings.read(content)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        if not text.lstrip().startswith("{"):
            raise _content(path.suffix, content) from None
        raise _fault("broken", said=str(error)[:200]) from None
    kind = found.get("type") if isinstance(found, dict) else None
    if kind not in GEOJSON:
        raise _fault("content", ending=path.suffix, found=f"JSON, type {str(kind)[:40]!r}")
    # A number of so many digits is a code, and readers of numbers round it.
    path.write_text(LONG_NUMBER.sub(r'\1"\2"\3', text), encoding="utf-8")
    return encoding, None


def _kml(path: Path, content: bytes) -> tuple[str, None]:
    said = XML_SAYS.search(content[:HEAD])
    declared = [CHINESE.get(said[1].decode().lower(), said[1].decode().lower())] if said else ["utf-8"]
    text, encoding = encodings.read(content, declared)
    text = XML_DECLARATION.sub("", text, count=1)
    root = _root(text)
    if root != "kml":
        raise _fault("content", ending=path.suffix, found=f"<{root[:40]}>" if root else _looks_like(content))
    # Columns of numbers are text, so that codes stay as they are written.
    path.write_text(TYPED.sub(r"\1\2string\2", text), encoding="utf-8")
    return encoding, None


def _csv(path: Path, content: bytes) -> tuple[str, None]:
    text, encoding = encodings.read(content)
    if text.lstrip()[:1] in "<{" or "\0" in text:
        raise _content(path.suffix, content)
    path.write_text(text, encoding="utf-8", newline="")
    return encoding, None


def _dxf(path: Path, content: bytes) -> tuple[str, None]:
    if not DXF_STARTS.match(content.removeprefix(b"\xef\xbb\xbf")[:HEAD]):
        raise _content(path.suffix, content)
    page = DXF_PAGE.search(content[: 64 * 1024])
    declared = ["gb18030"] if page and page[1].upper() in (b"ANSI_936", b"GB2312", b"GBK") else []
    text, encoding = encodings.read(content, declared)
    # Without a header GDAL asks nobody in which encoding the texts are.
    header = "" if DXF_HEADER in text[:HEAD].split() else f"0\nSECTION\n2\n{DXF_HEADER}\n0\nENDSEC\n"
    path.write_text(header + text, encoding="utf-8", newline="")
    return encoding, None


LOOKS: dict[str, Callable[[Path, bytes], tuple[str, Table | None]]] = {
    ".gpkg": _geopackage,
    ".shp": _shapefile,
    ".geojson": _geojson,
    ".json": _geojson,
    ".kml": _kml,
    ".csv": _csv,
    ".dxf": _dxf,
}


def _root(text: str) -> str:
    """The name of the first element of an XML text, "" where there is none."""
    found: list[str] = []

    def start(name: str, _attributes: object) -> None:
        found.append(name.rpartition(":")[2])
        raise _Root

    def doctype(*_said: object) -> None:
        raise _fault("entities")

    reader = expat.ParserCreate()
    reader.StartElementHandler = start
    reader.StartDoctypeDeclHandler = doctype
    try:
        reader.Parse(text.encode(), True)
    except _Root:
        return found[0]
    except expat.ExpatError:
        return ""
    return ""


def _looks_like(content: bytes) -> str:
    """What a content is, in words."""
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    for mark, word in (
        (SQLITE[:15], "SQLite"),
        (SHAPE, "Shapefile"),
        (b"PK\x03\x04", "zip"),
        (b"{", "JSON"),
        (b"%PDF", "PDF"),
        (b"AC10", "DWG"),
        (b"AutoCAD Binary DXF", "binary DXF"),
    ):
        if start.startswith(mark):
            return word
    if start.startswith(b"<"):
        found = re.match(rb"(?:<\?[^>]*>|<!--.*?-->|\s)*<([\w:.-]{1,40})", start[:HEAD], re.DOTALL)
        return f"<{found[1].decode()}>" if found else "XML"
    return repr(content[:12])[1:]


def _content(ending: str, content: bytes) -> SurveyFaults:
    return _fault("content", ending=ending, found=_looks_like(content))


def _fault(kind: str, **given: str) -> SurveyFaults:
    return SurveyFaults([Fault(0, "", kind, given)])
