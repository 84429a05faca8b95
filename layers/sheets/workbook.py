"""The parts of a workbook that a table needs (ECMA-376): its sheets, its texts, its formats; nothing else is opened.

It is XML in an archive, written by whoever sent it. Each part is unpacked piece by piece within one bound, and read
as a stream; what it names outside of itself is never looked for.
"""

import io
import posixpath
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from xml.parsers import expat

from layers.sheets.sheet import unfit
from layers.sheets.values import Format, format_of

PIECE = 64 * 1024
ALWAYS = 1024 * 1024
"""What any archive may become: a small one of blanks is no threat."""
ROOT = "_rels/.rels"
TYPES = "[Content_Types].xml"
SEPARATOR = " "
"""Between a namespace and a name: neither holds one."""
FOREIGN = {
    "mimetype": ".ods (OpenDocument)",
    "Index/Document.iwa": ".numbers (Apple)",
    "word/document.xml": ".docx (Word)",
    "ppt/presentation.xml": ".pptx (PowerPoint)",
    "xl/workbook.bin": ".xlsb (Excel)",
}
"""A part by which another format is known that is an archive too."""


class ForeignFormat(Exception):
    """An archive that is no workbook, with the name of its format."""


class Listed(NamedTuple):
    """A sheet as the workbook lists it."""

    title: str
    is_hidden: bool
    part: str


class Unpacked(NamedTuple):
    """What an archive may become: in bytes, and how many times its size."""

    most: int
    ratio: int


@dataclass(frozen=True, kw_only=True)
class Book:
    """A workbook: its worksheets in their order, its texts, a format for each style, and how it counts days."""

    sheets: list[Listed]
    texts: list[str]
    formats: list[Format]
    is_1904: bool


class Parts:
    """The parts of an archive, unpacked within one bound for all that is read of it."""

    def __init__(self, content: bytes, most: Unpacked) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(content))
        self._names = set(self._archive.namelist())
        self._most = most
        self._by_ratio = ALWAYS + most.ratio * len(content)
        self._unpacked = 0

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def pieces(self, name: str) -> Iterator[bytes]:
        """A part's content.

        Raises
        ------
        SheetFaults
            If there is no such part, or all that was unpacked is too much.
        """
        if name not in self._names:
            raise unfit(0, f"a part of the workbook is missing: {name[:80]!a}")
        with self._archive.open(name) as source:
            while piece := source.read(PIECE):
                self._unpacked += len(piece)
                if self._unpacked > min(self._most.most, self._by_ratio):
                    most, ratio = self._most.most >> 20, self._most.ratio
                    raise unfit(0, f"it unpacks to more than {most} MiB, or than {ratio} times its size")
                yield piece


def walk(
    pieces: Iterator[bytes],
    start: Callable[[str, Mapping[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Read XML as a stream: ``start`` gets each element's name, without its namespace, and its attributes.

    Raises
    ------
    SheetFaults
        If it declares a document type: entities, other files, other hosts.
    expat.ExpatError
        If it is no XML.
    """

    def local(name: str) -> str:
        return name.rpartition(SEPARATOR)[2]

    def doctype(*_said: object) -> None:
        raise unfit(0, "it declares a document type, as no spreadsheet program does")

    reader = expat.ParserCreate(namespace_separator=SEPARATOR)
    reader.buffer_text = True
    reader.StartDoctypeDeclHandler = doctype
    reader.StartElementHandler = lambda name, attributes: start(local(name), attributes)
    if end is not None:
        reader.EndElementHandler = lambda name: end(local(name))
    if text is not None:
        reader.CharacterDataHandler = text
    for piece in pieces:
        reader.Parse(piece, False)
    reader.Parse(b"", True)


def book(parts: Parts) -> Book:
    """A workbook without the rows of its sheets.

    Raises
    ------
    ForeignFormat
        If the archive is none.
    SheetFaults
        If a part is missing.
    """
    for part, form in FOREIGN.items():
        if part in parts:
            raise ForeignFormat(form)
    if TYPES not in parts:
        raise ForeignFormat("ZIP")
    main = next((target for kind, target in _related(parts, "").values() if kind == "officeDocument"), "")
    related = _related(parts, main)
    listed: list[Listed] = []
    is_1904 = False

    def start(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal is_1904
        if name == "workbookPr":
            is_1904 = attributes.get("date1904") in ("1", "true")
        elif name == "sheet":
            identity = next((value for key, value in attributes.items() if key.endswith(f"{SEPARATOR}id")), "")
            kind, target = related.get(identity, ("", ""))
            # Sheets of charts and of old macros hold no table.
            if kind == "worksheet":
                listed.append(
                    Listed(attributes.get("name", ""), attributes.get("state", "visible") != "visible", target)
                )

    walk(parts.pieces(main), start)
    by_kind = dict(related.values())
    return Book(
        sheets=listed,
        texts=_texts(parts, by_kind.get("sharedStrings", "")),
        formats=_formats(parts, by_kind.get("styles", "")),
        is_1904=is_1904,
    )


def _related(parts: Parts, part: str) -> dict[str, tuple[str, str]]:
    """What a part names: by its id there, what kind of part it is, and where it is in the archive."""
    folder, file = posixpath.split(part)
    found: dict[str, tuple[str, str]] = {}

    def start(name: str, attributes: Mapping[str, str]) -> None:
        # What lies outside is nothing to us.
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", ""))).lstrip("/")
            found[attributes.get("Id", "")] = (posixpath.basename(attributes.get("Type", "")), target)

    walk(parts.pieces(posixpath.join(folder, "_rels", f"{file}.rels") if file else ROOT), start)
    return found


class Text:
    """The text of a cell or of the workbook's list: runs put together, without how they are pronounced."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._is_text = self._is_spoken = False

    def start(self, name: str) -> None:
        """An element within it begins."""
        self._is_spoken |= name == "rPh"
        self._is_text = name == "t" and not self._is_spoken

    def end(self, name: str) -> None:
        """An element within it ends."""
        self._is_text = False
        self._is_spoken &= name != "rPh"

    def add(self, piece: str) -> None:
        """Characters stand there."""
        if self._is_text:
            self._pieces.append(piece)

    def take(self) -> str:
        """The whole; the next one begins."""
        whole = "".join(self._pieces)
        self._pieces.clear()
        return whole


def _texts(parts: Parts, part: str) -> list[str]:
    found: list[str] = []
    text = Text()

    def end(name: str) -> None:
        text.end(name)
        if name == "si":
            found.append(text.take())

    if part:
        walk(parts.pieces(part), lambda name, _attributes: text.start(name), end, text.add)
    return found


def _formats(parts: Parts, part: str) -> list[Format]:
    codes: dict[int, str] = {}
    found: list[Format] = []
    is_of_cells = False

    def start(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal is_of_cells
        if name == "numFmt":
            codes[int(attributes["numFmtId"])] = attributes["formatCode"]
        elif name == "cellXfs":
            is_of_cells = True
        elif name == "xf" and is_of_cells:
            number = int(attributes.get("numFmtId", 0))
            found.append(format_of(number, codes.get(number)))

    def end(name: str) -> None:
        nonlocal is_of_cells
        is_of_cells &= name != "cellXfs"

    if part:
        walk(parts.pieces(part), start, end)
    return found
