"""What a table that somebody sent is: a head that names its columns, rows of text below it, or every fault of it.

Plain data, which a child may answer with.
"""

from collections.abc import Iterable, Sequence

import msgspec

from layers.sheets.cells import MAX_CELL, letters, plain, units
from layers.texts import one_line


class SheetFault(msgspec.Struct, frozen=True, array_like=True):
    """What is wrong with a table, and why.

    ``line`` is counted from 1 as the sender's program counts it, 0 for the whole file; ``column`` is the column's
    name, its letter where it has none, "" for the whole line. ``why`` is English; `layers.words.told` says it in the
    language that is spoken.
    """

    line: int
    column: str
    why: str

    def __str__(self) -> str:
        if not self.line:
            return self.why
        return f"line {self.line}, {self.column}: {self.why}" if self.column else f"line {self.line}: {self.why}"


class SheetFaults(ValueError):
    """A table that cannot be taken, with every fault that was found."""

    def __init__(self, faults: Sequence[SheetFault]) -> None:
        super().__init__("; ".join(map(str, faults[:3])))
        self.faults = list(faults)


def unfit(line: int, why: str) -> SheetFaults:
    """A table that cannot be taken as a whole (line 0), or from a line on."""
    return SheetFaults([SheetFault(line, "", why)])


class SheetRow(msgspec.Struct, frozen=True, array_like=True):
    """A row below the head: the line that it begins on, and a text for each column, "" where there is none."""

    line: int
    cells: list[str]


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A table: the names of its columns, and its rows; those of which nothing is seen are left out.

    ``encoding`` is that of a CSV as people know it, "" for a workbook; ``title`` is the name of the workbook's sheet
    that was read, ``others`` are those that were not.
    """

    columns: list[str]
    rows: list[SheetRow]
    encoding: str = ""
    title: str = ""
    others: list[str] = []


class Most(msgspec.Struct, frozen=True, kw_only=True):
    """What a table may hold: rows below its head, columns, cells in all."""

    rows: int
    columns: int
    cells: int


Line = tuple[int, Sequence[str]]
"""Where a row begins, and its cells as they stand in the file."""


def is_blank(cells: Iterable[str]) -> bool:
    """Whether nothing is seen in any of them."""
    return not any(cell and not cell.isspace() for cell in cells)


def shaped(lines: Iterable[Line], most: Most) -> Sheet:
    """The table that lines make, the first with anything on it being the head.

    Raises
    ------
    SheetFaults
        With every line that does not fit its columns, or the first that is one too many.
    """
    seen = ((line, cells) for line, cells in lines if not is_blank(cells))
    head, names = next(seen, (0, ()))
    if not head:
        raise unfit(0, "the table is empty")
    columns, faults = _columns(head, names, most)
    rows: list[SheetRow] = []
    for line, cells in seen:
        if len(columns) == 1 and not rows and len(_trimmed(cells)) > 1:
            raise unfit(head, "a title, no head: the first line names one column only; take it out")
        if len(rows) >= most.rows:
            raise unfit(line, f"more than {most.rows} rows; send them in several files")
        if (len(rows) + 1) * len(columns) > most.cells:
            raise unfit(line, f"more than {most.cells} cells; send them in several files")
        row = [plain(cell) for cell in cells[: len(columns)]]
        if not is_blank(cells[len(columns) :]):
            why = f"{len(_trimmed(cells))} cells; columns in the head: {len(columns)}"
            faults.append(SheetFault(line, "", why))
        faults += (
            SheetFault(line, name, f"more than {MAX_CELL} characters")
            for name, cell in zip(columns, row, strict=False)
            if len(cell) > MAX_CELL // 2 and units(cell) > MAX_CELL
        )
        rows.append(SheetRow(line, row + [""] * (len(columns) - len(row))))
    if faults:
        raise SheetFaults(faults)
    return Sheet(columns=columns, rows=rows)


def name_of(column: int, head: Sequence[str]) -> str:
    """What people call a column, from 1: what the head says, or the letter above it."""
    return (one_line(plain(head[column - 1])) if column <= len(head) else "") or letters(column)


def _columns(line: int, names: Sequence[str], most: Most) -> tuple[list[str], list[SheetFault]]:
    columns = [one_line(plain(name)) for name in _trimmed(names)]
    if len(columns) > most.columns:
        raise unfit(line, f"{len(columns)} columns; at most {most.columns}")
    faults = []
    for number, name in enumerate(columns, 1):
        if not name:
            faults.append(SheetFault(line, letters(number), "a column without a name; give it one, or take it out"))
        elif name in columns[: number - 1]:
            first = letters(columns.index(name) + 1)
            faults.append(SheetFault(line, name, f"two columns have this name: {first} and {letters(number)}"))
    return columns, faults


def _trimmed(cells: Sequence[str]) -> Sequence[str]:
    """Without the cells at the end that are blank."""
    end = len(cells)
    while end and (not cells[end - 1] or cells[end - 1].isspace()):
        end -= 1
    return cells[:end]
