"""Ingesters as processes of their own, on a broker elsewhere."""

import json
import subprocess
from pathlib import Path

from tests import prepared
from tests.running import Cockpit


def begin(cockpit: Cockpit, *options: str) -> prepared.Process:
    """Start an ingester; returns at once. What it logs is added to ``ingest.log``."""
    with (cockpit.folder / "ingest.log").open("a") as log:
        given = ["ingest", "--json", *options]
        return prepared.start(given, cockpit.folder, cockpit.environment, subprocess.PIPE, log)


def runs(one: prepared.Process, state: str = "running") -> prepared.Process:
    """Wait until an ingester says that it takes messages, or stands by (``closed``: does neither); returns it."""
    assert one.stdout is not None
    said = one.stdout.readline()
    assert said, f"ended, {one.poll()}\n{_end(one.log)}"
    assert json.loads(said) == {"ingest": state}
    return one


def _end(log: str) -> str:
    return "\n".join(Path(log).read_text().splitlines()[-20:])
