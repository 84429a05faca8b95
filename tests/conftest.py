"""Fixtures: a running cockpit, a real browser."""

import functools
from collections.abc import Iterator
from pathlib import Path

import httpx._transports.default as httpx_transports
import pytest
from hypothesis import settings
from playwright.sync_api import Browser, Page, expect, sync_playwright

from geo import ground
from tests.browsing import screen
from tests.database import (
    database_url,
    empty_postgres,
    engine,
    make,
    new_postgres_database,
    postgres,
    postgres_database,
    postgres_template,
)
from tests.running import CHROMIUM, CHROMIUM_ARGS, Cockpit

HERE = Path(__file__).parent

__all__ = [
    "browser",
    "cockpit",
    "database_url",
    "either_cockpit",
    "empty_postgres",
    "engine",
    "make",
    "own_cockpit",
    "page",
    "postgres",
    "postgres_database",
    "postgres_template",
]


# Else each single question reads the certificates of all the world's authorities first: 60 ms for an answer of 3.
httpx_transports.create_ssl_context = functools.cache(httpx_transports.create_ssl_context)

# How long an example takes says how busy the machine is.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")

# Two tests at a time on two cores: what a page shows may take its time, what a clock is held to runs alone.
expect.set_options(timeout=15_000)

ALONE = (
    "faults/test_embedded",
    "faults/test_live_equals_database",
    "faults/test_mosquitto",
    "faults/test_nats",
    "faults/test_wall_for_months",
    "cockpit/test_live",
    *(
        f"end_to_end/test_{name}"
        for name in (
            "durability",
            "flood",
            "mosquitto",
            "postgres",
            "postgres_database",
            "reconnect",
            "wall",
        )
    ),
)
"""What watches the clock; two of them at once on two cores would fail for want of time."""
LONG = ("end_to_end", "faults")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need the machine to themselves; begin with the files that take longest.

    A long file that comes last runs on one core while the other waits.
    """
    for item in items:
        if item.path.relative_to(HERE).as_posix().startswith(ALONE):
            item.add_marker(pytest.mark.alone)
    items.sort(key=lambda item: item.path.relative_to(HERE).parts[0] not in LONG)


@pytest.fixture(scope="module", autouse=True)
def no_survey_stays() -> Iterator[None]:
    """What a module's databases told this process of a community's ground is forgotten with them."""
    yield
    if ground.state() != "0":
        ground.forget()


@pytest.fixture(scope="module")
def cockpit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    """A cockpit without data, shared by a module's tests; each uses devices of its own."""
    running = Cockpit(tmp_path_factory.mktemp("cockpit")).start()
    yield running
    running.stop()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def either_cockpit(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    """As `cockpit`, on each database in turn."""
    running = Cockpit(tmp_path_factory.mktemp("cockpit"))
    if request.param == "postgresql":
        running.settings["COCKPIT_DATABASE_URL"] = new_postgres_database(
            request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template")
        )
    yield running.start()
    running.stop()


@pytest.fixture
def own_cockpit(tmp_path: Path) -> Iterator[Cockpit]:
    """A cockpit that is not started yet, for a test that stops and starts it."""
    running = Cockpit(tmp_path)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as driver:
        # The picture of a page is put together by the processor itself: with a processor that stands in for a graphics
        # card, each frame of it would go there and back.
        arguments = [*CHROMIUM_ARGS, "--disable-gpu-compositing"]
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A fresh page of a 1080p screen."""
    context = screen(browser, is_drawn=request.node.get_closest_marker("drawn") is not None)
    page = context.new_page()
    yield page
    # What is on its way for a page that goes is nobody's fault.
    if not page.is_closed():
        page.unroute_all(behavior="ignoreErrors")
    context.close()
