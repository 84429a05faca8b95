"""Turns among processes: waited for as long as among threads, and no more."""

import fcntl
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy.exc import TimeoutError as StoreBusy

from store.turns import Duty, Line


def test_a_page_gives_up_where_another_process_keeps_the_turn(tmp_path: Path) -> None:
    database = tmp_path / "cockpit.db"
    database.touch(0o640)
    line = Line(database)
    with line.turn(Duty.PAGES):
        pass
    other = os.open(tmp_path / "cockpit.db-turn", os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with pytest.raises(StoreBusy, match="another process"), line.turn(Duty.PAGES):
        pass
    os.close(other)
    with line.turn(Duty.PAGES):
        pass


def test_who_may_open_the_database_may_open_the_file_beside_it(tmp_path: Path) -> None:
    database = tmp_path / "cockpit.db"
    database.touch()
    database.chmod(0o664)
    with Line(database).turn(Duty.PAGES):
        assert stat.S_IMODE((tmp_path / "cockpit.db-turn").stat().st_mode) == 0o664


OTHERS_WRITE = """
import sys, threading, time
from pathlib import Path
from store.turns import Duty, Line
line = Line(Path(sys.argv[1]))
def write():
    while True:
        with line.turn(Duty.PAGES):
            print(time.monotonic(), flush=True)
            time.sleep(0.005)
for _ in range(2):
    threading.Thread(target=write, daemon=True).start()
time.sleep(60)
"""


def test_ingest_waits_for_one_turn_of_another_process_and_not_for_all(tmp_path: Path) -> None:
    database = tmp_path / "cockpit.db"
    database.touch()
    line = Line(database)
    command = [sys.executable, "-c", OTHERS_WRITE, str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as others:
        assert others.stdout is not None
        others.stdout.readline()
        waits = []
        for _ in range(40):
            asked = time.monotonic()
            with line.turn(Duty.INGEST):
                waits.append((asked, time.monotonic()))
            time.sleep(0.01)
        others.kill()
        begun = [float(one) for one in others.stdout.read().split()]
    turns = [sum(asked < one < had for one in begun) for asked, had in waits]
    assert sorted(turns)[30] <= 1
    assert begun[-1] > waits[-1][0] - 1, "the others go on"


def test_where_no_file_can_be_made_one_writes_all_the_same(tmp_path: Path) -> None:
    with Line(tmp_path / "gone" / "cockpit.db").turn(Duty.INGEST):
        pass
