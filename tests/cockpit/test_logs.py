"""Logs: what cannot be written is lost, and nothing else is."""

import os
import subprocess
import sys

import pytest

SAYS = """
import logging, structlog
from cockpit.logs import configure
from sensors.unforeseen import noted
configure("json", "info")
structlog.get_logger("x").error("said")
logging.getLogger("x").error("said too")
with noted("part"):
    raise ValueError("and met")
print("goes on")
"""


@pytest.mark.parametrize("place", ["a pipe whose reader has gone", "a full disk"])
def test_a_log_that_cannot_be_written_stops_nothing(place: str) -> None:
    if place == "a full disk":
        line = os.open("/dev/full", os.O_WRONLY)
    else:
        read, line = os.pipe()
        os.close(read)
    try:
        done = subprocess.run([sys.executable, "-c", SAYS], stdout=subprocess.PIPE, stderr=line, text=True, check=False)
    finally:
        os.close(line)
    assert done.stdout == "goes on\n"
