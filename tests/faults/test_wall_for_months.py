"""A wall that nobody touches: all that happens to it in months, in an hour; in the suite in two minutes.

Each fault is mended on the screen, to the last figure and colour, and nothing that page or server holds grows. The
length is of SOAK_SECONDS.
"""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as BrowserError

from tests.browsing import let_clock_be_set, screen
from tests.faults.wall_faults import ENDING_PAGES, ENDING_PROCESSES, LASTING, Fault
from tests.faults.wall_measured import Bound, Sample, Sampler, grown
from tests.faults.wall_shown import differing, expected, shown
from tests.faults.wall_town import Town, begun
from tests.running import Cockpit

SECONDS = float(os.environ.get("SOAK_SECONDS", "120"))
LONG_S = 900.0
"""From such a length on the faults that end pages or processes come twice, and the town talks longer between faults."""
MENDED_S = 10.0
"""Within it all is as it should be, once what was away is back."""
GIVEN_UP_S = 40.0
START_S = 30.0
LOOK_EVERY_S = 0.15
TOLD = 10
"""Differences that are named."""
BOUNDS = (
    Bound("heap", "MiB", 3.0, 1.0),
    Bound("nodes", "nodes", 150, 50),
    Bound("listeners", "listeners", 20, 10),
    Bound("devices", "MiB", 12.0, 12.0),
    Bound("pages", "MiB", 12.0, 12.0),
)


@dataclass
class Watch:
    """Does one fault after the other, waits until it is mended, and keeps what is held in memory then."""

    town: Town
    page: Page
    sampler: Sampler
    samples: list[Sample] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    faults: int = 0
    documents: int = 0
    due_documents: int = 1
    begun: float = field(default_factory=time.monotonic)

    def open(self) -> None:
        """Open the wall, and count from now on how often it is loaded."""
        self.page.on("domcontentloaded", lambda _page: self._loaded())
        self.page.on("pageerror", lambda error: self._fail(f"an error in the page: {error}"))
        self.page.on("crash", lambda _page: self._fail("the page crashed"))
        self.page.goto(self.town.address)
        self.town.work(1)
        took, left = self._mended(START_S)
        assert not left, "\n".join(["the wall did not come up", *left])
        print(f"{'s':>6}  {'fault':30} {'mended':>8}" + "".join(f"{one.name:>10}" for one in BOUNDS))
        self._look("opened", took)

    def _loaded(self) -> None:
        self.documents += 1

    def _fail(self, *lines: str) -> None:
        self.wrong += lines
        print("\n".join(lines), flush=True)

    def suffer(self, fault: Fault, work_s: float) -> None:
        """Break it, bring it back, and wait until the wall shows all as it is."""
        self.faults += 1
        self.due_documents += fault.reloads
        fault.breaks(self.town, self.page)
        fault.back(self.town, self.page)
        took, left = self._mended(GIVEN_UP_S)
        if left:
            self._fail(f"{fault.name}: after {GIVEN_UP_S:.0f} s it is still otherwise", *left[:TOLD])
        elif took > MENDED_S + fault.spread_s:
            self._fail(f"{fault.name}: mended after {took:.1f} s only, allowed {MENDED_S + fault.spread_s:.0f}")
        if self.documents != self.due_documents:
            self._fail(f"{fault.name}: the page was loaded {self.documents} times, not {self.due_documents}")
            self.due_documents = self.documents
        self.town.work(work_s)
        self._mended(MENDED_S)
        self._look(fault.name, took)

    def _mended(self, patience: float) -> tuple[float, list[str]]:
        """Seconds until the wall shows what it should, and in what it differs if it never did."""
        since = time.monotonic()
        while True:
            left = self._differing()
            took = time.monotonic() - since
            if not left or took > patience:
                return took, left
            self.page.wait_for_timeout(LOOK_EVERY_S * 1000)

    def _differing(self) -> list[str]:
        if self.documents < self.due_documents:
            return ["it was not loaded anew yet"]
        try:
            return differing(shown(self.page), expected(self.town.cockpit))
        except (BrowserError, httpx.HTTPError, AssertionError, KeyError) as error:
            # It loads itself anew, or the server is not there yet.
            return [f"cannot be seen: {error!r:.200}"]

    def _look(self, what: str, took: float) -> None:
        at = time.monotonic() - self.begun
        sample = self.sampler.look(at, f"document {self.documents}", self.town.cockpit.processes[1:])
        self.samples.append(sample)
        figures = "".join(f"{sample.figures[one.name]:>10.1f}" for one in BOUNDS)
        print(f"{at:6.0f}  {what:30} {took:6.1f} s{figures}", flush=True)


@pytest.fixture
def watch(own_cockpit: Cockpit, browser: Browser, tmp_path: Path) -> Iterator[Watch]:
    town = begun(own_cockpit, tmp_path)
    context = screen(browser, is_drawn=True)
    page = context.new_page()
    let_clock_be_set(page)
    yield Watch(town, page, Sampler(page))
    context.close()
    town.stop()


def suffer_all(watch: Watch, faults: Sequence[Fault], work_s: float) -> None:
    for fault in faults:
        watch.suffer(fault, work_s)


@pytest.mark.drawn
def test_a_wall_mends_itself_after_all_that_happens_in_months_and_holds_no_more_than_before(watch: Watch) -> None:
    is_long = SECONDS >= LONG_S
    work_s = 2.0 if is_long else 0.5
    watch.open()
    for _ in range(2 if is_long else 1):
        suffer_all(watch, ENDING_PAGES, work_s)
    for _ in range(2 if is_long else 1):
        suffer_all(watch, ENDING_PROCESSES, work_s)
    suffer_all(watch, LASTING, work_s)
    while time.monotonic() - watch.begun < SECONDS:
        suffer_all(watch, LASTING, work_s)
    told, growing = grown(watch.samples, BOUNDS)
    print("\n".join([f"{watch.faults} faults, the page was loaded {watch.documents} times", *told]))
    assert not watch.wrong + growing, "\n".join(watch.wrong + growing)
