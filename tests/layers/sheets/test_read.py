"""Tables that people send as CSV, and what is sent in a table's place; and that what is written is read as it was."""

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers import words
from layers.sheets import delimited, out
from layers.sheets.out import Column
from layers.sheets.read import read
from layers.sheets.sheet import Most, Sheet, SheetFaults
from layers.sheets.task import Asked, found
from layers.texts import cleaned
from store import budgets

TABLE = "编号,姓名,说明\n1,王小明,岩上村一号楼\n2,李雷,方岩镇橙麓小区\n"
MOST = Most(rows=20_000, columns=200, cells=1_000_000)
WANTED = Asked(file="table.xlsx", most=MOST, unpacked=256 << 20, ratio=100, text_bytes=32 << 20)
TEXTS = st.text(st.characters(), max_size=30) | st.text("'=+-@＝ \n\t\"_x005FA,;", max_size=12)


def faults(content: bytes, name: str = "") -> list[tuple[int, str, str]]:
    """What is wrong with a file; each has its Chinese too."""
    with pytest.raises(SheetFaults) as bad:
        read(content, name=name)
    for one in bad.value.faults:
        assert (words.in_chinese(one.why) or "").strip() != one.why
        assert words.in_chinese(one.why) is not None, one.why
    return [(one.line, one.column, one.why) for one in bad.value.faults]


def sheet_of(content: bytes) -> Sheet:
    """The table of a file that is ours, read without a process of its own."""
    if not content.startswith(b"PK"):
        return read(content)
    answer = found(content, WANTED)
    assert answer.sheet is not None, answer.faults
    return answer.sheet


def lines(sheet: Sheet) -> list[tuple[int, list[str]]]:
    """Its rows as plain data."""
    return [(row.line, row.cells) for row in sheet.rows]


def csv(text: str) -> Sheet:
    """A table that is sent as UTF-8."""
    return read(text.encode())


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("gbk", "GB18030"),
        ("gb18030", "GB18030"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_is_read_however_it_was_saved(encoding: str, told: str, end: str, separator: str) -> None:
    sheet = read(TABLE.replace("\n", end).replace(",", separator).encode(encoding))
    assert (sheet.columns, sheet.encoding) == (["编号", "姓名", "说明"], told)
    assert lines(sheet) == [(2, ["1", "王小明", "岩上村一号楼"]), (3, ["2", "李雷", "方岩镇橙麓小区"])]


def test_big_endian_utf_16_and_characters_beyond_gbk_are_read() -> None:
    assert read(codecs.BOM_UTF16_BE + TABLE.encode("utf-16-be")).columns == ["编号", "姓名", "说明"]
    assert lines(read("编号,姓名\n1,𠮷野家的橙麓小区\n".encode("gb18030"))) == [(2, ["1", "𠮷野家的橙麓小区"])]


def test_lines_are_counted_as_an_editor_does_and_blank_ones_left_out() -> None:
    sheet = csv('\n,,\na,b\r\n\n1,"第一行\r\n第二行"\r  ,\t\n2,"x""y"\n')
    assert (sheet.columns, lines(sheet)) == (["a", "b"], [(5, ["1", "第一行\n第二行"]), (8, ["2", 'x"y'])])


def test_columns_without_anything_at_the_end_do_not_count_and_short_rows_are_filled_up() -> None:
    sheet = csv("a, b ,,\n1,2,, \n3\n")
    assert (sheet.columns, lines(sheet)) == (["a", "b"], [(2, ["1", "2"]), (3, ["3", ""])])


def test_a_name_of_two_lines_is_one_and_its_separators_do_not_count() -> None:
    assert csv('"联系\n电话;手机;住宅",b\n1,2\n').columns == ["联系 电话;手机;住宅", "b"]


def test_a_head_alone_is_a_table_without_rows() -> None:
    assert lines(csv("编号,姓名")) == []


@pytest.mark.parametrize(
    ("text", "line", "column", "why"),
    [
        ("a,b\n1,2\n3,4,5\n", 3, "", "3 cells; columns in the head: 2"),
        ('a,b\n1,"x\ny"\n"2\n\n",z\n3,"never\nends\n', 7, "", "the quote that opens a cell here is never closed"),
        ('a,b\n1,"two\nlines","open\n3,4\n', 3, "", "the quote that opens a cell here is never closed"),
        ('a,b\n1,"x" y\n', 2, "", "text stands behind a closing quote; quotes within a cell are written twice"),
        ("a,b\n1,\0\n", 2, "", "a NUL character, so this is no text; save the table as CSV UTF-8"),
        (
            "2026年名册\n编号,姓名\n1,王\n",
            1,
            "",
            "a title, no head: the first line names one column only; take it out",
        ),
        ("a,,b\n1,2,3\n", 1, "B", "a column without a name; give it one, or take it out"),
        ("a,b,a \n1,2,3\n", 1, "a", "two columns have this name: A and C"),
        ("a,说明\n1," + "长" * 32_768, 2, "说明", "more than 32767 characters"),
        ('a,说明\n1,"' + "x" * 200_000 + '"\n', 2, "", "more than 32767 characters"),
        ("\n,,\n \n", 0, "", "the table is empty"),
        ("", 0, "", "the file is empty"),
        ("\ufeff\r\n", 0, "", "the file is empty"),
        (",".join(map(str, range(201))), 1, "", "201 columns; at most 200"),
    ],
)
def test_what_is_wrong_is_told_by_line_and_column(text: str, line: int, column: str, why: str) -> None:
    assert faults(text.encode()) == [(line, column, why)]


def test_every_fault_is_told_not_only_the_first() -> None:
    assert [line for line, _, _ in faults(b"a,b\n1,2,3\n1,2\n1,2,3\n")] == [2, 4]


def test_a_text_in_no_encoding_is_told_with_the_line() -> None:
    why = "the text is neither UTF-8 nor GB18030; save the table as CSV UTF-8"
    assert faults(TABLE.encode() + b"3,\xff\xff,x\n") == [(4, "", why)]
    assert faults(codecs.BOM_UTF8 + TABLE.encode() + "3,王\n".encode("gbk")) == [(4, "", why)]
    assert faults(TABLE.encode("utf-16-le"))[0][2].startswith(("a NUL character", "the text is neither"))


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.xls", "of the format .xls (Excel 97-2003)"),
        (b"%PDF-1.7\n", "名册.pdf", "of the format PDF"),
        (b"\r\n<html><table><tr><td>1</table>", "a.xls", "called .xls, but of the format HTML"),
        (b'<?xml version="1.0"?><Workbook/>', "", "of the format XML"),
        (b"\x89PNG\r\n\x1a\n", "a.csv", "called .csv, but of the format PNG"),
        (b"{\\rtf1 x}", "", "of the format RTF"),
    ],
)
def test_what_is_no_table_is_refused_by_the_name_of_its_format(content: bytes, name: str, why: str) -> None:
    assert faults(content, name) == [(0, "", f"{why}; save the table as XLSX or as CSV UTF-8")]


