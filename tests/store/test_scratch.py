"""What somebody sent lies in a folder for as long as it is looked at, and no longer."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from store import scratch

HOLDS = """
import time
from store import scratch
with scratch.folder() as made:
    (made / "survey.zip").write_bytes(b"of a stranger")
    print(made, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


def test_a_folder_goes_with_what_lies_in_it() -> None:
    with scratch.folder() as made:
        (made / "x").write_text("x")
        assert made.stat().st_mode & 0o777 == 0o700
    assert not made.exists()


def test_what_a_killed_process_left_is_cleared_away_and_what_is_in_use_is_not() -> None:
    children = [subprocess.Popen([sys.executable, "-c", HOLDS], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    places = [Path((child.stdout.readline() if child.stdout else "").strip()) for child in children]
    killed, living = children
    try:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert scratch.sweep() == 0, "what was made just now may not be held yet"
        for place in places:
            os.utime(place, (time.time() - 120,) * 2)
        assert scratch.sweep() == 1
        assert [place.exists() for place in places] == [False, True]
    finally:
        living.kill()
        for child in children:
            child.communicate()


def test_a_link_of_that_name_leads_nowhere(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    os.utime(kept, (1, 1))
    (tmp_path / f"{scratch.PREFIX}x").symlink_to(kept)
    assert scratch.sweep() == 0
    assert kept.is_dir()
