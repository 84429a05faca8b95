"""Pages on paper: what they are, of whom and when; tables whole, with a head on each sheet; black on white."""

import io
import re
import subprocess
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browsing import DESK, screen
from tests.end_to_end.test_events import EVENTS, client
from tests.running import Cockpit

HERE = {"lon": 120.1905, "lat": 28.9285}
MANY = 70
SETTLED = "() => Boolean(window.cockpit && cockpit.live.up)"
PAGES = {
    "/events": ("网格事件", ".ag-cell", ("占道经营 3", "占道经营 69", "状态：未结", "级别：全部")),
    "/events/{event}": ("占道经营 0", ".timeline li", ("经过", "沿街摆摊")),
    "/alarms": ("告警", ".alarm-line", ("■ 紧急", "礼堂烟感")),
    "/figures": ("指标", ".totals .total", ("立案率", "本月", "片区")),
    "/alarm-figures": ("告警指标", "[data-figure]", ("目标", "近 30 天")),
    "/visitors": ("游客", ".total", ("方岩景区", "瞬时承载量")),
    "/alarm-rules": ("告警规则", ".rule", ("烟感报警", "自动立案：消防火情", "出厂规则")),
    "/counts": ("客流核对", "[data-site-steps] .nothing", ("方岩景区", "没有待核定的计数")),
    "/festivals": ("节会", ".festival-state", ("方岩庙会", "阈值", "○ 未开始")),
    "/quarantine": ("隔离区", ".refused", ("air-print", "not json")),
    "/devices/air-print": ("橙麓空气站", "#device-chart .main-svg", ("PM2.5", "24 小时")),
}
"""path -> its name, what it shows last, what must be read on paper."""
NOT_ON_PAPER = ("退出", "看板", "全部标为已读", "English", "新建规则", "导出 CSV", "新的节会", "改方案", "重新处理所选")


@pytest.fixture(scope="module")
def event(cockpit: Cockpit) -> str:
    """Many events, of which this is the first, an alarm and readings."""
    manager = client(cockpit, "打印经理", "manager", "heling")
    told = [
        {"id": f"print-{n}", "title": f"占道经营 {n}", "category": "order.vendor", "detail": "沿街摆摊"} | HERE
        for n in range(MANY)
    ]
    made = [manager.post(EVENTS, json=one).json()["id"] for one in told]
    air = cockpit.add_device("air-print", name="橙麓空气站", **HERE)
    cockpit.publish(air, "telemetry", {"pm2_5": 41})
    cockpit.publish(air, "telemetry", b"not json")
    smoke = cockpit.add_device("smoke-print", "smoke", name="礼堂烟感", **HERE)
    cockpit.publish(smoke, "telemetry", {"smoke": True})
    return str(made[0])


@pytest.fixture(scope="module")
def page(cockpit: Cockpit, browser: Browser) -> Iterator[Page]:
    """A manager's browser, in the dark theme."""
    context = screen(browser, DESK)
    page = context.new_page()
    cockpit.sign_in(page, "打印员", "manager", "heling")
    yield page
    context.close()


def printed(page: Page) -> tuple[list[str], Image.Image]:
    """The page as it is printed: the text of each sheet, and a picture of the first."""
    paper = page.pdf(prefer_css_page_size=True)
    text = subprocess.run(["pdftotext", "-layout", "-", "-"], input=paper, capture_output=True, check=True).stdout
    drawn = ["pdftoppm", "-r", "40", "-singlefile", "-png", "-"]
    picture = Image.open(io.BytesIO(subprocess.run(drawn, input=paper, capture_output=True, check=True).stdout))
    return text.decode().split("\f")[:-1], picture.convert("RGB")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_on_paper_says_what_it_is_and_has_no_menu(cockpit: Cockpit, event: str, page: Page, path: str) -> None:
    title, last, words = PAGES[path]
    page.goto(
        cockpit.url + path.format(event=event) + ("" if "{" in path or "devices" in path else "?community=heling")
    )
    page.wait_for_function(SETTLED)
    expect(page.locator(last).first).to_be_visible()
    sheets, picture = printed(page)
    first, whole = sheets[0], "".join(sheets)
    assert "赫灵未来社区" in first
    assert title in first.split("打印于")[0]
    assert re.search(r"打印于 \d{4}-\d\d-\d\d \d\d:\d\d:\d\d（北京时间）", first)
    assert [one for one in words if one not in whole] == []
    assert [one for one in NOT_ON_PAPER if one in whole] == []
    colours = picture.quantize(4).convert("RGB").getcolors() or []
    assert max(colours)[1] > (245, 245, 245), "the paper is white"
    assert picture.convert("L").getextrema()[0] < 90, "what is written is black"
    # The screen is as it was.
    expect(page.locator(".printed")).to_have_count(0)


def test_the_list_of_events_goes_over_sheets_each_with_its_head(cockpit: Cockpit, event: str, page: Page) -> None:
    page.goto(f"{cockpit.url}/events?community=heling")
    page.wait_for_function(SETTLED)
    expect(page.locator(".ag-cell").first).to_be_visible()
    page.locator('[data-narrows="q"]').fill("占道经营")
    sheets, _picture = printed(page)
    assert len(sheets) > 1
    assert [number for number, sheet in enumerate(sheets) if "占道经营" in sheet and "发生时间" not in sheet] == []
    assert set(re.findall(r"占道经营 (\d+)", "".join(sheets))) == {str(number) for number in range(MANY)}
    assert "搜索：占道经营" in sheets[0]
    assert re.search(rf"{len(sheets)} ?/ ?{len(sheets)}\s*$", sheets[-1])
