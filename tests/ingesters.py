"""Ingesters as processes of their own, on a broker elsewhere."""

import json
import subprocess

from tests import prepared
from tests.running import Cockpit


def begin(cockpit: Cockpit, *options: str) -> prepared.Process:
    """Start an ingester; returns at once. What it logs is added to ``ingest.log``."""
    with (cockpit.folder / "ingest.log").open("a") as log:
        given = ["ingest", "--json", *options]
        return prepared.start(given, cockpit.folder, cockpit.environment, subprocess.PIPE, log)


def runs(one: prepared.Process) -> prepared.Process:
    """Wait until an ingester says that it takes messages, or stands by; returns it."""
    assert one.stdout is not None
    assert json.loads(one.stdout.readline()) == {"ingest": "running"}
    return one
