"""A backup comes back: into a cockpit that is stopped, and what was there before is kept."""

import lzma
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from pyrage import x25519

from store.seal import fingerprints, seal_of
from tests.running import Cockpit


def devices(cockpit: Cockpit) -> set[str]:
    return {row["device"] for row in cockpit.answer("device", "list")["devices"]}


def test_a_backup_takes_the_place_of_a_stopped_cockpits_database_which_is_kept(
    own_cockpit: Cockpit, tmp_path: Path
) -> None:
    own_cockpit.start()
    own_cockpit.add_device("before")
    made = own_cockpit.answer("db", "backup")
    assert (made["rows"] > 0, made["encrypted"]) == (True, False)
    [listed] = own_cockpit.answer("db", "backups")["backups"]
    assert made["file"].endswith(listed["name"])
    own_cockpit.add_device("after")

    refused = own_cockpit.run("db", "restore", "--at", listed["moment"])
    assert (refused.returncode, "in use: stop the cockpit first" in refused.stderr) == (2, True)
    assert devices(own_cockpit) == {"before", "after"}

    own_cockpit.stop()
    assert "nothing was changed" in own_cockpit.run("db", "restore", "--dry-run", made["file"]).stdout
    assert devices(own_cockpit) == {"before", "after"}
    early = own_cockpit.run("db", "restore", "--at", "2020-01-01")
    assert (early.returncode, "has no backup of 2020-01-01" in early.stderr) == (2, True)
    restored = own_cockpit.answer("db", "restore", "--at", listed["moment"])
    assert restored["rows"] == made["rows"]
    assert devices(own_cockpit) == {"before"}
    with sqlite3.connect(restored["kept"]) as former:
        assert former.execute("SELECT count(*) FROM device").fetchone() == (2,)
    own_cockpit.start()
    assert own_cockpit.get("/readyz")["status"] == "ready"
    assert [path.name for path in own_cockpit.data.glob("*.part")] == []


def test_where_only_the_public_key_is_the_copy_before_an_upgrade_can_be_put_back_all_the_same(
    own_cockpit: Cockpit, tmp_path: Path
) -> None:
    assert own_cockpit.answer("db", "schema") == {"schemas": {"shared": None}}
    assert not (own_cockpit.data / "cockpit.db").exists()
    key = tmp_path / "public.key"
    key.write_text(f"{x25519.Identity.generate().to_public()}\n")
    own_cockpit.settings["COCKPIT_BACKUP_KEY_FILE"] = str(key)
    own_cockpit.add_device("before")
    said = own_cockpit.run("db", "backup", str(tmp_path / "sealed.backup")).stdout
    assert "not opened: this machine has no key that opens it" in said
    assert "opened and counted" not in said
    assert own_cockpit.run("db", "restore", "--dry-run", str(tmp_path / "sealed.backup")).returncode == 2
    made = own_cockpit.answer("db", "backup", "--plain", str(tmp_path / "plain.backup"))
    assert (made["encrypted"], made["opened"]) == (False, True)
    assert (tmp_path / "plain.backup").stat().st_mode & 0o077 == 0
    own_cockpit.add_device("after")
    assert own_cockpit.run("db", "restore", made["file"]).returncode == 0
    assert devices(own_cockpit) == {"before"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no database at all", "no backup, or not whole"),
        ("CREATE TABLE other (x)", "is no backup of a cockpit"),
        (
            "CREATE TABLE alembic_version (version_num); INSERT INTO alembic_version VALUES ('9999')",
            "is of a newer version of the program",
        ),
        (None, "no file"),
    ],
)
def test_what_is_no_backup_changes_nothing(
    own_cockpit: Cockpit, tmp_path: Path, content: bytes | str | None, why: str
) -> None:
    own_cockpit.add_device("kept")
    file = tmp_path / "copy.db"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content:
        with sqlite3.connect(file) as made:
            made.executescript(content)
    refused = own_cockpit.run("db", "restore", str(file))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert why in refused.stderr
    assert devices(own_cockpit) == {"kept"}


def test_a_community_that_is_none_is_named_and_changes_nothing(own_cockpit: Cockpit, tmp_path: Path) -> None:
    own_cockpit.add_device("kept")
    copy = tmp_path / "copy.db"
    own_cockpit.answer("db", "backup", str(copy))
    assert list(tmp_path.glob("copy.db*")) == [copy], "a backup is one file"
    refused = own_cockpit.run("db", "restore", str(copy), "--community", "nowhere")
    assert (refused.returncode, "'nowhere' is not one of heling, tahai" in refused.stderr) == (2, True)
    own_cockpit.answer("db", "restore", str(copy))
    assert list(tmp_path.glob("copy.db*")) == [copy], "nor is anything left beside it"
    assert devices(own_cockpit) == {"kept"}


def test_a_backup_of_another_make_of_database_is_refused(own_cockpit: Cockpit, tmp_path: Path) -> None:
    copy = tmp_path / "made"
    own_cockpit.answer("db", "upgrade")
    own_cockpit.answer("db", "backup", str(copy))
    own_cockpit.settings["COCKPIT_DATABASE_URL"] = "postgresql+psycopg://nobody@127.0.0.1:9/none"
    refused = own_cockpit.run("db", "restore", str(copy))
    assert (refused.returncode, "is of sqlite, the database of the settings of postgresql" in refused.stderr) == (
        2,
        True,
    )


def test_another_key_of_the_seal_is_refused_unless_somebody_says_so(own_cockpit: Cockpit, tmp_path: Path) -> None:
    key = own_cockpit.data / "seal.key"
    own_cockpit.add_device("kept")
    [needed] = (seal_of(key), fingerprints(key))[1]
    copy = tmp_path / "made"
    own_cockpit.answer("db", "backup", str(copy))
    key.unlink()
    [other] = (seal_of(key), fingerprints(key))[1]
    refused = own_cockpit.run("db", "restore", str(copy))
    assert refused.returncode == 2
    assert f"needs the key {needed}" in refused.stderr
    assert other in refused.stderr
    assert own_cockpit.answer("db", "restore", str(copy), "--any-key")["rows"] > 0


def test_a_database_that_an_earlier_version_copied_is_taken(own_cockpit: Cockpit, tmp_path: Path) -> None:
    own_cockpit.add_device("kept")
    source, copy = sqlite3.connect(own_cockpit.data / "cockpit.db"), sqlite3.connect(tmp_path / "copy.db")
    with closing(source), closing(copy):
        source.backup(copy)
    own_cockpit.add_device("after")
    own_cockpit.answer("db", "restore", str(tmp_path / "copy.db"))
    assert devices(own_cockpit) == {"kept"}


def test_only_a_start_and_db_upgrade_change_the_schema_and_a_backup_takes_what_is_there(own_cockpit: Cockpit) -> None:
    own_cockpit.data.mkdir(mode=0o700, exist_ok=True)
    released = Path(__file__).parents[1] / "store" / "releases" / "0.1.0" / "sqlite.db.xz"
    (own_cockpit.data / "cockpit.db").write_bytes(lzma.decompress(released.read_bytes()))
    refused = own_cockpit.run("device", "list")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
    assert "has schema 0008, this version needs " in refused.stderr
    made = own_cockpit.answer("db", "backup")
    assert (made["schema"], "-0008.hand.tar.gz" in made["file"]) == ("0008", True)
    upgraded = own_cockpit.answer("db", "upgrade")
    assert (upgraded["from"], upgraded["upgraded"]) == (["0008"], True)
    again = own_cockpit.answer("db", "upgrade")
    assert (again["from"], again["upgraded"]) == ([upgraded["to"]], False)
    assert devices(own_cockpit)
