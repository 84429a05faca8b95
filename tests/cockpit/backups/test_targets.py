"""Where backups go: a folder that may be away, full or half written, and an S3 that checks who asks."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from cockpit.backups import targets
from cockpit.backups.names import Name
from cockpit.backups.targets import MARK, Folder, Target, target_of
from cockpit.errors import BadSetting
from cockpit.settings import Settings
from store.backup import BackupError
from store.instant import SECOND
from tests import s3

NAME, OTHER = Name(SECOND * 1_000_000, "0038"), Name(SECOND * 1_000_001, "0038", "tahai", True)


@pytest.fixture(scope="module")
def bucket() -> Iterator[s3.S3]:
    with s3.running() as made:
        yield made


@pytest.fixture(params=["folder", "s3"])
def target(request: pytest.FixtureRequest, bucket: s3.S3, tmp_path: Path) -> Target:
    """One, then the other."""
    if request.param == "folder":
        (tmp_path / "target").mkdir()
        return target_of(Settings(backup_target=str(tmp_path / "target")))
    (tmp_path / "s3.key").write_text(f"{s3.KEY}\n{s3.SECRET}\n")
    bucket.objects.clear()
    return target_of(_of_bucket(bucket, tmp_path))


def _of_bucket(bucket: s3.S3, tmp_path: Path) -> Settings:
    return Settings(
        backup_target=f"s3://{s3.BUCKET}/fangyan",
        backup_s3_endpoint=bucket.url,
        backup_s3_key_file=tmp_path / "s3.key",
    )


def test_what_is_put_is_listed_and_comes_back(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "PIECE", 6 << 20)
    content = os.urandom(13 << 20)
    (tmp_path / "made").write_bytes(content)
    told: list[int] = []
    target.prepare(is_first=True)
    assert target.names() == {}
    target.put(NAME, tmp_path / "made", told.append)
    target.put(OTHER, tmp_path / "made", told.append)
    assert told[:3] == [6 << 20, 12 << 20, 13 << 20]
    assert target.names() == {NAME: len(content), OTHER: len(content)}
    assert target.file(NAME) == f"{target.where}/{NAME}"
    assert target.head(NAME, 100) == content[:100]
    assert (target.look(is_first=False) is None) == target.where.startswith("s3:")
    target.get(NAME, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == content
    target.remove(NAME)
    assert target.names() == {OTHER: len(content)}


def test_what_is_stopped_leaves_nothing(target: Target, tmp_path: Path) -> None:
    (tmp_path / "made").write_bytes(os.urandom(9 << 20))
    target.prepare(is_first=True)

    def stop(_done: int) -> NoReturn:
        raise BackupError("somebody stopped it")

    with pytest.raises(BackupError, match="somebody stopped it"):
        target.put(NAME, tmp_path / "made", stop)
    assert target.names() == {}
    assert not list(tmp_path.glob("target/*.part"))


def test_an_s3_that_is_away_or_full_or_does_not_know_us_is_said_to_be(
    bucket: s3.S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(targets, "S3_TRIES", {"max_retries": 0})
    (tmp_path / "s3.key").write_text(f"{s3.KEY}\n{s3.SECRET}\n")
    (tmp_path / "made").write_bytes(b"x" * 1000)
    made = target_of(_of_bucket(bucket, tmp_path))
    monkeypatch.setattr(bucket, "room", 10)
    with pytest.raises(BackupError, match="s3://township/fangyan: "):
        made.put(NAME, tmp_path / "made", lambda _done: None)
    monkeypatch.setattr(bucket, "is_away", True)
    with pytest.raises(BackupError, match="s3://township/fangyan: "):
        made.prepare(is_first=False)
    monkeypatch.setattr(bucket, "is_away", False)
    (tmp_path / "s3.key").write_text(f"{s3.KEY}\nanother\n")
    with pytest.raises(BackupError, match="s3://township/fangyan: "):
        made.names()
    assert bucket.refused == 1


def test_a_bucket_needs_its_address_and_key() -> None:
    with pytest.raises(BadSetting, match="COCKPIT_BACKUP_S3_ENDPOINT and COCKPIT_BACKUP_S3_KEY_FILE"):
        target_of(Settings(backup_target="s3://township/fangyan"))


@pytest.mark.parametrize("said", ["s3://township/fangyan/", "/mnt/backup/"])
def test_a_slash_at_its_end_makes_no_other_target(tmp_path: Path, said: str) -> None:
    (tmp_path / "s3.key").write_text("key\nsecret\n")
    to = {"backup_s3_endpoint": "http://127.0.0.1:9", "backup_s3_key_file": tmp_path / "s3.key"}
    target = target_of(Settings(backup_target=said, **to))  # type: ignore[arg-type]
    assert target.where == said[:-1]
    assert target.file(NAME) == f"{said}{NAME}"


def test_a_folder_whose_mount_is_away_is_not_written_to(tmp_path: Path) -> None:
    folder = tmp_path / "target"
    target = Folder(folder, is_own=False)
    with pytest.raises(BackupError, match="No such file"):
        target.prepare(is_first=True)
    folder.mkdir()
    target.prepare(is_first=True)
    target.prepare(is_first=False)
    (folder / MARK).unlink()
    with pytest.raises(BackupError, match="is it mounted"):
        target.prepare(is_first=False)


def test_what_a_killed_one_left_half_written_has_no_name_and_goes(tmp_path: Path) -> None:
    target = Folder(tmp_path, is_own=False)
    target.prepare(is_first=True)
    (tmp_path / f"{NAME}.part").write_bytes(b"half")
    assert target.names() == {}
    target.prepare(is_first=False)
    assert [one.name for one in tmp_path.iterdir()] == [MARK]


@pytest.mark.parametrize("fault", ["full", "gone"])
def test_a_folder_that_fills_or_goes_in_the_middle_is_told_and_has_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    (tmp_path / "made").write_bytes(b"x" * 3000)
    monkeypatch.setattr(targets, "PIECE", 1000)
    folder = tmp_path / "target"
    folder.mkdir()
    target = Folder(folder, is_own=False)
    target.prepare(is_first=True)

    def fall(done: int) -> None:
        if done == 2000 and fault == "gone":
            folder.rename(tmp_path / "elsewhere")
        elif done == 2000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(BackupError, match=r"No space left|No such file"):
        target.put(NAME, tmp_path / "made", fall)
    assert not list(tmp_path.glob(f"*/{NAME}"))
