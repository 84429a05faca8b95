"""Publish to frame: how long until browsers are told, by how many devices there are and how much they say.

All devices stand behind one gateway, and each has said something before. Each value carries the time when it was sent,
so that whoever gets a frame knows how old what is in it is. The clients are in processes of their own, on the same
cores. In the same run a plain Dash page shows the same (`bench.usual`).
"""

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as mqtt

from bench import usual
from bench.cores import Cores
from bench.crowd import connected, let_all_speak, register, talk
from bench.figures import judged
from bench.watchers import Counting, Reading, come, watching
from tests.running import Cockpit

SECONDS = 10
LATE_S = 2.0


@dataclass(frozen=True)
class Case:
    """What goes on, for how long, and what is to be reached then."""

    devices: int
    rate: int
    clients: int
    seconds: int = SECONDS
    p95_ms: float | None = None
    frames: float | None = None
    """A second, to the client that gets fewest."""
    cores: float | None = None


CASES = [
    Case(20, 200, 1),
    Case(20, 1_000, 1),
    Case(20, 200, 200),
    Case(20, 1_000, 1_000),
    Case(1_000, 200, 1, seconds=20, cores=0.25),
    Case(1_000, 1_000, 1),
    Case(1_000, 200, 200),
    Case(1_000, 1_000, 200),
    Case(1_000, 200, 1_000, frames=8),
    Case(10_000, 200, 1),
    Case(10_000, 1_000, 1, p95_ms=250),
    Case(10_000, 200, 200),
]
COMPARED_DEVICES = 1_000
COMERS, COME_S = (500, 1_000), 3.0


@dataclass(frozen=True)
class Found:
    """What a case came to."""

    took: float
    read: Reading
    counted: Counting
    cores: Cores


def measure(folder: Path) -> list[str]:
    """One cockpit for each number of devices."""
    lines = [
        "clients on WebSockets, frames packed once for all who watch, as our page asks for them",
        "CPU of a client: the pages' process, what it needs without any client included",
    ]
    for devices in sorted({case.devices for case in CASES}):
        cockpit = Cockpit(folder / str(devices), settings={"COCKPIT_LOG_LEVEL": "warning"})
        cockpit.folder.mkdir()
        gateway = register(cockpit, devices)
        cockpit.start()
        try:
            let_all_speak(gateway, cockpit.mqtt, devices)
            with connected(gateway, cockpit.mqtt) as client:
                cases = [case for case in CASES if case.devices == devices]
                lines += [_told(case, _case(cockpit, client, case)) for case in cases]
                if devices == COMPARED_DEVICES:
                    lines += usual.compare(cockpit, client, devices)
            if devices == COMPARED_DEVICES:
                lines += [_restart(cockpit, devices, clients) for clients in COMERS]
        finally:
            cockpit.stop()
    return lines


def _case(cockpit: Cockpit, client: mqtt.Client, case: Case) -> Found:
    with watching(cockpit.http, case.clients) as watchers:
        watchers.begin()
        before, begun = Cores.used(cockpit), time.monotonic()
        took = talk(client, case.devices, case.rate, case.seconds)
        cores = Cores.used(cockpit).since(before, time.monotonic() - begun)
        counted = watchers.enough()
        # What is late is told late, and belongs to the ages; frames are those of the time in which they talked.
        time.sleep(LATE_S)
        read = watchers.read()
    read.deltas = [(at, size) for at, size in read.deltas if begun <= at < begun + took]
    return Found(took, read, counted, cores)


def _told(case: Case, found: Found) -> str:
    p50, p95 = (statistics.quantiles(found.read.ages, n=100)[q - 1] * 1_000 for q in (50, 95))
    frames = [len(found.read.deltas), *found.counted.deltas]
    mean, least = sum(frames) / case.clients / found.took, min(frames) / found.took
    size = found.counted.size + sum(size for _, size in found.read.deltas)
    cores = found.cores
    return (
        f"{case.devices:6} devices, {case.rate * case.seconds / found.took:5.0f} changes/s, {case.clients:5} clients: "
        f"publish to frame p50 {p50:.0f} ms, p95 {p95:.0f} ms{_at_most(p95, case.p95_ms, 'p95 {:.0f} ms')}; "
        f"{mean:.1f} frames/s a client, the fewest {least:.1f}{_at_least(least, case.frames, '{:.0f} or more')}, "
        f"{size / case.clients / found.took / 1024:.1f} kB/s and {cores.pages / case.clients * 1_000:.2f} ms/s of CPU; "
        f"cores {cores.all:.2f}{_at_most(cores.all, case.cores, 'at rest {}')}, of the pages {cores.pages:.2f}"
        f"{_of_clients(found.counted)}"
    )


def _at_most(value: float, goal: float | None, words: str) -> str:
    return "" if goal is None else judged(words.format(goal), value <= goal)


def _at_least(value: float, goal: float | None, words: str) -> str:
    return "" if goal is None else judged(words.format(goal), value >= goal)


def _of_clients(counted: Counting) -> str:
    if not counted.deltas:
        return ""
    snapshots = f"; {counted.snapshots} snapshots to those who fell behind" if counted.snapshots else ""
    gone = f"; {counted.gone} CUT OFF" if counted.gone else ""
    return f", the clients' own {counted.cores:.2f}{snapshots}{gone}"


def _restart(cockpit: Cockpit, devices: int, clients: int) -> str:
    """Everybody comes back at once: how long until the last of them has data."""
    cockpit.stop()
    cockpit.start()
    seconds = come(cockpit.http, clients)
    told = f"first has data after {min(seconds):.2f} s, last after {max(seconds):.2f} s"
    goal = judged(f"last {COME_S:.0f} s", max(seconds) <= COME_S)
    return f"{devices:6} devices, {clients} clients at once after a restart: {told}{goal}"
