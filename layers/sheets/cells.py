"""What a text is in a cell, and back: nothing that a spreadsheet runs, and nothing lost on the way."""

import re

from layers.texts import cleaned

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What the text of a cell must not begin with: a spreadsheet would run it (OWASP, CSV Injection)."""
APOSTROPHE = "'"
MAX_CELL = 32_767
"""UTF-16 units that a cell of a spreadsheet holds; more, and the file cannot be opened."""
ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""A character by its number, as a workbook writes what XML cannot hold (ECMA-376, 22.9.2.19, ST_Xstring)."""


def guarded(text: str) -> str:
    """A text that no spreadsheet runs: an apostrophe stands before one that it would, or that looks like ours."""
    return APOSTROPHE + text if _is_run(text) else text


def bare(text: str) -> str:
    """The text of a cell as it was before `guarded`."""
    return text[1:] if text.startswith(APOSTROPHE) and _is_run(text[1:]) else text


def plain(text: str) -> str:
    """The text of a cell that somebody sent, as it is kept."""
    # What is printable throughout has nothing to be cleaned of.
    return bare(text if text.isprintable() else cleaned(text))


def escaped(text: str) -> str:
    """A text as a workbook holds it: what looks like an escaped character there is not taken for one."""
    return ESCAPE.sub("_x005F_", text)


def unescaped(text: str) -> str:
    """A text of a workbook as people see it."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def units(text: str) -> int:
    """The length of a text as spreadsheets count it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", errors="replace")) // 2


def letters(column: int) -> str:
    """What a spreadsheet writes above a column, from 1.

    >>> letters(1), letters(27)
    ('A', 'AA')
    """
    found = ""
    while column:
        column, last = divmod(column - 1, 26)
        found = chr(ord("A") + last) + found
    return found


def _is_run(text: str) -> bool:
    # Apostrophes before it are counted in: else one of the text's own would be taken off for ours.
    return text.lstrip(APOSTROPHE).lstrip().startswith(FORMULA)
