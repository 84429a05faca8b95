"""Workbooks that people send: what they see in a cell is read, and what means ill does nothing."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from layers.sheets.read import read
from layers.sheets.task import Asked, found
from store import budgets
from store.instant import SHANGHAI
from tests.layers.sheets.test_read import WANTED, faults, lines, sheet_of

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
PACKAGE = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STYLES = '<xf/><xf numFmtId="31"/><xf numFmtId="55"/>'
HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" t="inlineStr"><is><t>b</t></is></c></row>'


def clock(*said: int) -> datetime:
    """A time of the clock on the wall, as a cell holds it: without a zone."""
    return datetime(*said, tzinfo=SHANGHAI).replace(tzinfo=None)  # type: ignore[misc,arg-type]


def saved(fill: Callable[[Worksheet], None]) -> bytes:
    """A workbook with a sheet that somebody filled."""
    book = openpyxl.Workbook()
    fill(book.active)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def table(*rows: list[Any], formats: dict[str, str] | None = None) -> bytes:
    """A workbook of these rows."""

    def fill(sheet: Worksheet) -> None:
        for row in rows:
            sheet.append(row)
        for cell, shown in (formats or {}).items():
            sheet[cell].number_format = shown

    return saved(fill)


def by_hand(rows: str, *, more: str = "", parts: dict[str, str | None] | None = None, start: str = "") -> bytes:
    """A workbook as a program of one's own writes it; ``parts`` stand in the place of others, None takes one out."""
    kinds = {"rId1": ("worksheet", "worksheets/sheet1.xml"), "rId2": ("sharedStrings", "/xl/sharedStrings.xml")}
    kinds |= {"rId3": ("styles", "styles.xml")}
    named = "".join(f'<Relationship Id="{i}" Type="{OFFICE}/{k}" Target="{t}"/>' for i, (k, t) in kinds.items())
    root = f'<Relationship Id="r" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    sheets = '<sheets><sheet name="名册" sheetId="1" r:id="rId1"/></sheets>'
    made: dict[str, str | None] = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f"<Relationships {PACKAGE}>{root}</Relationships>",
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{OFFICE}">{sheets}</workbook>',
        "xl/_rels/workbook.xml.rels": f"<Relationships {PACKAGE}>{named}</Relationships>",
        "xl/sharedStrings.xml": f"<sst {MAIN}><si><t>甲</t></si></sst>",
        "xl/styles.xml": f"<styleSheet {MAIN}><cellXfs>{STYLES}</cellXfs></styleSheet>",
        "xl/worksheets/sheet1.xml": f"{start}<worksheet {MAIN}><sheetData>{rows}</sheetData>{more}</worksheet>",
    }
    made |= parts or {}
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in made.items():
            if content is not None:
                archive.writestr(name, content)
    return kept.getvalue()


def why(content: bytes, wanted: Asked = WANTED) -> str:
    """Why a workbook is not taken."""
    answer = found(content, wanted)
    assert answer.sheet is None
    return str(answer.faults[0]) if answer.faults else answer.form


def cells(content: bytes) -> list[str]:
    """The cells of the one row."""
    (row,) = sheet_of(content).rows
    return row.cells


@pytest.mark.parametrize(
    ("value", "shown", "text"),
    [
        (3, "General", "3"),
        (3.0, "0.00", "3"),
        (0.1, "General", "0.1"),
        (0.1 + 0.2, "General", "0.3"),
        (-12.5, "#,##0.00;[Red]-#,##0.00", "-12.5"),
        (13812345678, "General", "13812345678"),
        (123456789012345, "0", "123456789012345"),
        (7, "0000", "0007"),
        (1e-12, "General", "1E-12"),
        (0.5, "0%", "0.5"),
        (True, "General", "TRUE"),
        (False, "General", "FALSE"),
        ("#N/A", "General", "#N/A"),
        ("00123", "@", "00123"),
        (" 两边 ", "General", " 两边 "),
        (date(2026, 11, 27), "yyyy-mm-dd", "2026-11-27"),
        (clock(2026, 11, 27, 18), "yyyy-mm-dd hh:mm:ss", "2026-11-27 18:00:00"),
        (clock(2026, 11, 27), "yyyy-mm-dd hh:mm:ss", "2026-11-27 00:00:00"),
        (clock(2026, 11, 27, 18), 'yyyy"年"m"月"d"日";@', "2026-11-27"),
        (clock(2026, 11, 27, 18, 29, 59), "[$-804]yyyy/m/d h:mm", "2026-11-27 18:29:59"),
        (clock(1900, 2, 28), "yyyy-mm-dd", "1900-02-28"),
        (time(18, 0), "h:mm", "18:00:00"),
        (timedelta(hours=36), "[h]:mm:ss", "36:00:00"),
        (-1, "yyyy-mm-dd", "-1"),
        (3_000_000, "yyyy-mm-dd", "3000000"),
        (12, '0"月"', "12"),
    ],
)
def test_a_cell_is_what_people_see_in_it(value: object, shown: str, text: str) -> None:
    assert cells(table(["a"], [value], formats={"A2": shown})) == [text]