def test_an_encrypted_workbook_is_told_so() -> None:
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    assert faults(content) == [(0, "", "the workbook is encrypted; save it without a password")]


def test_a_head_that_begins_with_less_than_is_no_page() -> None:
    assert csv("<60岁,>=60岁\n3,4\n").columns == ["<60岁", ">=60岁"]


@pytest.mark.parametrize(
    ("numbers", "text", "told"),
    [
        ({"table_rows": 2}, "a\n1\n2\n3\n", (4, "", "more than 2 rows; send them in several files")),
        ({"table_cells": 5}, "a,b\n1,2\n3,4\n5,6\n", (4, "", "more than 5 cells; send them in several files")),
        ({"table_columns": 2}, "a,b,c\n", (1, "", "3 columns; at most 2")),
        ({"table_bytes": 5}, "a,b\n1,2\n", (0, "", "the file has more than 5 bytes; send several")),
    ],
)
def test_one_over_a_bound_is_told(
    monkeypatch: pytest.MonkeyPatch, numbers: dict[str, int], text: str, told: tuple[int, str, str]
) -> None:
    monkeypatch.setattr(budgets, "_in_force", budgets.with_numbers(numbers))
    assert faults(text.encode()) == [told]


def test_as_much_as_there_may_be_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = {"table_rows": 2, "table_cells": 4, "table_columns": 2, "table_bytes": 12}
    monkeypatch.setattr(budgets, "_in_force", budgets.with_numbers(numbers))
    assert len(csv("a,b\n1,2\n3,4\n").rows) == 2


@given(st.binary(max_size=60) | st.text(",;\t\"'\r\n =a王\x85", max_size=40).map(str.encode))
def test_any_bytes_are_a_table_or_refused(content: bytes) -> None:
    try:
        sheet = delimited.read(content, MOST)
    except SheetFaults:
        return
    assert {len(row.cells) for row in sheet.rows} <= {len(sheet.columns)}


@pytest.mark.parametrize("form", out.FORMATS)
@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.lists(TEXTS.map(cleaned), min_size=2, max_size=2), max_size=4))
def test_what_was_written_is_read_as_it_was(form: str, rows: list[list[str]]) -> None:
    numbered = [[str(number), *row] for number, row in enumerate(rows)]
    columns = [Column(name, 9, [row[place] for row in numbered]) for place, name in enumerate(("号", "=甲", "乙"))]
    sheet = sheet_of(out.table(form, "表", columns))
    assert sheet.columns == ["号", "=甲", "乙"]
    assert [row.cells for row in sheet.rows] == numbered


@pytest.mark.parametrize("form", out.FORMATS)
@pytest.mark.parametrize(
    "text", ["'=1", "''", "'", "''-2", "-2", " '=1", "_x0041_", "_x005F_x0041_", "x005F_", "#N/A", "TRUE"]
)
def test_what_looks_like_a_guard_is_kept(form: str, text: str) -> None:
    assert sheet_of(out.table(form, "表", [Column("a", 9, [text, "x"])])).rows[0].cells == [text]
