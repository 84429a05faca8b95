"""Turns among processes: waited for as long as among threads, and no more."""

import fcntl
import os
import stat
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


def test_where_no_file_can_be_made_one_writes_all_the_same(tmp_path: Path) -> None:
    with Line(tmp_path / "gone" / "cockpit.db").turn(Duty.INGEST):
        pass
