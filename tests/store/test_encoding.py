"""In which encoding texts are: by evidence, whatever a file says of itself."""

import pytest

from store.encoding import UnknownEncoding, decide, read

LONG = ("岩上村", "橙麓路", "两头门", "方岩镇")


@pytest.mark.parametrize("text", ["楼", "路", "3号楼", "岩上", "方岩镇橙麓小区", "A楼", "一路"])
def test_gbk_is_known_even_where_its_bytes_are_utf_8(text: str) -> None:
    assert decide([text.encode("gbk")]) == "gb18030"


@pytest.mark.parametrize("text", [*LONG, "邻里中心 120 m²", "岩上 25°", "楼", "鳌江", "龘"])
def test_utf_8_is_known(text: str) -> None:
    assert decide([text.encode()]) == "utf-8"


def test_a_measure_alone_is_no_chinese() -> None:
    assert decide(["120 m²".encode()]) == "utf-8"


@pytest.mark.parametrize(
    ("declared", "text", "encoding"),
    [
        # What the file says is wrong.
        ("utf-8", "楼路", "gbk"),
        ("gb18030", "岩上村橙麓路", "utf-8"),
        ("latin-1", "岩上村橙麓路", "gbk"),
        # And right.
        ("cp950", "臺灣社區發展協會", "cp950"),
        ("gb18030", "鳌江", "gbk"),
    ],
)
def test_what_is_declared_is_believed_unless_another_reading_is_clearly_better(
    declared: str, text: str, encoding: str
) -> None:
    assert text.encode(encoding).decode(decide([text.encode(encoding)], [declared])) == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_a_text_file_is_read_however_a_spreadsheet_saves_it(encoding: str) -> None:
    text = "编号,名称\n1,岩上村一号楼\n"
    assert read(text.encode(encoding))[0] == text


def test_what_is_in_no_encoding_is_a_fault_with_its_bytes() -> None:
    with pytest.raises(UnknownEncoding, match="neither UTF-8 nor GBK: 81 ff fe") as bad:
        decide([b"\x81\xff\xfe"])
    assert bad.value.position == 0


def test_where_no_reading_comes_past_is_told() -> None:
    with pytest.raises(UnknownEncoding) as bad:
        read("岩上\n".encode() + b"\xff\n")
    assert bad.value.position == len("岩上\n".encode())
