"""A backup of 1 GB: of a database at rest, and of one that another process writes to 200 times a second."""

import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import Engine

from store.backup import backup
from store.engine import open_engine

MEGABYTES = 1_000
RATE = 200
WRITES = f"""
import sqlite3, sys, time
line = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
line.execute("PRAGMA synchronous=NORMAL")
due, done = time.monotonic(), 0
try:
    while True:
        line.execute("INSERT INTO written VALUES (randomblob(100))")
        done += 1
        due += 1 / {RATE}
        time.sleep(max(0, due - time.monotonic()))
except KeyboardInterrupt:
    print(done)
"""


def measure(folder: Path) -> list[str]:
    """Seconds of each, their ratio, and how many commits there were meanwhile."""
    engine = open_engine(f"sqlite:///{folder / 'filled.db'}")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE written (content BLOB)")
        connection.exec_driver_sql("CREATE TABLE filler (content BLOB)")
        connection.exec_driver_sql(
            f"WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < {MEGABYTES * 10})"
            " INSERT INTO filler SELECT randomblob(100000) FROM n"
        )
        connection.commit()
    idle = _timed(engine, folder / "idle.db")
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITES, str(engine.url.database)], stdout=subprocess.PIPE, text=True
    )
    try:
        time.sleep(0.5)
        began = time.monotonic()
        busy = _timed(engine, folder / "busy.db")
    finally:
        writer.send_signal(2)
    commits = int(writer.communicate()[0])
    rate = commits / (time.monotonic() - began + 0.5)
    return [f"at rest {idle:.1f} s; under {rate:.0f} commits/s {busy:.1f} s: {busy / idle:.2f} of it"]


def _timed(engine: Engine, target: Path) -> float:
    began = time.monotonic()
    backup(engine, target)
    seconds = time.monotonic() - began
    target.unlink()
    return seconds
