"""Lists of devices, however a spreadsheet saved them."""

from pathlib import Path

import pytest

from sensors.devices.roster import read
from sensors.errors import RegistryFaults

LIST = "id,community,kind,name\nair-01,heling,air,A楼\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_names_are_read_even_where_gbk_is_utf_8_by_chance(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "devices.csv"
    path.write_text(LIST, encoding=encoding)
    assert [entry.device.name for entry in read(path)] == ["A楼"]


def test_what_is_in_no_encoding_is_told_with_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "devices.csv"
    path.write_bytes(LIST.encode() + b"\x81\xff")
    with pytest.raises(RegistryFaults) as bad:
        read(path)
    assert bad.value.faults[0][1].startswith("neither UTF-8 nor GBK: e6 a5 bc")
