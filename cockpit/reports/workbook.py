"""A report as XLSX: every figure, and the rows behind every chart and table. The same figures give the same bytes."""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from cockpit.reports import written
from cockpit.reports.gather import Gathered
from cockpit.reports.paper import document
from layers.sections import Cell, Figure
from layers.sheets.cells import escaped
from layers.sheets.out import moment, text_cell
from store.instant import to_datetime
from store.language import Word, named, say, speaking

ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest that a ZIP can say: when it was packed is nobody's matter."""
CORE = "docProps/core.xml"
WIDEST, NARROWEST = 48, 8
TITLE_LENGTH = 31
FORBIDDEN = re.compile(r"[\\/*?:\[\]]")
"""What Excel takes in no sheet's name, and how long that may be."""


def xlsx(gathered: Gathered, language: str) -> bytes:
    """The report as a workbook in a language."""
    from openpyxl import Workbook  # type: ignore[import-untyped]

    with speaking(language):
        book = Workbook(write_only=True)
        taken: set[str] = set()

        def sheet(title: str, heads: Sequence[str], rows: Iterable[Sequence[tuple[Cell, Figure]]]) -> None:
            _sheet(book, _title(title, taken), heads, list(rows))

        told = document(gathered)
        about = [(told["community"], told["heading"]), (say("期间"), told["period"]), *told["about"]]
        sheet(say("说明"), [say("项目"), say("内容")], [[(name, TEXT), (value, TEXT)] for name, value in about])
        sheet(say("指标"), [say("部分"), say("指标"), say("数值"), say("单位")], _figures(gathered))
        for one in gathered.sections:
            for code, table in one.described.tables.items():
                columns = list(table.columns.items())
                sheet(
                    f"{named(one.described)} {named(table)}",
                    [written.head(column) for _, column in columns],
                    [[(row.get(code), column) for code, column in columns] for row in one.told.tables.get(code, [])],
                )
        kept = io.BytesIO()
        book.save(kept)
    return _settled(kept.getvalue(), gathered)


TEXT = Figure(name="", name_en="", kind="text")


def _figures(gathered: Gathered) -> Iterable[Sequence[tuple[Cell, Figure]]]:
    for one in gathered.sections:
        for code, figure in one.described.figures.items():
            yield (
                (named(one.described), TEXT),
                (named(figure), TEXT),
                (one.told.figures[code], figure),
                (written.unit(figure) or ("%" if figure.kind == "share" else ""), TEXT),
            )


def _title(title: str, taken: set[str]) -> str:
    """A name for a sheet that no other has."""
    base = FORBIDDEN.sub(" ", title).strip()[:TITLE_LENGTH]
    name, number = base, 2
    while name.lower() in taken:
        ending = f" {number}"
        name, number = base[: TITLE_LENGTH - len(ending)] + ending, number + 1
    taken.add(name.lower())
    return name


def _sheet(book: Any, title: str, heads: Sequence[str], rows: list[Sequence[tuple[Cell, Figure]]]) -> None:
    from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]
    from openpyxl.styles import Alignment, Font  # type: ignore[import-untyped]
    from openpyxl.utils import get_column_letter  # type: ignore[import-untyped]

    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for place, head in enumerate(heads):
        longest = max([written.width(head), *(written.width(_shown(row[place])) for row in rows[:200])])
        letter = get_column_letter(place + 1)
        sheet.column_dimensions[letter].width = min(WIDEST, max(NARROWEST, longest + 2))
    bold, right = Font(bold=True), Alignment(horizontal="right")

    def head_cell(text: str) -> Any:
        cell = WriteOnlyCell(sheet, escaped(text_cell(text)))
        cell.font = bold
        return cell

    def cell(value: Cell, described: Figure) -> Any:
        kept, form = _kept(value, described)
        made = WriteOnlyCell(sheet, escaped(kept) if isinstance(kept, str) else kept)
        if isinstance(kept, str):
            made.data_type = "s"
            if written.is_number(described):
                made.alignment = right
        elif form is not None:
            made.number_format = form
        return made if kept is not None else None

    sheet.append([head_cell(head) for head in heads])
    for row in rows:
        sheet.append([cell(value, described) for value, described in row])
    if rows:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{len(rows) + 1}"


def _kept(value: Cell, described: Figure) -> tuple[Any, str | None]:
    """A value as a cell keeps it, and how it is shown."""
    if value is None or isinstance(value, bool):
        return value, None
    if isinstance(value, Word):
        return text_cell(written.word(value)), None
    if described.kind == "day" and isinstance(value, str):
        return date.fromisoformat(value), "yyyy-mm-dd"
    if isinstance(value, str):
        return text_cell(value), None
    digits = "0" if described.digits == 0 else "0." + "0" * described.digits
    match described.kind:
        case "share":
            return value, f"{digits}%"
        case "money":
            return value / 100, "#,##0.00"
        case "moment":
            return moment(int(value)), "yyyy-mm-dd hh:mm"
        case "plain":
            return value, "General"
    return value, digits


def _shown(cell: tuple[Cell, Figure]) -> str:
    return written.text(*cell)


def _settled(content: bytes, gathered: Gathered) -> bytes:
    """The same without a trace of when it was packed: its date is the moment that its figures were known at."""
    known = f"{to_datetime(gathered.known_at):%Y-%m-%dT%H:%M:%SZ}"
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            part = before.read(name)
            if name == CORE:
                part = _dated(part, known)
            info = zipfile.ZipInfo(name, ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            after.writestr(info, part, compresslevel=6)
    return kept.getvalue()


def _dated(core: bytes, known: str) -> bytes:
    change: Callable[[re.Match[bytes]], bytes] = lambda found: found[1] + known.encode() + found[2]  # noqa: E731
    dated = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</)", change, core)
    return re.sub(rb"<dc:creator>[^<]*</dc:creator>", b"<dc:creator>CIM cockpit</dc:creator>", dated)
