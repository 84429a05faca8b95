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


FAILS = """
import logging, sys
from cockpit.logs import configure
configure(sys.argv[1], "info")
def fail(cookie):
    raise ValueError("no")
try:
    fail("the-secret-itself")
except ValueError:
    logging.getLogger("uvicorn.error").exception("it failed")
"""


@pytest.mark.parametrize("form", ["json", "console"])
def test_an_error_is_told_with_its_place_and_without_what_the_variables_held(form: str) -> None:
    done = subprocess.run([sys.executable, "-c", FAILS, form], capture_output=True, text=True, check=True)
    assert 'raise ValueError("no")' in done.stderr or "line 6, in fail" in done.stderr
    assert "the-secret-itself" not in done.stderr.replace('fail("the-secret-itself")', "")
    assert len(done.stderr) < 2_000
