"""Faults on the embedded default: its own broker, SQLite."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.faults.disk import fill, small_disk
from tests.faults.stream import METRIC, Stream
from tests.running import SPAN, Cockpit, until

DISK_BYTES = 8 << 20


def test_a_kill_in_mid_stream_loses_nothing(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    stream = Stream(own_cockpit.add_device("air-kill"), own_cockpit.mqtt)
    stream.part(0.4)
    own_cockpit.stop(signal.SIGKILL)
    stream.part(0.6)
    own_cockpit.start()
    sent = stream.finish()
    assert own_cockpit.numbers("air-kill", METRIC, **SPAN) == list(range(sent))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes."""
    with small_disk(tmp_path / "disk", DISK_BYTES) as folder:
        yield folder


def test_a_full_disk_stops_the_stream_and_loses_nothing(own_cockpit: Cockpit, disk: Path) -> None:
    own_cockpit.settings["COCKPIT_DATA_DIR"] = str(disk)
    own_cockpit.start()
    device = own_cockpit.add_device("air-full")
    filler = fill(disk, 200_000)

    stream = Stream(device, own_cockpit.mqtt)
    until(lambda: "database or disk is full" in own_cockpit.log, 30)
    assert httpx.get(f"{own_cockpit.url}/healthz").status_code == 200

    def stands_still() -> bool:
        # What was stored before the disk was full may still be on its way to the device.
        acknowledged = stream.acknowledged
        time.sleep(0.5)
        return stream.acknowledged == acknowledged

    until(stands_still, 15)
    filler.unlink()
    sent = stream.finish()
    assert own_cockpit.numbers("air-full", METRIC, **SPAN) == list(range(sent))
