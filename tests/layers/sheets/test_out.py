"""What is exported: any text makes a file that opens, runs nothing, and says what it said."""

import csv
import io
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.sheets import out
from layers.sheets.cells import MAX_CELL
from layers.sheets.out import Column, moment, text_cell
from layers.texts import cleaned, one_line
from tests.layers.test_working_time import local

HOSTILE = [
    "a\x0bb",
    "nul\x00\x1b[31m",
    "half \ud800 a character",
    "\ufffe\uffff",
    "=1+1",
    " =1+1",
    "\n=1+1",
    "\t@SUM(A1)",
    "＝1+1",
    "-2+3",
    "#N/A",
    "=" * 3,
    "长" * 40_000,
    "𠮷" * 20_000,
    '引号" 和,逗号\r\n第二行',
]


def read_xlsx(content: bytes) -> Any:
    """The one sheet of a file."""
    return openpyxl.load_workbook(io.BytesIO(content)).active


def read_csv(content: bytes) -> list[list[str]]:
    """The rows of a file, read as RFC 4180 says."""
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_a_file_or_is_run(text: str) -> None:
    column = [Column("标题", 20, [text])]
    cell = read_xlsx(out.table("xlsx", "t", column))["A2"]
    assert cell.data_type in ("s", "n"), "no formula and no error; what is left empty is no text"
    assert cell.value == (text_cell(text) or None)
    assert read_csv(out.table("csv", "t", column))[1] == [text_cell(text)]
    assert not text_cell(text).lstrip().startswith(("=", "+", "-", "@", "＝"))
    assert len(text_cell(text).encode("utf-16-le")) // 2 <= MAX_CELL


@given(st.text(st.characters(), max_size=40))
def test_any_text_at_all_makes_a_file(text: str) -> None:
    for form in out.FORMATS:
        assert out.table(form, "t", [Column("标题", 20, [text])])
    assert cleaned(cleaned(text)) == cleaned(text)
    assert "\n" not in one_line(text)


def test_times_are_times_the_head_stays_and_columns_are_wide_enough() -> None:
    when = local("2026-11-23 09:00")
    columns = [
        Column("标题", 36, ["井盖", "路灯"]),
        Column("发生", 20, [moment(when), None]),
        Column("评价", 6, [5, None]),
    ]
    sheet = read_xlsx(out.table("xlsx", "网格事件", columns))
    assert (sheet.title, sheet.freeze_panes, sheet.auto_filter.ref) == ("网格事件", "A2", "A1:C3")
    assert sheet["B2"].value.isoformat() == "2026-11-23T09:00:00"
    assert (sheet["B2"].is_date, sheet["B2"].number_format) == (True, "yyyy-mm-dd hh:mm:ss")
    assert (sheet["C2"].value, sheet["B3"].value) == (5, None)
    assert [sheet.column_dimensions[letter].width for letter in "ABC"] == [36, 20, 6]
    content = out.table("csv", "网格事件", columns)
    assert read_csv(content)[1:] == [["井盖", "2026-11-23 09:00:00", "5"], ["路灯", "", ""]]
    assert content.count(b"\r\n") == 3
