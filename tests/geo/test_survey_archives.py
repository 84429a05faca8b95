"""Archives of surveys: what is in one is bounded, and stays in its folder."""

import io
import stat
import zipfile
from pathlib import Path

import pytest

from geo.errors import SurveyFaults
from geo.survey.archive import Most, unpack
from geo.survey.drivers import DRIVERS

MOST = Most(members=5, unpacked=4 << 20, ratio=100)


def archive(folder: Path, members: dict[str, bytes], mode: int = 0) -> Path:
    """An archive; ``mode`` is that of its first member."""
    path = folder / "survey.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            one = zipfile.ZipInfo(name)
            one.compress_type = zipfile.ZIP_DEFLATED
            one.external_attr = mode << 16
            packed.writestr(one, content)
    return path


def fault(folder: Path, path: Path) -> str:
    """Why an archive is not unpacked."""
    with pytest.raises(SurveyFaults) as bad:
        unpack(path, folder, tuple(DRIVERS), MOST)
    return str(bad.value.faults[0])


@pytest.mark.parametrize(
    "name", ["../a.csv", "/etc/a.csv", "a/../../b.csv", "..\\a.csv", "C:\\a.csv", "\\\\host\\share\\a.csv"]
)
def test_a_name_that_leads_out_is_told_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    inner = tmp_path / "in"
    inner.mkdir()
    assert "a name that leads out of it" in fault(inner, archive(tmp_path, {name: b"x"}))
    assert list(inner.iterdir()) == []


def test_a_link_is_told(tmp_path: Path) -> None:
    path = archive(tmp_path, {"a.csv": b"/etc/passwd"}, stat.S_IFLNK | 0o777)
    assert "'a.csv', which is no plain file" in fault(tmp_path, path)


@pytest.mark.parametrize("name", ["b.zip", "b.KMZ", "b.tar", "b.7z"])
def test_an_archive_in_it_is_told(tmp_path: Path, name: str) -> None:
    assert "another one" in fault(tmp_path, archive(tmp_path, {"a.csv": b"x", name: b"x"}))


def test_one_file_over_the_bound_is_told(tmp_path: Path) -> None:
    members = {f"{number}.csv": b"x" for number in range(5)}
    assert len(unpack(archive(tmp_path, members), tmp_path, tuple(DRIVERS), MOST)) == 5
    assert fault(tmp_path, archive(tmp_path, members | {"6.csv": b"x"})) == "the archive holds 6 files; at most 5"


def test_one_byte_over_the_bound_is_told(tmp_path: Path) -> None:
    import random

    noise = random.Random(1).randbytes(4 << 20)
    assert unpack(archive(tmp_path, {"a.csv": noise}), tmp_path, tuple(DRIVERS), MOST)[0].title == "a"
    assert fault(tmp_path, archive(tmp_path, {"a.csv": noise + b"x"})) == "the archive unpacks to more than 4 MiB"


def test_a_bomb_is_told_before_it_is_unpacked_whole(tmp_path: Path) -> None:
    assert "more than 100 times its size" in fault(tmp_path, archive(tmp_path, {"a.csv": b"0" * (3 << 20)}))


def test_parts_that_belong_together_go_by_one_name_however_it_is_written(tmp_path: Path) -> None:
    path = archive(tmp_path, {"图/片区.SHP": b"x", "图/片区.dbf": b"x", "__MACOSX/片区.shp": b"", "read.me": b"x"})
    (one,) = unpack(path, tmp_path, (".shp", ".dbf"), MOST)
    assert (one.title, [part.name for part in one.files]) == ("片区", ["m0.shp", "m0.dbf"])


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK" + b"x" * 100, b""])
def test_what_is_no_archive_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "survey.zip").write_bytes(content)
    assert fault(tmp_path, tmp_path / "survey.zip").startswith("cannot be read: ")


def test_a_broken_member_is_told(tmp_path: Path) -> None:
    path = archive(tmp_path, {"a.csv": b"some text that is long enough to be broken" * 9})
    content = bytearray(path.read_bytes())
    content[45:60] = b"\xff" * 15
    path.write_bytes(io.BytesIO(content).getvalue())
    assert fault(tmp_path, path).startswith("cannot be read: ")
