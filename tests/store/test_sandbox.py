"""What a child that reads foreign files cannot do, and how it ends; each thing is tried in a real process."""

import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from PIL import Image

from store import budgets
from store.pictures import Asked, Picture
from store.sandbox import ask, landlock, seccomp
from store.sandbox.ask import Busy, Failed, Limits

SMALL = Limits(megabytes=512, seconds=20, file_megabytes=8, answer_megabytes=8)
PRELUDE = """
import ctypes, json, os, pathlib, socket, sys
from store.sandbox import confine
folder = pathlib.Path(sys.argv[1])
confine.limit(512, 10, 1)
there = confine.confine(folder, os.getppid())
said = {"there": there}
def attempt(name, what):
    try:
        said[name] = repr(what())
    except OSError as error:
        said[name] = "refused" if error.errno in (1, 13, 97, 101, 99) else repr(error)
attempt("own file", lambda: (folder / "in").read_text())
attempt("other file", lambda: open(sys.argv[2]).read())
attempt("passwords", lambda: open("/etc/passwd").read())
attempt("environment", lambda: open("/proc/self/environ").read())
attempt("listing", lambda: os.listdir("/"))
attempt("way out by a link", lambda: (folder / "link").read_text())
attempt("tcp", lambda: socket.create_connection(("127.0.0.1", 9), 1))
attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
attempt("unix", lambda: socket.socket(socket.AF_UNIX))
attempt("pair", lambda: socket.socketpair())
attempt("fork", lambda: os.fork())
attempt("program", lambda: os.execv("/bin/true", ["true"]))
attempt("signal", lambda: os.kill(os.getppid(), 0))
attempt("write elsewhere", lambda: open(sys.argv[2] + ".new", "w"))
attempt("write", lambda: (folder / "out").write_text("x"))
attempt("write much", lambda: (folder / "big").write_bytes(b"x" * (2 << 20)))
confine.make_read_only(folder)
attempt("write later", lambda: (folder / "late").write_text("x"))
attempt("read later", lambda: (folder / "in").read_text())
import gzip, encodings.gb18030
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a confined process could do, by what it tried."""
    folder, other = tmp_path_factory.mktemp("own"), tmp_path_factory.mktemp("other") / "secret"
    (folder / "in").write_text("mine")
    other.write_text("secret")
    (folder / "link").symlink_to(other)
    command = [sys.executable, "-c", PRELUDE, str(folder), str(other)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_it_reads_the_one_folder_and_writes_there_until_all_lies_ready(said: dict[str, str]) -> None:
    assert (said["own file"], said["read later"]) == ("'mine'", "'mine'")
    assert said["write"] == "1"
    assert "File too large" in said["write much"]


@pytest.mark.skipif(landlock.version() == 0, reason="this kernel has no Landlock")
@pytest.mark.parametrize(
    "what",
    [
        "other file",
        "passwords",
        "environment",
        "listing",
        "way out by a link",
        "write elsewhere",
        "write later",
    ],
)
def test_it_reads_and_writes_nothing_else(said: dict[str, str], what: str) -> None:
    assert "Landlock" in said["there"]
    assert said[what] == "refused"


@pytest.mark.skipif(not seccomp.is_known(), reason="system calls of this machine are not known")
@pytest.mark.parametrize("what", ["tcp", "udp", "unix", "pair", "fork", "program", "signal"])
def test_it_reaches_no_host_and_no_other_process(said: dict[str, str], what: str) -> None:
    assert "seccomp" in said["there"]
    assert said[what] == "refused"


def photo(content: bytes, limits: Limits = SMALL, pixels: int = 100_000_000) -> Picture:
    """A picture that a child reads."""
    return ask.run("photo", Asked("p", pixels, 100, 80), Picture, limits=limits, files={"p": content})


def children() -> set[int]:
    """Processes that this one started and that are there still."""
    task = Path(f"/proc/{os.getpid()}/task")
    return {int(pid) for one in task.iterdir() for pid in (one / "children").read_text().split()}


def bitmap(width: int, height: int) -> bytes:
    """A bitmap of one colour, as large in memory as it says."""
    kept = io.BytesIO()
    Image.new("L", (width, height)).save(kept, "PNG")
    return kept.getvalue()


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(megabytes=160, seconds=20, file_megabytes=8, answer_megabytes=8), "memory"),
        (Limits(megabytes=512, seconds=0.05, file_megabytes=8, answer_megabytes=8), "time"),
    ],
)
def test_one_over_a_limit_ends_it_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: Limits, reason: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = children()
    with pytest.raises(Failed) as failed:
        photo(bitmap(12_000, 8_000), limits)
    assert failed.value.reason == reason
    assert children() <= before
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_task_is_not_done() -> None:
    with pytest.raises(Failed):
        ask.run("os.system", Asked("p", 1, 1, 1), Picture, limits=SMALL, files={})


def test_what_is_here_is_not_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_SECRET", "x")
    assert not [name for name in ask._environment(Path("/nowhere")) if name.startswith("COCKPIT")]


def test_more_than_may_run_at_once_are_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "_in_force", budgets.with_numbers({"children": 1, "child_wait_seconds": 0.2}))
    held = threading.Event()
    free = threading.Event()

    def hold() -> None:
        with ask._places.one():
            held.set()
            free.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(5)
    started = time.monotonic()
    with pytest.raises(Busy):
        photo(bitmap(10, 10))
    assert time.monotonic() - started < 2
    free.set()
    holder.join()
    assert photo(bitmap(10, 10)).jpeg


def test_a_child_says_what_holds_here() -> None:
    assert "end with the parent" in ask.layers()