def test_days_are_counted_from_1904_where_the_workbook_says_so() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.parent.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        sheet.append(["a"])
        sheet.append([clock(2026, 11, 27, 18)])

    assert cells(saved(fill)) == ["2026-11-27 18:00:00"]


def test_dates_of_a_chinese_system_are_dates_though_no_format_is_written_out() -> None:
    row = '<row r="2"><c r="A2" s="1"><v>46353</v></c><c r="B2" s="2"><v>0.75</v></c></row>'
    assert cells(by_hand(HEAD + row)) == ["2026-11-27", "18:00:00"]


def test_texts_are_put_together_without_how_they_are_spoken_and_with_what_xml_cannot_hold() -> None:
    runs = '<r><rPr><b/></rPr><t>王</t></r><r><t xml:space="preserve"> 小明</t></r>'
    strings = f'<sst {MAIN}><si>{runs}<rPh sb="0" eb="1"><t>wang</t></rPh></si>'
    strings += "<si><t>一_x000D_&#10;二_x005F_x0041_</t></si></sst>"
    row = '<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>1</v></c></row>'
    assert cells(by_hand(HEAD + row, parts={"xl/sharedStrings.xml": strings})) == ["王 小明", "一\n二_x0041_"]


def test_what_a_formula_came_to_is_read_and_an_error_is_its_text() -> None:
    row = '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c><c r="B2" t="e"><f>NA()</f><v>#N/A</v></c></row>'
    row += '<row r="3"><c r="A3" t="str"><f>"x"</f><v>x</v></c><c r="B3" t="str"><f>""</f><v></v></c></row>'
    assert [row.cells for row in sheet_of(by_hand(HEAD + row)).rows] == [["2", "#N/A"], ["x", ""]]


def test_a_formula_that_was_never_calculated_is_told_once_a_column() -> None:
    content = table(["号", "和"], [1, "=A2+1"], [2, "=A3+1"])
    assert why(content).startswith("line 2, 和: the formula was never calculated; open the file")
    assert len(found(content, WANTED).faults) == 1


def test_a_number_that_lost_its_last_digits_is_told() -> None:
    content = table(["姓名", "身份证号"], ["王", 331022199001011234], ["李", "331022199001011234"], ["张", 3.3e17])
    told = "a number of more than 15 digits, whose last are lost; make the column one of texts, and write it anew"
    assert [(one.line, one.column, one.why) for one in found(content, WANTED).faults] == [
        (2, "身份证号", told),
        (4, "身份证号", told),
    ]


def test_hidden_rows_count_and_lines_are_those_of_the_sheet() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet["A2"], sheet["B2"], sheet["A4"], sheet["B7"] = "a", "b", 1, 2
        sheet.row_dimensions[4].hidden = True
        sheet["D9"].font = openpyxl.styles.Font(bold=True)

    assert lines(sheet_of(saved(fill))) == [(4, ["1", ""]), (7, ["", "2"])]


def test_of_several_sheets_the_first_that_is_seen_is_read_and_the_others_are_told() -> None:
    book = openpyxl.Workbook()
    book.active.title = "藏"
    book.active.sheet_state = "hidden"
    book.create_chartsheet("图")
    for title in ("名册", "旧"):
        book.create_sheet(title).append([title])
    kept = io.BytesIO()
    book.save(kept)
    sheet = sheet_of(kept.getvalue())
    assert (sheet.title, sheet.columns, sheet.others) == ("名册", ["名册"], ["藏", "旧"])


