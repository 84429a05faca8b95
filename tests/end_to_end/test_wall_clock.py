"""The machine's clock is set while the wall stands, or the machine sleeps: nothing is hidden, nothing made up."""

import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from store.instant import SHANGHAI
from tests.browsing import HOUR_MS, let_clock_be_set, set_clock
from tests.running import Cockpit

KEEP_WORDS = """() => {
  window.said = [];
  const band = document.getElementById("band");
  new MutationObserver(() => { if (!band.hidden) window.said.push(band.textContent); })
    .observe(band, { attributes: true, childList: true, characterData: true, subtree: true });
}"""
"""Keep what the band over the page says, however shortly."""


@pytest.fixture
def wall(own_cockpit: Cockpit, page: Page) -> Iterator[Page]:
    """A wall with one reading of this moment."""
    own_cockpit.start()
    air = own_cockpit.add_device("air-01", lon=120.1905, lat=28.9285, interval=3600)
    own_cockpit.publish(air, "telemetry", {"pm2_5": 12})
    let_clock_be_set(page)
    page.goto(f"{own_cockpit.url}/wall/heling")
    expect(page.locator("[data-live-mark]")).to_have_text("● 实时", timeout=20_000)
    expect(page.locator('[data-live="areas.chenglu"]')).to_have_text("12")
    yield page
    if own_cockpit.process is not None:
        own_cockpit.go_on()


@pytest.mark.parametrize("step", [-HOUR_MS, HOUR_MS, -48 * HOUR_MS])
def test_a_step_of_the_clock_hides_no_cut_line(own_cockpit: Cockpit, wall: Page, step: int) -> None:
    own_cockpit.hang()
    began = time.monotonic()
    wall.wait_for_timeout(500)
    set_clock(wall, step)
    expect(wall.locator("#band")).to_contain_text("中断", timeout=7000)
    assert time.monotonic() - began < 6


@pytest.mark.parametrize("step", [-HOUR_MS, HOUR_MS])
def test_a_step_of_the_clock_is_no_cut_and_the_times_stay_the_servers(wall: Page, step: int) -> None:
    shown = wall.locator("[data-clock]")
    wall.evaluate(KEEP_WORDS)
    for _look in range(12):
        set_clock(wall, step)
        wall.wait_for_timeout(250)
        hour = re.findall(r" (\d\d):", shown.inner_text())[0]
        assert hour in {f"{datetime.now(SHANGHAI) + timedelta(minutes=m):%H}" for m in (-1, 0)}, "the server's"
        # Asked, the server answers in a moment; a look may fall into it.
        expect(wall.locator("[data-freshness]")).to_contain_text("秒前", timeout=1000)
        expect(wall.locator(".is-stale")).to_have_count(0)
    assert not [text for text in wall.evaluate("window.said") if "中断" in text]
    expect(wall.locator("[data-live-mark]")).to_have_text("● 实时")


def test_a_machine_that_slept_says_so_at_once_until_the_server_has_answered(own_cockpit: Cockpit, wall: Page) -> None:
    # Asleep the monotonic clock of most systems stands still: only the wall clock tells on waking.
    own_cockpit.hang()
    set_clock(wall, HOUR_MS)
    began = time.monotonic()
    expect(wall.locator("#band")).to_contain_text("核对", timeout=3000)
    assert time.monotonic() - began < 2.5
    expect(wall.locator("[data-live-mark]")).not_to_have_text("● 实时")
    expect(wall.locator("#band")).to_contain_text("中断", timeout=5000)
    own_cockpit.go_on()
    expect(wall.locator("#band")).to_be_hidden(timeout=10_000)
    expect(wall.locator("[data-live-mark]")).to_have_text("● 实时")


def test_a_frozen_tab_says_so_at_once_when_it_is_seen_again(own_cockpit: Cockpit, wall: Page) -> None:
    devtools = wall.context.new_cdp_session(wall)
    devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
    own_cockpit.hang()
    time.sleep(6)
    devtools.send("Page.setWebLifecycleState", {"state": "active"})
    expect(wall.locator("#band")).to_contain_text("中断", timeout=1500)
