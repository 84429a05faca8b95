"""Tables that people send: CSV and XLSX become rows of text, or every reason why they do not.

Which it is, the bytes say, whatever the file is called.
"""

import re

from layers.sheets import delimited
from layers.sheets.sheet import Most, Sheet, SheetFaults, unfit
from layers.sheets.task import Asked, Found
from store import budgets
from store.sandbox import ask

ARCHIVE = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
FOREIGN = (
    (OLE, ".xls (Excel 97-2003)"),
    (b"\x09\x08", ".xls (Excel 5)"),
    (b"\x09\x04", ".xls (Excel 4)"),
    (b"%PDF", "PDF"),
    (b"{\\rtf", "RTF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"SQLite format 3\x00", "SQLite"),
    (b"PK\x05\x06", "ZIP"),
)
"""How files begin that people take for tables, or send in their place."""
TAG = re.compile(rb"<[!a-zA-Z]")
ENDING = re.compile(r"\.(\w{1,5})$", re.ASCII)
BLANKS = b"\xef\xbb\xbf \t\r\n"
FILE = "table.xlsx"
ANSWER_MIB = 64
"""What the texts of a table come to, at most, in memory and on the way here."""


def read(content: bytes, *, name: str = "") -> Sheet:
    """The table of a file; ``name`` is what its sender calls it.

    A workbook is opened by a process of its own (`store.sandbox`); its first sheet that is not hidden is read, with
    hidden rows and columns.

    Raises
    ------
    SheetFaults
        If it is none that can be taken, with every fault by line and column.
    Busy
        If too many files are being read already (`store.sandbox.ask`).
    """
    numbers = budgets.current()
    most = Most(rows=numbers.table_rows, columns=numbers.table_columns, cells=numbers.table_cells)
    if len(content) > numbers.table_bytes:
        raise unfit(0, f"the file has more than {numbers.table_bytes} bytes; send several")
    if not content.strip(BLANKS):
        raise unfit(0, "the file is empty")
    if content.startswith(ARCHIVE):
        return _workbook(content, most, name)
    if content.startswith(OLE) and ENCRYPTED in content:
        raise unfit(0, "the workbook is encrypted; save it without a password")
    if form := _foreign(content):
        raise _other(form, name)
    return delimited.read(content, most)


def _foreign(content: bytes) -> str:
    """What a file is that is no table; "" where it may be one."""
    start = content.lstrip(BLANKS)
    if start.startswith(b"<?xml"):
        return "XML"
    if TAG.match(start):
        return "HTML"
    return next((form for mark, form in FOREIGN if content.startswith(mark)), "")


def _other(form: str, name: str) -> SheetFaults:
    """A file of another format, which its name may not tell."""
    ending = ENDING.search(name)
    if ending and ending[1].lower() not in form.lower():
        return unfit(0, f"called .{ending[1]}, but of the format {form}; save the table as XLSX or as CSV UTF-8")
    return unfit(0, f"of the format {form}; save the table as XLSX or as CSV UTF-8")


def _workbook(content: bytes, most: Most, name: str) -> Sheet:
    numbers = budgets.current()
    limits = ask.Limits(
        megabytes=numbers.table_megabytes,
        seconds=numbers.table_seconds,
        file_megabytes=ANSWER_MIB,
        answer_megabytes=ANSWER_MIB,
    )
    asked = Asked(
        file=FILE,
        most=most,
        unpacked=numbers.archive_megabytes << 20,
        ratio=numbers.archive_ratio,
        text_bytes=ANSWER_MIB << 19,
    )
    try:
        found = ask.run("table", asked, Found, limits=limits, files={FILE: content})
    except ask.Failed as failed:
        raise unfit(0, failed.told(limits)) from None
    if found.form:
        raise _other(found.form, name)
    if found.sheet is None:
        raise SheetFaults(found.faults)
    return found.sheet
