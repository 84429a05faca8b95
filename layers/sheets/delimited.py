"""CSV as people save it: in whatever encoding, with commas, semicolons or tabs, with line breaks within quotes."""

import csv
import io
import re
from collections.abc import Iterator

from msgspec.structs import replace

from layers.sheets.cells import MAX_CELL
from layers.sheets.sheet import Line, Most, Sheet, SheetFaults, shaped, unfit
from store import encoding as encodings

SEPARATORS = ",;\t"
"""The first is taken where the head has none of them."""
HEAD = 64 * 1024
"""Characters within which the first line is looked for."""
BREAK = re.compile(r"\r\n|\r|\n")
QUOTED = re.compile(r'"(?:[^"]|"")*+"')


def read(content: bytes, most: Most) -> Sheet:
    """The table of a CSV file.

    Raises
    ------
    SheetFaults
        With where it is none, by line.
    """
    text, encoding = _text(content)
    return replace(shaped(_lines(text), most), encoding=encodings.told(encoding))


def _text(content: bytes) -> tuple[str, str]:
    try:
        text, encoding = encodings.read(content)
    except encodings.UnknownEncoding as unknown:
        line = 1 + len(re.findall(rb"\r\n|\r|\n", content[: unknown.position]))
        raise unfit(line, "the text is neither UTF-8 nor GB18030; save the table as CSV UTF-8") from None
    if "\0" in text:
        line = _line(text, text.index("\0"))
        raise unfit(line, "a NUL character, so this is no text; save the table as CSV UTF-8")
    return text, encoding


def _lines(text: str) -> Iterator[Line]:
    separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise _broken(text, begins, separator) from None
        yield begins, cells


def _separator(text: str) -> str:
    """What stands between the names of the columns, more often than the others."""
    lines = BREAK.split(QUOTED.sub("", text[:HEAD]))
    head = next((line for line in lines if line.strip(SEPARATORS + " ")), "")
    return max(SEPARATORS, key=head.count)


def _broken(text: str, begins: int, separator: str) -> SheetFaults:
    """Why the row that begins on a line cannot be read, with the line of the cell that is at fault."""
    at = _offset(text, begins)
    while at < len(text):
        opens = at
        if text[at] == '"':
            quoted = QUOTED.match(text, at)
            if quoted is None:
                return unfit(_line(text, opens), "the quote that opens a cell here is never closed")
            at = quoted.end()
            if text[at : at + 1] not in ("", separator, "\r", "\n"):
                why = "text stands behind a closing quote; quotes within a cell are written twice"
                return unfit(_line(text, opens), why)
        while at < len(text) and text[at] not in (separator, "\r", "\n"):
            at += 1
        if text[at : at + 1] != separator:
            break
        at += 1
    return unfit(begins, f"more than {MAX_CELL} characters")


def _offset(text: str, line: int) -> int:
    """Where a line begins."""
    at = 0
    for _ in range(line - 1):
        found = BREAK.search(text, at)
        at = found.end() if found else len(text)
    return at


def _line(text: str, at: int) -> int:
    return 1 + len(BREAK.findall(text, 0, at))