@pytest.mark.parametrize(
    ("merged", "told"),
    [
        ("A1:B1", "line 1: the cells A1:B1 are merged; in the head each column has a name of its own, on one line"),
        ("A1:A2", "line 1: the cells A1:A2 are merged; in the head each column has a name of its own, on one line"),
        ("A2:A3", "line 2: the cells A2:A3 are merged; take them apart, so that each line says all of itself"),
    ],
)
def test_merged_cells_are_told(merged: str, told: str) -> None:
    def fill(sheet: Worksheet) -> None:
        for row in (["a", "b"], [1, 2], [3, 4]):
            sheet.append(row)
        sheet.merge_cells(merged)

    assert why(saved(fill)) == told


def test_cells_that_are_merged_where_nothing_stands_are_nobodys_business() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(["a"])
        sheet.append([1])
        sheet.merge_cells("A5:C9")

    assert cells(saved(fill)) == ["1"]


def test_other_names_for_the_same_spaces_are_known() -> None:
    """As a strict workbook has them (ISO/IEC 29500), with prefixes."""
    strict = "http://purl.oclc.org/ooxml/spreadsheetml/main"
    rows = '<x:row r="1"><x:c r="A1" t="s"><x:v>0</x:v></x:c></x:row>'
    rows += '<x:row r="2"><x:c r="A2" t="d"><x:v>2026-11-27T18:00:00.000</x:v></x:c></x:row>'
    sheet = f'<x:worksheet xmlns:x="{strict}"><x:sheetData>{rows}</x:sheetData></x:worksheet>'
    found_there = sheet_of(by_hand("", parts={"xl/worksheets/sheet1.xml": sheet}))
    assert (found_there.columns, lines(found_there)) == (["甲"], [(2, ["2026-11-27 18:00:00"])])


def test_rows_and_cells_need_no_addresses() -> None:
    row = "<row><c><v>1</v></c><c><v>2</v></c></row>"
    assert lines(sheet_of(by_hand(HEAD + row))) == [(2, ["1", "2"])]


def test_a_row_that_does_not_fit_its_head_is_told_by_line_as_in_a_csv() -> None:
    assert why(table(["a", "b"], [1, 2], [1, 2, 3])) == "line 3: 3 cells; columns in the head: 2"


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("start", [ENTITIES, OUTSIDE, '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'])
@pytest.mark.parametrize("where", ["sheet", "strings", "workbook"])
def test_a_document_type_is_refused_in_every_part(start: str, where: str) -> None:
    names = {"strings": "xl/sharedStrings.xml", "workbook": "xl/workbook.xml"}
    parts: dict[str, str | None] = {names[where]: f"{start}<x>&xxe;</x>"} if where in names else {}
    content = by_hand(HEAD, parts=parts, start=start if where == "sheet" else "")
    assert why(content) == "it declares a document type, as no spreadsheet program does"


def test_what_lies_outside_is_not_looked_for() -> None:
    link = f'<Relationship Id="r9" Type="{OFFICE}/externalLink" Target="file:///etc/passwd" TargetMode="External"/>'
    sheet = (
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="http://127.0.0.1:9/s.xml" TargetMode="External"/>'
    )
    parts: dict[str, str | None] = {
        "xl/_rels/workbook.xml.rels": f"<Relationships {PACKAGE}>{link}{sheet}</Relationships>"
    }
    assert why(by_hand(HEAD, parts=parts)) == "the workbook has no sheet that is not hidden"
    leads_out = f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="../../../etc/passwd"/>'
    parts = {"xl/_rels/workbook.xml.rels": f"<Relationships {PACKAGE}>{leads_out}</Relationships>"}
    assert why(by_hand(HEAD, parts=parts)) == "a part of the workbook is missing: 'etc/passwd'"


