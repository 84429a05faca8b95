"""What the wall says stays in its place, however much there is to say."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browsing import screen
from tests.running import Cockpit

OVERLAP = """(site) => {
  cockpit.setRow(`visitors.${site}.inside`, {
    text: '12 345', unit: '人', level: 0, staleSince: Date.parse('2026-04-25T06:59:00+08:00'),
    note: '◇ 存疑 · 4 台闸机无数据',
  });
  const row = document.querySelector(`[data-row="visitors.${site}.inside"]`);
  const since = row.querySelector('.since');
  const words = document.createRange();
  words.selectNodeContents(since);
  const told = words.getBoundingClientRect();
  const value = row.querySelector('.figure').getBoundingClientRect();
  const panel = row.closest('.panel').getBoundingClientRect();
  return {
    text: since.textContent,
    meets: told.right > value.left && told.left < value.right && told.bottom > value.top && told.top < value.bottom,
    leaves: told.right > panel.right,
  };
}"""


@pytest.mark.parametrize("site", ["fangyan", "centre", "square"])
@pytest.mark.parametrize("size", [(1920, 1080), (3840, 2160), (1080, 1920)])
def test_why_a_figure_is_doubtful_stands_beside_it(
    cockpit: Cockpit, browser: Browser, size: tuple[int, int], site: str
) -> None:
    context = screen(browser, size)
    page = context.new_page()
    page.goto(f"{cockpit.url}/wall/heling")
    row = page.locator(f'[data-row="visitors.{site}.inside"]')
    expect(row).to_be_attached()
    found = page.evaluate(OVERLAP, site)
    assert "数据停于" in found["text"]
    assert (found["meets"], found["leaves"]) == (False, False), found
    context.close()
