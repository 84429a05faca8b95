"""Commands that start at once: processes forked from one that has imported the program already.

A cockpit takes seconds to import, and the tests start hundreds. What runs from there on is what the ``cockpit``
command runs, in a process of its own with its own environment, folder and standard streams.
"""

import contextlib
import functools
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[1]
STREAMS = 3
LONGEST = 1024 * 1024


class Process:
    """One command, as far as `subprocess.Popen` is needed of it here; its streams are texts."""

    def __init__(self, pid: int, answers: socket.socket, stdout: IO[str] | None, log: str) -> None:
        self.pid = pid
        self.stdout = stdout
        self.log = log
        self.returncode: int | None = None
        self._answers = answers

    def poll(self) -> int | None:
        """The exit code, if it has ended."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; returns the exit code, minus the signal that ended it."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return code

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._answers], [], [], timeout)[0]:
            told = self._answers.recv(64)
            self.returncode = int(told) if told else -signal.SIGKILL
            self._answers.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal; one that has ended is nobody's."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Tell it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


@functools.cache
def _parent() -> socket.socket:
    """The process that has imported everything, begun once; it ends with this one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        subprocess.Popen(
            [sys.executable, "-m", "tests.prepared", str(theirs.fileno())], cwd=ROOT, pass_fds=[theirs.fileno()]
        )
    return ours


def start(
    arguments: list[str], cwd: Path, environment: dict[str, str], stdout: Any, stderr: Any, stdin: Any = None
) -> Process:
    """Run ``cockpit`` with these arguments; ``stdout`` may be `subprocess.PIPE`."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # a number is a packet
    read_from, write_to = os.pipe() if stdout is subprocess.PIPE else (None, stdout.fileno())
    with theirs, open(os.devnull) as nothing:
        streams = [(stdin or nothing).fileno(), write_to, stderr.fileno(), theirs.fileno()]
        asked = json.dumps({"arguments": arguments, "cwd": str(cwd), "environment": environment}).encode()
        socket.send_fds(_parent(), [asked], streams)
    if read_from is None:
        return Process(int(ours.recv(64)), ours, None, str(stderr.name))
    os.close(write_to)
    return Process(int(ours.recv(64)), ours, os.fdopen(read_from, encoding="utf-8"), str(stderr.name))


def _serve(asking: socket.socket) -> None:
    from cockpit import collector

    with collector.importing():
        from cockpit import cli, showing, taking  # noqa: F401
        from layers.declare import routers
        from sensors.replay import recording, replay  # noqa: F401

        routers()

    waking, woken = socket.socketpair()
    woken.setblocking(False)
    signal.set_wakeup_fd(woken.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([asking, waking], [], [])
        if waking in ready:
            waking.recv(4096)
            _tell_ended(running)
        if asking in ready:
            content, streams, _, _ = socket.recv_fds(asking, LONGEST, STREAMS + 1)
            if not content:
                break
            answers = socket.socket(fileno=streams[STREAMS])
            pid = os.fork()
            if pid == 0:
                for mine in (asking, waking, woken, *running.values()):
                    mine.close()
                answers.close()
                _become(json.loads(content), streams[:STREAMS])
            running[pid] = answers
            for stream in streams[:STREAMS]:
                os.close(stream)
            answers.send(str(pid).encode())
    for pid in running:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _tell_ended(running: dict[int, socket.socket]) -> None:
    for pid in list(running):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with running.pop(pid) as answers, contextlib.suppress(OSError):
                answers.send(str(os.waitstatus_to_exitcode(status)).encode())


def _become(asked: dict[str, Any], streams: list[int]) -> None:
    """In the child: the command itself."""
    from cockpit.__main__ import main

    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL if number == signal.SIGCHLD else signal.default_int_handler)
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
        os.close(stream)
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    os.chdir(asked["cwd"])
    sys.argv = ["cockpit", *asked["arguments"]]
    random.seed()
    code = 1
    try:
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
