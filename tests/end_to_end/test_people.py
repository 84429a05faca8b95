"""The pages of people and of figures: what an admin does there holds, and figures are those of the API."""

import re

from playwright.sync_api import Browser, Page, expect

from store.instant import format_rfc3339, now, start_of_local_month
from tests.browsing import DESK, screen
from tests.end_to_end.test_events import EVENTS, client
from tests.end_to_end.test_festivals import PLAN
from tests.end_to_end.test_notices import report, step
from tests.running import Cockpit


def test_an_admin_invites_shuts_out_and_reads_the_trail(cockpit: Cockpit, page: Page, browser: Browser) -> None:
    cockpit.sign_in(page, "页面管理", "admin", "*")
    page.goto(f"{cockpit.url}/people?community=heling")
    users = page.locator('[data-part="users"]')
    users.get_by_text("邀请用户").click()
    users.get_by_label("用户名").fill("新来<b>的网格")
    users.get_by_label("角色").first.select_option("网格员")
    users.get_by_label("社区").first.select_option("赫灵未来社区")
    users.get_by_role("button", name="邀请", exact=True).click()
    said = users.locator(".outcome")
    expect(said).to_have_text(re.compile(r"/welcome\?token=\S{40,}"))
    # An address of this machine alone is no good to who is invited.
    expect(said).to_contain_text("COCKPIT_PUBLIC_URL")
    [link] = re.findall(r"http://\S+/welcome\?token=\S+", said.inner_text())
    row = users.locator(".entry", has_text="新来<b>的网格")
    expect(row).to_contain_text("网格员 · 赫灵未来社区 · 待设口令")
    guest = screen(browser, DESK)
    welcome = guest.new_page()
    welcome.goto(link)
    expect(welcome.get_by_role("heading")).to_contain_text("设置口令")
    elsewhere = guest.new_page()
    answer = elsewhere.goto(f"{link[: link.index('=')]}=used-long-ago")
    assert answer is not None
    assert answer.status == 410
    expect(elsewhere.locator("main")).to_contain_text("没有这个链接")
    expect(elsewhere.locator("form")).to_have_count(0)
    elsewhere.close()
    guest.close()
    row.get_by_role("button", name="停用").click()
    expect(row).to_contain_text("已停用")
    trail = page.locator('[data-part="audit"]')
    expect(trail.locator("tbody tr").first).to_contain_text("更改用户")
    trail.get_by_role("button", name="核对链条").click()
    expect(trail).to_contain_text("链条完整")


def test_the_trail_is_read_in_words(cockpit: Cockpit, page: Page) -> None:
    admin = client(cockpit, "留痕管理", "admin", "*")
    siren = cockpit.add_device("siren-trail", "siren", name="广场警笛")
    assert siren.device == "siren-trail"
    event = report(admin, "占道", category="order.vendor")
    step(admin, event, to="filed")
    admin.post("/api/v1/heling/festivals", json=PLAN).raise_for_status()
    command = {"name": "sound", "params": {"seconds": 5}}
    admin.post("/api/v1/heling/devices/siren-trail/commands", json=command).raise_for_status()
    cockpit.sign_in(page, "留痕读者", "admin", "*")
    page.goto(f"{cockpit.url}/people?community=heling")
    trail = page.locator('[data-part="audit"]')
    expect(trail.locator("tbody tr").first).to_be_visible()
    expect(trail.locator("th")).to_have_text(["时间", "谁", "做了什么", "对象", "细节"])
    said = trail.locator("tbody").inner_text()
    for raw in ("[object", "null", "undefined", "order.vendor", "assignee", "seq：", "people", "sound"):
        assert raw not in said, said
    assert not re.search(r"\dT\d\d:", said), "times are those of the town"


def test_an_admin_hangs_up_a_wall_and_takes_it_down(cockpit: Cockpit, page: Page) -> None:
    cockpit.sign_in(page, "大屏管理", "admin", "*")
    page.goto(f"{cockpit.url}/people?community=heling")
    displays = page.locator('[data-part="displays"]')
    displays.get_by_text("新链接").click()
    displays.get_by_label("哪块屏").fill("指挥中心左屏")
    displays.get_by_role("button", name="生成").click()
    expect(displays.locator(".outcome")).to_contain_text("/display/")
    displays.get_by_role("button", name="撤销 指挥中心左屏").click()
    expect(displays.locator(".entry")).to_contain_text("已撤销")


def test_who_is_no_admin_sees_nothing_of_people(cockpit: Cockpit, page: Page) -> None:
    cockpit.sign_in(page, "好奇网格", "steward", "heling")
    page.goto(f"{cockpit.url}/people?community=heling")
    expect(page.locator(".me .who")).to_contain_text("好奇网格")
    for code, least in {"users": "管理员", "displays": "系统管理员", "webhooks": "系统管理员"}.items():
        expect(page.locator(f'[data-part="{code}"]')).to_have_text(f"需要赫灵未来社区的{least}；您是网格员")


def test_the_page_of_figures_shows_what_the_api_answers_and_follows(cockpit: Cockpit, page: Page) -> None:
    manager = client(cockpit, "指标经理", "manager", "heling")
    page.goto(f"{cockpit.url}/figures?community=heling")
    reported = page.locator(".total", has_text="上报").locator(".value")
    expect(reported).to_have_text(re.compile(r"^\d+$"))
    before = int(reported.text_content() or "")
    event = report(manager, "指标井盖")
    step(manager, event, to="filed")
    expect(reported).to_have_text(str(before + 1))
    since = format_rfc3339(start_of_local_month(now()))
    total = manager.get(f"{EVENTS}/figures", params={"from": since}).json()["total"]
    rate, counts = total["rates"]["filing_rate"], total["counts"]
    shown = f"{rate * 100:.1f}\u202f%（{counts['filed']}/{counts['reported']}）"
    expect(page.locator(".total", has_text="立案率").locator(".value")).to_have_text(shown)
    page.get_by_role("button", name="类别").click()
    expect(page.locator("[data-groups]")).to_contain_text("垃圾清运")
    page.get_by_role("button", name="上月").click()
    expect(page.locator("[data-groups]")).to_contain_text("这段时间没有上报事件")
