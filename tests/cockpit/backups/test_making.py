"""A backup is of one moment, counted, encrypted where a key is set, opened where it went, and holds no key."""

import gzip
import io
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest
from pydantic import ValidationError
from pyrage import x25519

from cockpit.backups import archive, making
from cockpit.backups.encryption import keys_of, make_key
from cockpit.backups.making import WORK, Made, opened
from cockpit.backups.names import parsed
from cockpit.backups.targets import Folder
from cockpit.errors import BadSetting
from cockpit.examine import examine
from cockpit.settings import Settings
from sensors.readings.archive import rounds
from sensors.readings.archive.columns import UNFINISHED
from store.backup import BackupError
from store.databases import Databases
from store.instant import SECOND, clock_at, now
from store.seal import fingerprints, seal_of
from tests import s3
from tests.faults.disk import fill, small_disk
from tests.running import until
from tests.thorough import usually

Back = Callable[..., Made]


def test_what_is_made_holds_database_and_folders_and_was_counted(
    settings: Settings, back_up: Back, tmp_path: Path
) -> None:
    month = settings.data_dir / "archive" / "shared" / "10.parquet"
    month.parent.mkdir(parents=True)
    month.write_bytes(b"a month")
    seal_of(settings.seal_key)
    made = back_up()
    assert Path(made.file).parent == tmp_path / "target"
    assert Path(made.file).stat().st_size == made.bytes
    assert Path(made.file).stat().st_mode & 0o077 == 0, "nobody else reads it"
    manifest = opened(Path(made.file), keys_of(None), made.name, tmp_path / "out")
    [database] = manifest.databases
    assert (database.name, database.make, database.rows["audit"]) == ("", "sqlite", 1)
    assert made.rows == sum(database.rows.values()) > 0
    assert (tmp_path / "out" / "files" / "archive" / "shared" / "10.parquet").read_bytes() == b"a month"
    with sqlite3.connect(tmp_path / "out" / database.file) as copy:
        assert copy.execute("SELECT count(*) FROM audit").fetchone() == (1,)
    assert not list((settings.data_dir / WORK).iterdir())


def test_one_goes_to_an_s3_encrypted_and_is_opened_there(settings: Settings, back_up: Back, tmp_path: Path) -> None:
    secret = key_file(tmp_path, str(x25519.Identity.generate()))
    (tmp_path / "s3.key").write_text(f"{s3.KEY}\n{s3.SECRET}\n")
    with s3.running() as bucket:
        to = {"backup_target": f"s3://{s3.BUCKET}/fangyan", "backup_s3_endpoint": bucket.url}
        to |= {"backup_s3_key_file": tmp_path / "s3.key", "backup_key_file": secret}  # type: ignore[dict-item]
        made = back_up(settings.model_copy(update=to))
        assert made.file == f"s3://{s3.BUCKET}/fangyan/{made.name}"
        [(name, content)] = bucket.objects.items()
    assert (name, len(content)) == (f"fangyan/{made.name}", made.bytes)
    (tmp_path / "back").write_bytes(content)
    assert opened(tmp_path / "back", keys_of(secret), made.name, None).rows == made.rows


def test_the_keys_never_are_in_it_and_which_is_needed_is_told(
    settings: Settings, back_up: Back, tmp_path: Path
) -> None:
    held = settings.data_dir / "archive" / "shared" / "seal.key"
    seal_of(held)
    made = back_up(settings.model_copy(update={"seal_key_file": held}))
    manifest = opened(Path(made.file), keys_of(None), made.name, tmp_path / "out")
    assert manifest.seal == fingerprints(held)
    assert len(manifest.seal) == 1
    assert list(manifest.members) == ["shared.db"]
    for file in (tmp_path / "out").rglob("*"):
        assert file.is_dir() or held.read_bytes().strip() not in file.read_bytes()


def key_file(folder: Path, *lines: str) -> Path:
    file = folder / "backup.key"
    file.write_text("\n".join(["# created: today", *lines]) + "\n")
    return file


def test_one_that_is_encrypted_opens_by_its_key_alone(settings: Settings, back_up: Back, tmp_path: Path) -> None:
    identity = x25519.Identity.generate()
    secret = key_file(tmp_path, str(identity))
    made = back_up(settings.model_copy(update={"backup_key_file": secret}))
    assert made.name.is_encrypted
    assert Path(made.file).read_bytes().startswith(b"age-encryption.org/v1\n-> X25519 ")
    assert opened(Path(made.file), keys_of(secret), made.name, None).rows == made.rows
    other = key_file(tmp_path, str(x25519.Identity.generate()))
    with pytest.raises(BackupError, match="encrypted for another key"):
        opened(Path(made.file), keys_of(other), made.name, None)
    with pytest.raises(BackupError, match=r"no AGE-SECRET-KEY-\.\.\. that opens it"):
        opened(Path(made.file), keys_of(None), made.name, None)


