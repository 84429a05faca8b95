"""The same screen the usual way, beside ours: what a client costs, and what a changed value, both over one database.

Counted is the process that serves pages alone: what devices send is taken by the same process for both. Ours tells each
change within a tenth of a second, the plain page once a second. Bytes are those that come down to a browser which asks
for compression: ours are packed once for all, the plain page's with gzip where Dash is told to (by itself it is not).
What goes up is not counted, though of a page with many outputs it is as much.
"""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as mqtt
import psutil

from bench.cores import Cores, seconds
from bench.crowd import plain, talk
from bench.figures import judged
from bench.plain_dash import LIST, OUTPUTS
from bench.pollers import polling
from bench.watchers import watching
from tests.running import Cockpit, free_port, until

RATE = 200
SECONDS = 10
OURS, THEIRS = 1_000, 5
"""Clients: so many that both have something to do, and so few that neither is late."""
TIMES_THE_CLIENTS, PART_OF_THE_BYTES = 50, 0.1
SHAPES = {LIST: "a list of components", OUTPUTS: "an output for each text"}
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Cost:
    """What one client costs in a second."""

    updates: float
    cpu_ms: float
    size: float

    @property
    def clients_a_core(self) -> float:
        """How many one core serves."""
        return 1_000 / self.cpu_ms

    @property
    def size_a_change(self) -> float:
        """Bytes for each value that changed."""
        return self.size / RATE

    def __str__(self) -> str:
        return (
            f"{self.updates:.2f} updates/s and {self.size / 1024:.1f} kB/s a client, {self.cpu_ms:.2f} ms/s of CPU: "
            f"{self.clients_a_core:.0f} clients a core, {self.size_a_change:.0f} bytes a changed value"
        )


def compare(cockpit: Cockpit, client: mqtt.Client, devices: int) -> list[str]:
    """Ours, and the plain page in each of its shapes, compressed and not."""
    ours = _ours(cockpit, client, devices)
    lines = [
        f"beside a plain Dash page (dcc.Interval of 1 s, uvicorn): {devices} devices, {RATE} changes/s of one value",
        f"  ours, {OURS} clients, WebSocket, packed: {ours}",
    ]
    for shape, words in SHAPES.items():
        for is_compressed in (True, False):
            theirs = _theirs(cockpit, client, devices, shape, is_compressed)
            how = f"{words}, {'gzip' if is_compressed else 'not compressed'}"
            lines += [f"  Dash, {THEIRS} clients, {how}: {theirs}", f"    {_ratios(ours, theirs)}"]
    return lines


def _ratios(ours: Cost, theirs: Cost) -> str:
    clients, size = ours.clients_a_core / theirs.clients_a_core, ours.size_a_change / theirs.size_a_change
    return (
        f"ours to it: {clients:.1f} times the clients a core"
        f"{judged(f'{TIMES_THE_CLIENTS} or more', clients >= TIMES_THE_CLIENTS)}, "
        f"{size:.2f} of the bytes a changed value{judged(f'{PART_OF_THE_BYTES} or less', size <= PART_OF_THE_BYTES)}"
    )


def _ours(cockpit: Cockpit, client: mqtt.Client, devices: int) -> Cost:
    with watching(cockpit.http, OURS, is_one_reading=False) as watchers:
        watchers.begin()
        before, begun = Cores.used(cockpit), time.monotonic()
        took = talk(client, devices, RATE, SECONDS, plain)
        cores = Cores.used(cockpit).since(before, time.monotonic() - begun)
        counted = watchers.enough()
    assert not counted.gone, "all stay"
    updates = sum(counted.deltas) / OURS / took
    return Cost(updates, cores.pages * 1_000 / OURS, counted.size / OURS / took)


def _theirs(cockpit: Cockpit, client: mqtt.Client, devices: int, shape: str, is_compressed: bool) -> Cost:
    with (
        _plain_page(f"{cockpit.data}/cockpit.db", shape, is_compressed) as (port, process),
        polling(port, THEIRS, devices) as pollers,
    ):
        before, used, begun = pollers.so_far(), seconds(process), time.monotonic()
        talk(client, devices, RATE, SECONDS, plain)
        after, took = pollers.so_far(), time.monotonic() - begun
        used = seconds(process) - used
    each = THEIRS * took
    updates = (after.answers - before.answers) / each
    # By the update, one of which is due each second: where one came late, it does not count as cheap.
    return Cost(updates, used * 1_000 / each / updates, (after.size - before.size) / each / updates)


@contextmanager
def _plain_page(database: str, shape: str, is_compressed: bool) -> Iterator[tuple[int, psutil.Process]]:
    port = free_port()
    command = [sys.executable, "-m", "bench.plain_dash", database, str(port), shape]
    with subprocess.Popen([*command, *(["gzip"] if is_compressed else [])], cwd=ROOT) as process:
        try:
            until(lambda: _answers(port), 30, 0.1)
            yield port, psutil.Process(process.pid)
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_dash-layout", timeout=5) as answer:
            return bool(answer.status == 200)
    except urllib.error.URLError:
        return False
