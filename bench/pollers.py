"""Browsers that have a plain Dash page open: each asks for all values once a second, as Dash's script does."""

import gzip
import http.client
import multiprocessing
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from bench.plain_dash import EVERY_MS

READY_S = 30
HEADERS = {
    "Accept": "application/json",
    "Content-Type": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
}


class Polled(msgspec.Struct):
    """What all of them got between two moments."""

    answers: int = 0
    size: int = 0
    """Of the answers, headers included."""


class Pollers:
    """The browsers; each has had an answer."""

    def __init__(self, line: Connection) -> None:
        self._line = line

    def so_far(self) -> Polled:
        """What they got until now."""
        self._line.send("tell")
        polled: Polled = self._line.recv()
        return polled


@contextmanager
def polling(port: int, clients: int, devices: int) -> Iterator[Pollers]:
    """So many browsers, in a process of their own; an answer has a text for each of so many devices."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_poll, args=(port, clients, devices, theirs))
    process.start()
    theirs.close()
    try:
        assert ours.poll(READY_S), "all have an answer in time"
        assert ours.recv() == "ready"
        yield Pollers(ours)
    finally:
        process.terminate()
        process.join()


class _Browser(threading.Thread):
    def __init__(self, port: int, begins: float) -> None:
        super().__init__(daemon=True)
        self.polled = Polled()
        self.first: bytes | None = None
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=READY_S)
        self._due = begins

    def run(self) -> None:
        """Learn what the page has; ask, and ask again a second later, or at once where the answer took longer."""
        self._line.request("GET", "/_dash-dependencies", headers=HEADERS)
        question = _question(msgspec.json.decode(_plain(*self._answer()))[0])
        ticks = 0
        while True:
            time.sleep(max(0.0, self._due - time.monotonic()))
            self._due = max(time.monotonic(), self._due + EVERY_MS / 1_000)
            ticks += 1
            question["inputs"][0]["value"] = ticks
            self._ask(msgspec.json.encode(question))

    def _ask(self, question: bytes) -> None:
        self._line.request("POST", "/_dash-update-component", question, HEADERS)
        answer, body = self._answer()
        head = sum(len(name) + len(value) + len(": \r\n") for name, value in answer.getheaders())
        self.polled = Polled(self.polled.answers + 1, self.polled.size + head + len(body))
        if self.first is None:
            self.first = _plain(answer, body)

    def _answer(self) -> tuple[http.client.HTTPResponse, bytes]:
        answer = self._line.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        return answer, body


def _plain(answer: http.client.HTTPResponse, body: bytes) -> bytes:
    return gzip.decompress(body) if answer.getheader("Content-Encoding") == "gzip" else body


def _question(callback: dict[str, Any]) -> dict[str, Any]:
    """What Dash's script asks for a callback, one that has a list of outputs (``..a.b...c.d..``) or a single one."""
    output: str = callback["output"]
    outputs = [
        dict(zip(("id", "property"), one.split("."), strict=True))
        for one in output.removeprefix("..").removesuffix("..").split("...")
    ]
    changed = ["tick.n_intervals"]
    return {
        "output": output,
        "outputs": outputs if output.startswith("..") else outputs[0],
        "inputs": [{"id": "tick", "property": "n_intervals", "value": 0}],
        "changedPropIds": changed,
        "parsedChangedPropsIds": changed,
    }


def _texts(answer: bytes) -> int:
    """How many texts an answer has, in a list or for an output each."""
    shown: dict[str, Any] = msgspec.json.decode(answer)["response"]
    return len(shown["values"]["children"]) if "values" in shown else len(shown)


def _poll(port: int, clients: int, devices: int, told: Connection) -> None:
    begun = time.monotonic()
    browsers = [_Browser(port, begun + number / clients) for number in range(clients)]
    for one in browsers:
        one.start()
    for one in browsers:
        while one.first is None:
            assert one.is_alive(), "it got an answer"
            time.sleep(0.05)
        assert _texts(one.first) == devices, "a text for each"
    told.send("ready")
    while told.recv():
        assert all(one.is_alive() for one in browsers), "they go on"
        each = [one.polled for one in browsers]
        told.send(Polled(sum(one.answers for one in each), sum(one.size for one in each)))