def test_a_machine_may_know_the_public_key_alone(settings: Settings, back_up: Back, tmp_path: Path) -> None:
    identity = x25519.Identity.generate()
    made = back_up(settings.model_copy(update={"backup_key_file": key_file(tmp_path, str(identity.to_public()))}))
    secret = keys_of(key_file(tmp_path, str(identity)))
    assert opened(Path(made.file), secret, made.name, None).rows == made.rows


@pytest.mark.parametrize("lines", [[], ["nonsense"], ["AGE-SECRET-KEY-1NONSENSE"]])
def test_a_key_file_without_a_key_is_refused(tmp_path: Path, lines: list[str]) -> None:
    with pytest.raises(BadSetting, match="COCKPIT_BACKUP_KEY_FILE"):
        keys_of(key_file(tmp_path, *lines))


PIECE = 65_536 + 16
"""A piece of an encrypted file: 64 KiB and its seal."""


def _cut(content: bytes) -> bytes:
    return content[:-1]


def _cut_at_a_piece(content: bytes) -> bytes:
    start = len(content) - (len(content) - content.index(b"\n---")) % PIECE
    return content[: content.index(b"\n", content.index(b"\n---") + 1) + 1 + 16 + PIECE] if start else content


def _swapped(content: bytes) -> bytes:
    begin = content.index(b"\n", content.index(b"\n---") + 1) + 1 + 16
    first, second = content[begin : begin + PIECE], content[begin + PIECE : begin + 2 * PIECE]
    return content[:begin] + second + first + content[begin + 2 * PIECE :]


def _changed(content: bytes) -> bytes:
    return content[:70_000] + bytes([content[70_000] ^ 1]) + content[70_001:]


@pytest.mark.parametrize("spoil", [_cut, _cut_at_a_piece, _swapped, _changed])
def test_an_encrypted_one_that_was_cut_swapped_or_changed_is_refused_whole(
    settings: Settings, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    keys = keys_of(key_file(tmp_path, str(x25519.Identity.generate())))
    (tmp_path / "plain").write_bytes(os.urandom(5 * PIECE))
    keys.encrypt(tmp_path / "plain", tmp_path / "sealed")
    content = (tmp_path / "sealed").read_bytes()
    assert spoil(content) != content
    (tmp_path / "spoilt").write_bytes(spoil(content))
    with pytest.raises(BackupError, match="was changed"):
        keys.decrypt(tmp_path / "spoilt", tmp_path / "opened")
    assert not (tmp_path / "opened").exists()


def _replaced(content: bytes) -> bytes:
    return gzip.compress(gzip.decompress(content).replace(b"SQLite format 3", b"SQLite format 4"))


def _half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _without_its_list(content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("other"))
    return out.getvalue()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (_half, "no backup, or not whole"),
        (_replaced, "not as it was written"),
        (_without_its_list, "no backup of a cockpit"),
        (lambda _content: b"nonsense", "no backup, or not whole"),
    ],
)
def test_one_that_is_not_whole_is_refused(
    back_up: Back, tmp_path: Path, spoil: Callable[[bytes], bytes], why: str
) -> None:
    made = back_up()
    (tmp_path / "spoilt").write_bytes(spoil(Path(made.file).read_bytes()))
    with pytest.raises(BackupError, match=re.escape(why)):
        opened(tmp_path / "spoilt", keys_of(None), made.name, tmp_path / "out")


def test_one_that_names_a_file_outside_of_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "evil").write_bytes(b"x")
    manifest = archive.Manifest(1, "", "", [], [], {"../evil": archive.member_of(tmp_path / "evil")})
    archive.pack(tmp_path / "packed", manifest, {"../evil": tmp_path / "evil"})
    with pytest.raises(BackupError, match="outside of itself"):
        archive.unpack(tmp_path / "packed", tmp_path / "out" / "deep")