@pytest.mark.parametrize("part", ["_rels/.rels", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"])
def test_a_missing_part_is_told(part: str) -> None:
    assert why(by_hand(HEAD, parts={part: None})) == f"a part of the workbook is missing: {part!r}"


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("mimetype", ".ods (OpenDocument)"),
        ("word/document.xml", ".docx (Word)"),
        ("xl/workbook.bin", ".xlsb (Excel)"),
        ("a.csv", "ZIP"),
    ],
)
def test_other_archives_are_refused_by_the_name_of_their_format(name: str, form: str) -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr(name, "x")
    assert why(kept.getvalue()) == form


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="2"><c r="A2" t="s"><v>9</v></c></row>',
        '<row r="2"><c r="A2" t="s"><v>-1</v></c></row>',
        '<row r="2"><c r="A2"><v>drei</v></c></row>',
        '<row r="2"><c r="A2"><v>1e999</v></c></row>',
        '<row r="2"><c r="A2" t="b"><v>7</v></c></row>',
        '<row r="2"><c r="ZZZ2"><v>1</v></c></row>',
        '<row r="2"><c r="A1:B2"><v>1</v></c></row>',
        '<row r="2"/><row r="2"/>',
        '<row r="-5"/>',
        '<row r="2"><c',
    ],
)
def test_what_is_no_worksheet_is_damaged(rows: str) -> None:
    assert why(by_hand(HEAD + rows)).startswith("the workbook is damaged: ")


def test_a_broken_archive_is_damaged() -> None:
    content = by_hand(HEAD)
    for broken in (content[:200], content[:-30], b"PK\x03\x04", content[:60] + b"\xff" * 40 + content[100:]):
        assert why(broken).startswith("the workbook is damaged: ")


def test_a_bomb_is_told_before_it_is_unpacked_whole() -> None:
    blanks = by_hand(HEAD + " " * (40 << 20))
    assert len(blanks) < 100_000
    assert why(blanks) == "it unpacks to more than 256 MiB, or than 100 times its size"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ('<row r="9"><c r="GS9"><v>1</v></c></row>', "line 9: something stands in column GS; at most 200 columns"),
        (
            "".join(f"<row><c><v>{n}</v></c><c><v>1</v></c></row>" for n in range(4)),
            "line 5: more than 3 rows; send them in several files",
        ),
    ],
)
def test_one_over_a_bound_is_told(rows: str, told: str) -> None:
    most = type(WANTED.most)(rows=3, columns=200, cells=1_000)
    wanted = Asked(file="", most=most, unpacked=WANTED.unpacked, ratio=100, text_bytes=1_000)
    assert why(by_hand(HEAD + rows), wanted) == told


def test_a_long_text_in_very_many_cells_is_told() -> None:
    strings = f"<sst {MAIN}><si><t>{'长' * 30_000}</t></si></sst>"
    rows = "".join('<row><c t="s"><v>0</v></c></row>' for _ in range(1_000))
    content = by_hand(HEAD + rows, parts={"xl/sharedStrings.xml": strings})
    assert why(content) == "line 374: from here on the texts are too many; send several files"


def test_a_dimension_that_lies_costs_nothing() -> None:
    content = by_hand(HEAD, start='<?xml version="1.0"?>', more='<dimension ref="A1:XFD1048576"/>')
    assert lines(sheet_of(content)) == []


def test_another_process_reads_it_and_is_ended_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    content = by_hand(HEAD + '<row r="2"><c r="A2" t="s"><v>0</v></c></row>')
    sheet = read(content, name="名册.xlsx")
    assert (sheet.title, lines(sheet), sheet.encoding) == ("名册", [(2, ["甲", ""])], "")
    assert faults(by_hand(HEAD, start=OUTSIDE))[0][0] == 0
    assert faults(table(["甲"], ["=1+1"]))[0][:2] == (2, "甲")
    monkeypatch.setattr(budgets, "_in_force", budgets.with_numbers({"table_seconds": 0.01}))
    assert faults(content) == [(0, "", "reading it takes more than 0.01 s")]


def test_an_archive_of_another_format_is_told_with_what_it_is_called() -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    told = "of the format .ods (OpenDocument); save the table as XLSX or as CSV UTF-8"
    assert faults(kept.getvalue(), "a.ods") == [(0, "", told)]
    assert faults(kept.getvalue(), "a.xlsx") == [(0, "", f"called .xlsx, but {told}")]
