"""A backup comes back: into a cockpit that is stopped, and what was there before is kept."""

import sqlite3
from pathlib import Path

import pytest

from tests.running import Cockpit


def devices(cockpit: Cockpit) -> set[str]:
    return {row["device"] for row in cockpit.answer("device", "list")["devices"]}


def test_a_backup_takes_the_place_of_a_stopped_cockpits_database_which_is_kept(
    own_cockpit: Cockpit, tmp_path: Path
) -> None:
    own_cockpit.start()
    own_cockpit.add_device("before")
    copy = tmp_path / "copy.db"
    own_cockpit.answer("db", "backup", str(copy))
    own_cockpit.add_device("after")

    refused = own_cockpit.run("db", "restore", str(copy))
    assert (refused.returncode, "in use: stop the cockpit first" in refused.stderr) == (2, True)
    assert devices(own_cockpit) == {"before", "after"}

    own_cockpit.stop()
    kept = Path(own_cockpit.answer("db", "restore", str(copy))["kept"])
    assert devices(own_cockpit) == {"before"}
    with sqlite3.connect(kept) as former:
        assert former.execute("SELECT count(*) FROM device").fetchone() == (2,)
    own_cockpit.start()
    assert own_cockpit.get("/readyz")["status"] == "ready"
    assert [path.name for path in own_cockpit.data.glob("*.part")] == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no database at all", "is no backup of a cockpit"),
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


def test_a_postgresql_is_told_its_own_way(own_cockpit: Cockpit, tmp_path: Path) -> None:
    own_cockpit.settings["COCKPIT_DATABASE_URL"] = "postgresql+psycopg://nobody@127.0.0.1:9/none"
    refused = own_cockpit.run("db", "restore", str(tmp_path / "copy.db"))
    assert (refused.returncode, "use pg_restore" in refused.stderr) == (2, True)