def test_one_that_the_target_spoils_is_found_out_and_does_not_stay(
    back_up: Back, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = Folder.put

    def spoil(self: Folder, name: object, file: Path, tell: object) -> None:
        whole(self, name, file, tell)  # type: ignore[arg-type]
        path = Path(self.file(name))  # type: ignore[arg-type]
        path.write_bytes(path.read_bytes()[:-1] + b"?")

    monkeypatch.setattr(Folder, "put", spoil)
    with pytest.raises(BackupError, match="is not as it was sent"):
        back_up()
    assert not list((tmp_path / "target").glob("cockpit-*"))


def test_a_copy_that_has_other_rows_is_no_backup(
    back_up: Back, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    counted = iter([{"audit": 2}, {"audit": 1}])
    monkeypatch.setattr("store.backup._rows", lambda _database: next(counted))
    with pytest.raises(BackupError, match="table audit had 2 rows, the copy has 1"):
        back_up()
    assert not list((tmp_path / "target").glob("cockpit-*"))


def test_a_key_is_made_once_for_its_owner_and_opens_what_it_encrypted(
    settings: Settings, back_up: Back, tmp_path: Path
) -> None:
    path = tmp_path / "backup.key"
    public = make_key(path, settings.data_dir)
    assert path.stat().st_mode & 0o777 == 0o600
    assert public in path.read_text()
    made = back_up(settings.model_copy(update={"backup_key_file": path}))
    assert opened(Path(made.file), keys_of(path), made.name, None).rows == made.rows
    before = path.read_text()
    with pytest.raises(BackupError, match="never overwritten"):
        make_key(path, settings.data_dir)
    with pytest.raises(BackupError, match="No such file"):
        make_key(tmp_path / "nowhere" / "backup.key", settings.data_dir)
    assert path.read_text() == before


def test_a_key_that_is_away_ends_the_backup_and_nothing_else(settings: Settings, back_up: Back, tmp_path: Path) -> None:
    away = settings.model_copy(update={"backup_key_file": tmp_path / "stick" / "backup.key"})
    examine(away)
    with pytest.raises(BackupError, match=r"not at .*stick/backup.key: put it back"):
        back_up(away)
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "backup.key").mkdir()
    with pytest.raises(BackupError, match="cannot be read"):
        back_up(away)
    assert list((tmp_path / "target").glob("cockpit-*")) == []
    wrong = settings.model_copy(update={"backup_key_file": key_file(tmp_path, "no key")})
    with pytest.raises(BadSetting, match="expected lines of AGE-SECRET-KEY"):
        examine(wrong)


def test_old_ones_go_by_the_rule_once_a_new_one_was_opened(settings: Settings, back_up: Back, tmp_path: Path) -> None:
    back_up()
    for day in range(10, 30):
        (tmp_path / "target" / f"cockpit-202601{day}-033000-0038.tar.gz").write_bytes(b"old")
    (tmp_path / "target" / "of-somebody-else").touch()
    rule = {"hours": 0, "days": 3, "weeks": 0, "months": 0, "schemas": 0}
    with clock_at(now() + SECOND):
        back_up(settings.model_copy(update={"backup_keep": rule}), is_first=False)
    left = {one.name for one in (tmp_path / "target").iterdir()}
    assert "of-somebody-else" in left
    assert len([name for name in left if parsed(name)]) == 3


def test_a_full_disk_is_told_and_what_was_there_stays(settings: Settings, back_up: Back, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 4 << 20) as disk:
        to = settings.model_copy(update={"backup_target": str(disk)})
        first = back_up(to)
        filler = fill(disk, 20_000)
        with clock_at(now() + SECOND), pytest.raises(BackupError, match="No space left"):
            back_up(to, is_first=False)
        filler.unlink()
        assert [str(disk / str(first.name))] == [str(one) for one in disk.glob("cockpit-*")]


def test_no_community_may_be_called_as_the_database_of_all_is(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="'shared' is what the database of all communities is called"):
        Settings(data_dir=tmp_path, community_databases={"shared": f"sqlite:///{tmp_path}/own.db"})


def test_two_processes_do_not_make_one_at_once(settings: Settings, back_up: Back) -> None:
    with making.working(settings.data_dir), pytest.raises(BackupError, match="another process"):
        back_up()
    back_up()


KILLED = """
import sys, time
from pathlib import Path
from cockpit.backups import making
from cockpit.settings import Settings
from store.databases import Databases
from store.engine import open_engine
data, target = map(Path, sys.argv[1:])
found = Databases(open_engine(f"sqlite:///{data}/cockpit.db"))
def tell(progress):
    if progress.stage == sys.stdin.readline().strip():
        print("there", flush=True)
        time.sleep(60)
settings = Settings(data_dir=data, backup_target=str(target))
making.make(settings, making.databases_by_name(found), tell, is_first=True)
"""


@pytest.mark.parametrize("stage", usually(["put"], ["copy", "put"]))
def test_one_that_is_killed_in_the_middle_leaves_nothing_that_stays(
    settings: Settings, databases: Databases, back_up: Back, tmp_path: Path, stage: str
) -> None:
    command = [sys.executable, "-c", KILLED, str(settings.data_dir), str(tmp_path / "target")]
    killed = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert killed.stdin is not None
    assert killed.stdout is not None
    killed.stdin.write(f"{stage}\n" * 1000)
    killed.stdin.flush()
    assert killed.stdout.readline() == "there\n"
    killed.send_signal(signal.SIGKILL)
    killed.wait(10)
    assert list((settings.data_dir / WORK).iterdir())
    until(lambda: not list((tmp_path / "target").glob("cockpit-*.tar.gz")))
    made = back_up(is_first=False)
    assert not list((settings.data_dir / WORK).iterdir())
    assert sorted(one.name for one in (tmp_path / "target").iterdir()) == [".cockpit-backups", str(made.name)]


def test_a_backup_is_a_tar_that_begins_with_its_list(back_up: Back) -> None:
    with tarfile.open(back_up().file) as tar:
        assert tar.getnames() == ["manifest.json", "shared.db"]


def test_what_is_being_written_is_left_out_and_what_changes_is_taken_as_it_is_at_one_moment(
    settings: Settings, back_up: Back, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    months = settings.data_dir / "archive" / "shared"
    months.mkdir(parents=True)
    for name in (f"readings-2026-07{UNFINISHED}", ".turn.lock", rounds.NAME, ".database", "grows", "shrinks"):
        (months / name).write_bytes(b"0123456789")
    whole = archive.pack

    def write(target: Path, manifest: archive.Manifest, content: Mapping[str, Path]) -> None:
        # By somebody who still has it open: the second name does not protect from that.
        (months / "grows").write_bytes(b"0123456789abc")
        if (months / "shrinks").stat().st_size == 10:
            (months / "shrinks").write_bytes(b"01234")
        (months / ".database").unlink(missing_ok=True)
        whole(target, manifest, content)

    monkeypatch.setattr(archive, "pack", write)
    made = back_up()
    monkeypatch.undo()
    opened(Path(made.file), keys_of(None), made.name, tmp_path / "out")
    taken = {one.name: one.read_bytes() for one in (tmp_path / "out" / "files" / "archive" / "shared").iterdir()}
    assert taken == {"grows": b"0123456789", "shrinks": b"01234", ".database": b"0123456789"}


def packed(folder: Path, manifest: archive.Manifest, *entries: tuple[tarfile.TarInfo, bytes]) -> Path:
    """A file as a backup is, with whatever in it."""
    with tarfile.open(folder / "packed", "w:gz", format=tarfile.PAX_FORMAT) as tar:
        listed = msgspec.json.encode(manifest)
        for entry, content in ((tarfile.TarInfo("manifest.json"), listed), *entries):
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return folder / "packed"


def listing(size: int = 10, name: str = "files/x", database: str = "") -> archive.Manifest:
    databases = [archive.Database("", "sqlite", database, "0038", {})] if database else []
    return archive.Manifest(1, "", "", [], databases, {name: archive.Member(size, "00")})


def an_entry(**values: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo("files/x")
    for name, value in values.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("manifest", "entry", "why"),
    [
        (listing(), an_entry(), "not as it was written"),
        (listing(1 << 60), an_entry(), r"needs \d+ bytes; .* has \d+ left"),
        (listing(), an_entry(pax_headers={"comment": "x" * 100_000}), "stand before a file"),
        (listing(), an_entry(pax_headers={"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}), "with holes"),
        (listing(), an_entry(type=tarfile.SYMTYPE, linkname="/etc"), "no file"),
        (listing(), an_entry(type=tarfile.XGLTYPE), "no file"),
        (listing(name="/etc/x"), an_entry(), "outside of itself"),
        (listing(name="files/./x"), an_entry(), "outside of itself"),
        (listing(database="../../shared.db"), an_entry(), "a database that is not in it"),
    ],
)
def test_no_more_is_written_of_one_than_its_list_says_and_nowhere_else(
    tmp_path: Path, manifest: archive.Manifest, entry: tarfile.TarInfo, why: str
) -> None:
    bomb = packed(tmp_path, manifest, (entry, b"\0" * 2_000_000))
    with pytest.raises(BackupError, match=why):
        archive.unpack(bomb, tmp_path / "in" / "to")
    assert not [one for one in tmp_path.rglob("*") if one.is_file() and one != bomb]
