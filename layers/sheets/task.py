"""The child's task: a workbook in, its table or its faults out."""

import struct
import zipfile
import zlib
from pathlib import Path
from xml.parsers import expat

import msgspec
from msgspec.structs import replace

from layers.sheets import workbook, worksheet
from layers.sheets.sheet import Most, Sheet, SheetFault, SheetFaults, shaped, unfit
from store.sandbox.child import Seal

BROKEN: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    expat.ExpatError,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
)
"""What zipfile, expat and the reading of what they give raise over a file that is none."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A workbook to read: its name in the folder, and what it may hold, unpack to, and come to in bytes of text."""

    file: str
    most: Most
    unpacked: int
    ratio: int
    text_bytes: int


class Found(msgspec.Struct, kw_only=True):
    """What is in a workbook: its faults, or else its table; ``form`` is the format of what is none."""

    form: str = ""
    faults: list[SheetFault] = []
    sheet: Sheet | None = None


def task(folder: Path, asked: bytes, seal: Seal) -> bytes:
    """Do what is `Asked`; the answer is `Found`."""
    seal.close()
    wanted = msgspec.msgpack.decode(asked, type=Asked)
    return msgspec.msgpack.encode(found((folder / wanted.file).read_bytes(), wanted))


def found(content: bytes, wanted: Asked) -> Found:
    """The table of a workbook, or why there is none."""
    try:
        return Found(sheet=_sheet(content, wanted))
    except SheetFaults as bad:
        return Found(faults=bad.faults)
    except workbook.ForeignFormat as foreign:
        return Found(form=str(foreign))
    except BROKEN as error:
        said = ascii(" ".join(str(error).split())[:120])[1:-1]
        return Found(faults=[SheetFault(0, "", f"the workbook is damaged: {said or type(error).__name__}")])


def _sheet(content: bytes, wanted: Asked) -> Sheet:
    parts = workbook.Parts(content, workbook.Unpacked(wanted.unpacked, wanted.ratio))
    book = workbook.book(parts)
    chosen = next((one for one in book.sheets if not one.is_hidden), None)
    if chosen is None:
        raise unfit(0, "the workbook has no sheet that is not hidden")
    others = [one.title for one in book.sheets if one is not chosen]
    there = worksheet.read(parts, book, chosen, wanted.most, wanted.text_bytes)
    if not there.lines and others:
        raise unfit(0, "the first sheet that is not hidden is empty; put the table there")
    if faults := there.faults():
        raise SheetFaults(faults)
    return replace(shaped(there.lines, wanted.most), title=chosen.title, others=others)
