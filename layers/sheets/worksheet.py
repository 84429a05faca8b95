"""The rows of a worksheet as texts: what people see in each cell."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from layers.sheets.cells import letters, unescaped
from layers.sheets.sheet import Line, Most, SheetFault, is_blank, name_of, unfit
from layers.sheets.values import Format, Rounded, iso, number
from layers.sheets.workbook import Book, Listed, Parts, Text, walk

REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
LAST_COLUMN = 16_384
PLAIN = Format()
TRUTHS = {"1": "TRUE", "0": "FALSE"}
MOST_TOLD = 100
"""Of cells of a kind of fault so many are told."""


@dataclass(eq=False)
class Content:
    """What stands on a worksheet: its lines that are not blank, what is merged there, and the faults of cells.

    ``uncalculated`` are line and column of formulas without a result, the first in each column; ``rounded`` those of
    numbers that lost digits.
    """

    lines: list[Line] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    uncalculated: dict[int, int] = field(default_factory=dict)
    rounded: list[tuple[int, int]] = field(default_factory=list)

    def faults(self) -> list[SheetFault]:
        """Cells that do not say what people see in them, or meant."""
        if not self.lines:
            return []
        return [*self._of_cells(self.lines[0][1]), *self._of_merged(self.lines[0][0])]

    def _of_cells(self, head: Sequence[str]) -> Iterator[SheetFault]:
        for column, line in self.uncalculated.items():
            why = "the formula was never calculated; open the file in a spreadsheet program and save it once"
            yield SheetFault(line, name_of(column, head), why)
        for line, column in self.rounded:
            why = (
                "a number of more than 15 digits, whose last are lost; make the column one of texts, and write it anew"
            )
            yield SheetFault(line, name_of(column, head), why)

    def _of_merged(self, head: int) -> Iterator[SheetFault]:
        there = [line for line, _ in self.lines]
        for reference in self.merged:
            first, last = _lines_of(reference)
            touched = next((line for line in there if first <= line <= last), 0)
            if touched == head:
                why = f"the cells {reference} are merged; in the head each column has a name of its own, on one line"
                yield SheetFault(head, "", why)
            elif touched:
                why = f"the cells {reference} are merged; take them apart, so that each line says all of itself"
                yield SheetFault(touched, "", why)


def read(parts: Parts, book: Book, sheet: Listed, most: Most, most_bytes: int) -> Content:
    """What stands on a worksheet.

    Raises
    ------
    SheetFaults
        If it is more than may be, or a part is missing.
    ValueError, expat.ExpatError
        If it is no worksheet.
    """
    reader = _Reader(book, most, most_bytes)
    walk(parts.pieces(sheet.part), reader.start, reader.end, reader.add)
    return reader.content


class _Reader:
    """Takes a worksheet's elements as they come."""

    def __init__(self, book: Book, most: Most, most_bytes: int) -> None:
        self.content = Content()
        self._book, self._most = book, most
        self._bytes_left = most_bytes
        self._cells_left = most.cells
        self._line = self._column = 0
        self._row: list[str] = []
        self._kind, self._format, self._has_formula = "n", PLAIN, False
        self._value: list[str] = []
        self._is_value = False
        self._text = Text()

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        match name:
            case "c":
                self._begin_cell(attributes)
            case "v":
                self._is_value = True
            case "f":
                self._has_formula = True
            case "row":
                self._begin_row(attributes)
            case "mergeCell":
                self._merge(attributes["ref"])
            case _:
                self._text.start(name)

    def add(self, piece: str) -> None:
        """Characters stand there."""
        if self._is_value:
            self._value.append(piece)
        else:
            self._text.add(piece)

    def end(self, name: str) -> None:
        """An element ends."""
        match name:
            case "c":
                self._end_cell()
            case "v":
                self._is_value = False
            case "row":
                self._end_row()
            case _:
                self._text.end(name)

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        line = int(attributes.get("r", self._line + 1))
        if line <= self._line:
            raise ValueError(f"row {line} stands behind row {self._line}")
        self._line, self._column, self._row = line, 0, []

    def _end_row(self) -> None:
        if is_blank(self._row):
            return
        if len(self.content.lines) > self._most.rows:
            why = f"more than {self._most.rows} rows; send them in several files"
            raise unfit(self._line, why)
        self._cells_left -= len(self._row)
        if self._cells_left < 0:
            why = f"more than {self._most.cells} cells; send them in several files"
            raise unfit(self._line, why)
        self.content.lines.append((self._line, self._row))

    def _begin_cell(self, attributes: Mapping[str, str]) -> None:
        reference = attributes.get("r")
        self._column = _column_of(reference) if reference else self._column + 1
        style = _counted(attributes.get("s", "0"))
        self._format = self._book.formats[style] if style < len(self._book.formats) else PLAIN
        self._kind, self._has_formula = attributes.get("t", "n"), False
        self._value.clear()
        self._text.take()

    def _end_cell(self) -> None:
        raw = "".join(self._value)
        if not raw and self._has_formula and self._kind != "str":
            self.content.uncalculated.setdefault(self._column, self._line)
        text = self._text.take() if self._kind == "inlineStr" else raw and self._told(raw)
        if not text:
            return
        if self._column > self._most.columns:
            if text.isspace():
                return
            why = f"something stands in column {letters(self._column)}; at most {self._most.columns} columns"
            raise unfit(self._line, why)
        text = unescaped(text) if self._kind in ("s", "str", "inlineStr") else text
        # The same text of the workbook's list may stand in any number of cells.
        self._bytes_left -= len(text) if text.isascii() else 3 * len(text)
        if self._bytes_left < 0:
            raise unfit(self._line, "from here on the texts are too many; send several files")
        self._row += [""] * (self._column - 1 - len(self._row))
        self._row[self._column - 1 :] = [text]

    def _told(self, raw: str) -> str:
        match self._kind:
            case "s":
                return self._book.texts[_counted(raw)]
            case "n":
                return self._number(raw)
            case "b":
                return TRUTHS[raw]
            case "d":
                return iso(raw, self._format)
        return raw

    def _number(self, raw: str) -> str:
        try:
            return number(raw, self._format, is_1904=self._book.is_1904)
        except Rounded:
            if len(self.content.rounded) < MOST_TOLD:
                self.content.rounded.append((self._line, self._column))
            return raw

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        if last and first != last and len(self.content.merged) < MOST_TOLD:
            self.content.merged.append(reference)


def _counted(raw: str) -> int:
    """A place in a list; `ValueError` where it can be none."""
    if not raw.isdecimal():
        raise ValueError(f"{raw[:40]!a} is no place in a list")
    return int(raw)


def _column_of(reference: str) -> int:
    found = REFERENCE.fullmatch(reference)
    if found is None:
        raise ValueError(f"{reference[:40]!a} is no cell")
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    if column > LAST_COLUMN:
        raise ValueError(f"{reference[:40]!a} is no cell")
    return column


def _lines_of(reference: str) -> tuple[int, int]:
    """The lines that a range of cells spans."""
    first, _, last = reference.partition(":")
    begin, end = REFERENCE.fullmatch(first), REFERENCE.fullmatch(last)
    if begin is None or end is None:
        raise ValueError(f"{reference[:40]!a} are no cells")
    return int(begin[2]), int(end[2])
