"""In which encoding a survey's texts are: by evidence, whatever the file says of itself."""

import struct
from pathlib import Path

import pytest

from geo.errors import SurveyFaults
from geo.survey.shapefile import attributes


def dbf(names: list[bytes], language: int = 0x57, width: int = 20) -> bytes:
    """A .dbf with a column NAME of text and a column CODE of numbers of 18 digits."""
    fields = b"".join(
        struct.pack("<11sc4xBB14x", name, kind, wide, 0)
        for name, kind, wide in ((b"NAME", b"C", width), (b"CODE", b"N", 19))
    )
    head = struct.pack("<B3xIHH17xB2x", 3, len(names), 32 + len(fields) + 1, 1 + width + 19, language)
    rows = b"".join(
        b" " + name[:width].ljust(width) + str(331_022_001_001_000_128 + i).encode().rjust(19)
        for i, name in enumerate(names)
    )
    return head + fields + b"\r" + rows + b"\x1a"


@pytest.mark.parametrize(
    ("encoding", "language", "cpg", "names"),
    [
        ("gbk", 0x57, None, ["楼", "路"]),
        ("gbk", 0x4D, None, ["楼", "路"]),
        ("utf-8", 0x57, "UTF-8", ["楼", "路"]),
        ("utf-8", 0x4D, None, ["岩上村", "橙麓路"]),
        ("gbk", 0x57, "UTF-8", ["楼", "路"]),
        ("utf-8", 0x57, "GBK", ["岩上村", "橙麓路"]),
        ("cp950", 0x78, None, ["臺灣社區發", "協會"]),
    ],
)
def test_a_dbf_is_read_with_its_language_byte_and_in_spite_of_a_cpg_that_lies(
    tmp_path: Path, encoding: str, language: int, cpg: str | None, names: list[str]
) -> None:
    (tmp_path / "a.dbf").write_bytes(dbf([name.encode(encoding) for name in names], language))
    if cpg:
        (tmp_path / "a.cpg").write_text(cpg)
    table = attributes(tmp_path / "a.dbf", tmp_path / "a.cpg")
    assert table.columns["NAME"] == names
    assert table.columns["CODE"] == [331_022_001_001_000_128, 331_022_001_001_000_129]


def test_a_text_that_the_width_of_its_column_cuts_in_a_character_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.dbf").write_bytes(dbf(["橙麓小区一号楼".encode()], width=20))
    table = attributes(tmp_path / "a.dbf", tmp_path / "a.cpg")
    assert table.columns["NAME"] == ["橙麓小区一号"]


@pytest.mark.parametrize("content", [b"", b"x" * 20, b"\x03" + b"\0" * 40, dbf([b"a"])[:50]])
def test_a_broken_dbf_is_a_fault(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.dbf").write_bytes(content)
    with pytest.raises(SurveyFaults):
        attributes(tmp_path / "a.dbf", tmp_path / "a.cpg")
