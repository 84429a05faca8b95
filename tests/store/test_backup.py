"""A backup of a database that others write to: of one moment, bounded, and nothing of it left behind where it fails."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from store import budgets
from store.backup import BackupError, Progress, backup
from store.engine import open_engine

ROWS = 4_000
WRITES = """
import sqlite3, sys, time
line = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
while True:
    line.execute("INSERT INTO pair VALUES (1)")
    line.execute("UPDATE filler SET content = randomblob(4000) WHERE id = abs(random()) % 4000 + 1")
    time.sleep(0.002)
"""


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Engine]:
    """A database of 16 MB that another process writes to all the time."""
    engine = open_engine(f"sqlite:///{tmp_path / 'busy.db'}")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE pair (x INTEGER)")
        connection.exec_driver_sql("CREATE TABLE filler (id INTEGER PRIMARY KEY, content BLOB)")
        connection.exec_driver_sql(
            f"WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < {ROWS})"
            " INSERT INTO filler SELECT k, randomblob(4000) FROM n"
        )
        connection.commit()
    writer = subprocess.Popen([sys.executable, "-c", WRITES, str(engine.url.database)])
    yield engine
    writer.terminate()
    writer.wait(10)
    engine.dispose()
    budgets.configure({})


def test_a_backup_ends_although_another_process_writes_all_the_time(busy: Engine, tmp_path: Path) -> None:
    told: list[Progress] = []

    def slowly(progress: Progress) -> None:
        told.append(progress)
        time.sleep(0.05)  # several writes between each step and the next

    counted = backup(busy, tmp_path / "copy.db", slowly).rows
    copied = [progress for progress in told if progress.stage == "copy"]
    assert counted["filler"] == ROWS
    assert len(copied) < 10, "it began anew"
    assert copied[-1].done == copied[-1].of
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT count(*) FROM filler").fetchone() == (ROWS,)
        assert copy.execute("SELECT count(*) FROM pair").fetchone() == (counted["pair"],)
    assert not list(tmp_path.glob("*.part*"))


@pytest.mark.parametrize(
    ("numbers", "why"),
    [({"backup_seconds": 0.01}, "not done within"), ({"backup_log_megabytes": 1}, "backup_log_megabytes")],
)
def test_what_takes_too_long_or_too_much_ends_with_the_reason_and_leaves_nothing(
    busy: Engine, tmp_path: Path, numbers: dict[str, float], why: str
) -> None:
    budgets.configure(numbers)
    with pytest.raises(BackupError, match=why):
        backup(busy, tmp_path / "copy.db", lambda _progress: time.sleep(0.5))
    assert not list(tmp_path.glob("copy*"))


def test_a_disk_that_is_too_small_is_told_of_before_anything_is_written(
    busy: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: type("usage", (), {"free": 1000})())
    with pytest.raises(BackupError, match=r"needs \d+ bytes; .* has 1000 left"):
        backup(busy, tmp_path / "copy.db")
    assert not list(tmp_path.glob("copy*"))
