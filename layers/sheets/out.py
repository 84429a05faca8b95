"""Tables for a spreadsheet, as CSV (RFC 4180) or XLSX: the one place where what is exported becomes cells.

Nothing in a cell is run by a spreadsheet, and nothing makes a file that cannot be opened. Times are real
ones, of the clock in Asia/Shanghai.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from layers.sheets.cells import MAX_CELL, escaped, guarded
from layers.texts import cleaned
from store import far
from store.instant import SHANGHAI, Instant, local_date, now, to_datetime

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
CUT = "…"
WHEN = "yyyy-mm-dd hh:mm:ss"

Cell = str | float | datetime | None


@dataclass(frozen=True)
class Column:
    """A column: what stands above it, how wide it is in characters, and a value a row.

    Values are texts, numbers, times by `moment`, or None where there is none.
    """

    name: str
    width: int
    values: Sequence[Cell]


def attachment(name: str, form: str, at: Instant | None) -> dict[str, str]:
    """The header by which a file is kept under a name with the day that it shows: today, or that of a past time."""
    day = local_date(now() if at is None else at)
    return {"Content-Disposition": f'attachment; filename="{name}-{day}.{form}"'}


def moment(instant: Instant | None) -> datetime | None:
    """A time as a cell holds it: of the clock in Asia/Shanghai, to the second."""
    if instant is None:
        return None
    return to_datetime(instant).astimezone(SHANGHAI).replace(tzinfo=None, microsecond=0)


def text_cell(text: str) -> str:
    """A text that a spreadsheet shows whole, and does not run."""
    text = guarded(cleaned(text))
    if len(text.encode("utf-16-le")) // 2 > MAX_CELL:
        kept = text.encode("utf-16-le")[: 2 * (MAX_CELL - 1)]
        text = kept.decode("utf-16-le", errors="ignore") + CUT
    return text


def table(form: str, title: str, columns: Sequence[Column]) -> bytes:
    """A file of a format of `FORMATS`; ``title`` names the sheet."""
    return _csv(columns) if form == "csv" else _xlsx(title, columns)


def _rows(columns: Sequence[Column]) -> Iterator[tuple[Cell, ...]]:
    return far.counted("writing", list(zip(*(column.values for column in columns), strict=True)))


def _csv(columns: Sequence[Column]) -> bytes:
    kept = io.StringIO(newline="")
    out = csv.writer(kept, lineterminator="\r\n")
    out.writerow(text_cell(column.name) for column in columns)
    out.writerows([text_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in _rows(columns))
    # The mark at the beginning tells spreadsheets that it is UTF-8.
    return kept.getvalue().encode("utf-8-sig")


def _xlsx(title: str, columns: Sequence[Column]) -> bytes:
    from openpyxl import Workbook  # type: ignore[import-untyped]  # a start need not wait for it
    from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]
    from openpyxl.styles import Font  # type: ignore[import-untyped]
    from openpyxl.utils import get_column_letter  # type: ignore[import-untyped]

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for number, column in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    bold = Font(bold=True)

    def cell(value: Cell, font: Font | None = None) -> Any:
        if not isinstance(value, str):
            made = WriteOnlyCell(sheet, value)
            if isinstance(value, datetime):
                made.number_format = WHEN
            return made
        text = text_cell(value)
        if not text:
            return None
        made = WriteOnlyCell(sheet, escaped(text))
        made.data_type = "s"  # "#N/A" is a text here, not an error
        if font is not None:
            made.font = font
        return made

    sheet.append([cell(column.name, bold) for column in columns])
    count = 1
    for row in _rows(columns):
        sheet.append([cell(value) for value in row])
        count += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{count}"
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()
