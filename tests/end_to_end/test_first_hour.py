"""The first hour of whoever installs the cockpit: from its terminal to the first backup, within the stated clicks."""

import os
import pty
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests import prepared
from tests.browsing import DESK, screen
from tests.end_to_end.test_accessible import AXE, EVERYTHING, LOOK
from tests.end_to_end.test_notices import Receiver
from tests.running import Cockpit, strip, until

PASSWORD = "丹霞 橙麓 lantern quiet 7"
COMMON = "Fangyan2026Password!"
MOST_CLICKS = 24
"""From the terminal's link to a cockpit with two colleagues invited, a display, a tested webhook and a backup."""
EXPECTED = re.compile(r"Failed to load resource.* (422|503) ")
"""What a browser writes of a refusal that the page tells in words."""


@dataclass
class Hand:
    """Who clicks: how often, and what the browser complained of meanwhile."""

    page: Page
    clicks: int = 0
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not EXPECTED.search(message.text):
            self.complaints.append(message.text)

    def click(self, target: Locator) -> None:
        """One click, counted."""
        self.clicks += 1
        target.click()

    def part(self, code: str) -> Locator:
        """A part of a page that says so."""
        return self.page.locator(f'[data-part="{code}"]')

    def button(self, place: Locator, name: str) -> None:
        """Click the button of that name in a place."""
        self.click(place.get_by_role("button", name=name, exact=True))

    def axe(self) -> list[Any]:
        """What axe-core finds on the page."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: list[Any] = self.page.evaluate(LOOK, EVERYTHING)
        return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.end()


def start_at_a_terminal(cockpit: Cockpit) -> str:
    """Start it where somebody looks; returns what the terminal shows."""
    cockpit.settings["COLUMNS"] = "120"
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w") as terminal:
        cockpit.process = prepared.start(["up"], cockpit.folder, cockpit.environment, terminal, terminal)
    shown = b""
    while "┘".encode() not in shown:
        shown += os.read(leader, 65_536)
    until(cockpit.is_ready, 20)
    return shown.decode()


def invite(hand: Hand, name: str, role: str) -> str:
    """Invite somebody of heling; returns the link that was copied."""
    users = hand.part("users")
    hand.click(users.get_by_text("邀请用户"))
    users.get_by_label("用户名").fill(name)
    users.get_by_label("角色").first.select_option(role)
    users.get_by_label("社区").first.select_option("赫灵未来社区")
    users.get_by_label("电话（可不填）").fill("138 0000 0000")
    hand.button(users, "邀请")
    hand.button(users, "复制")
    expect(users.get_by_text("✓ 已复制")).to_be_visible()
    return str(hand.page.evaluate("navigator.clipboard.readText()"))


def test_whoever_installs_it_is_done_within_the_stated_clicks(
    own_cockpit: Cockpit, browser: Browser, receiver: Receiver
) -> None:
    shown = start_at_a_terminal(own_cockpit)
    assert not [line for line in shown.splitlines() if line.startswith("{")], shown
    [link] = re.findall(r"http://\S+/welcome\?token=\S+", shown)
    context = screen(browser, DESK, permissions=["clipboard-read", "clipboard-write"])
    hand = Hand(context.new_page())
    page = hand.page

    page.goto(link)
    page.get_by_label("用户名").fill("陈主任")
    for password in (COMMON, PASSWORD):
        for label in ("新口令", "再输一次"):
            page.get_by_label(label).fill(password)
        hand.click(page.get_by_role("button", name="确定"))
        if password == COMMON:
            expect(page.locator("[data-outcome]")).to_contain_text("再长也不行")
    expect(page.locator("[data-far]")).to_have_text("0 / 8 已完成")
    for opened_by in ("COCKPIT_PUBLIC_URL", "COCKPIT_MQTT_HOST"):
        expect(page.locator("[data-only-here]")).to_contain_text(opened_by)
    assert hand.axe() == []

    hand.click(page.get_by_role("link", name="邀请同事"))
    invited = invite(hand, "李网格", "网格员")
    assert invited.startswith(f"{own_cockpit.url}/welcome?token=")
    expect(hand.part("users").locator(".said")).to_contain_text(
        "链接发给别人也打不开：请架好 HTTPS 代理，设置 COCKPIT_PUBLIC_URL"
    )
    invite(hand, "王经理", "管理员")
    expect(hand.part("users").locator(".entry", has_text="王经理")).to_contain_text("138 0000 0000")
    hooks = hand.part("webhooks")
    hand.click(hooks.get_by_text("新推送"))
    hooks.get_by_label("名称").fill("值班群")
    hooks.get_by_label("地址").fill(receiver.url)
    hand.button(hooks, "添加")
    hand.click(hooks.get_by_role("button", name="测试 值班群"))
    expect(hooks.locator(".outcome")).to_contain_text("值班群 收下了测试通知")
    [told] = receiver.told()
    assert (told["type"], told["data"]["test"], told["data"]["severity_name_en"]) == ("test", True, "Low")
    assert (told["data"]["category_name"], told["data"]["area_name"]) == ("路灯照明", "橙麓")
    displays = hand.part("displays")
    hand.click(displays.get_by_text("新链接"))
    displays.get_by_label("哪块屏").fill("指挥室")
    hand.button(displays, "生成")
    expect(displays.get_by_role("button", name="复制")).to_be_visible()

    hand.click(page.locator(".who"))
    hand.click(page.get_by_role("link", name="上手清单"))
    expect(page.locator("[data-far]")).to_have_text("3 / 8 已完成")
    own_cockpit.import_grids(strip("g1", "一格", 120.185, 120.19))
    expect(page.locator('[data-step="grids"]')).to_contain_text("✓ 已完成")

    hand.click(page.get_by_role("link", name="做一次备份"))
    hand.button(page.locator("[data-backups]"), "现在备份")
    made = page.locator("[data-backups] .entry").first
    expect(made).to_contain_text("✓ 完成")
    expect(page.locator("[data-stays]")).to_contain_text("最近 48 小时做的全部保留；手工做的（按钮或命令）保留 7 天")
    [file] = (own_cockpit.data / "backups").glob("cockpit-*.hand.tar.gz")
    file.unlink()
    page.reload()
    expect(made).to_contain_text("已不在")
    assert "line-through" in made.locator("span").first.evaluate("one => getComputedStyle(one).textDecoration")

    with httpx.Client(base_url=own_cockpit.url, headers={"User-Agent": "Firefox/140 (Windows)"}) as elsewhere:
        elsewhere.post("/api/v1/session", json={"name": "陈主任", "password": PASSWORD}).raise_for_status()
        hand.click(page.locator(".who"))
        hand.click(page.get_by_role("link", name="已登录的设备"))
        hand.click(page.get_by_role("button", name="退出这台 Firefox · Windows"))
        expect(hand.part("sessions").locator(".outcome")).to_contain_text("结束了 1 个会话")
        assert elsewhere.get("/api/v1/session").json() == {"name": None}
    assert hand.axe() == []

    page.goto(own_cockpit.url)
    expect(page.locator("[data-first-hour]")).to_contain_text("上手清单 5 / 8")
    assert hand.clicks <= MOST_CLICKS
    assert hand.complaints == []
    context.close()
