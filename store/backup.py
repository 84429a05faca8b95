"""A consistent copy of a SQLite database while it is in use."""

import os
import sqlite3
from pathlib import Path

from sqlalchemy import Engine

PAGES_A_STEP = 2_000


class BackupError(Exception):
    """A backup that cannot be made, with why."""


def backup(engine: Engine, target: Path) -> int:
    """Copy the database by SQLite's online backup, check the copy, and return its size in bytes.

    The copy is made beside the target and takes its name when it is whole.

    Raises
    ------
    BackupError
        If the target exists, the database is not SQLite, or the copy fails its integrity check.
    """
    if engine.dialect.name != "sqlite":
        raise BackupError(f"{engine.dialect.name} has its own backup: use pg_dump")
    if target.exists():
        raise BackupError(f"{target} exists already")
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    source = sqlite3.connect(str(engine.url.database))
    copy = sqlite3.connect(part)
    try:
        source.backup(copy, pages=PAGES_A_STEP)
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        copy.close()
        source.close()
    if verdict != "ok":
        raise BackupError(f"the copy fails its integrity check: {verdict}")
    os.replace(part, target)
    return target.stat().st_size
