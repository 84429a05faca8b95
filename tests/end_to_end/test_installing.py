"""An installer's day: a device registered by phone on its page, tried, placed, named, exchanged and revoked."""

import csv
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from cockpit.serving.theme import THEMES
from tests.browsing import DESK, PHONE, screen
from tests.end_to_end.test_accessible import AXE, SETTLED, faults
from tests.end_to_end.test_events import client
from tests.running import Cockpit, Credentials, until

HERE = {"longitude": 120.1905, "latitude": 28.9285, "accuracy": 8}
API = "/api/v1/heling/devices"
MOST_CLICKS = 17
"""From an empty form to a device that is placed by the phone, moved, named, given other hardware and revoked."""
OF_A_BUSY_MACHINE = "503 (Service Unavailable)"
"""What the browser notes where the server asks it to come again, which pages do."""
COUNT_CLICKS = """document.addEventListener("click", (event) => {
  if (event.isTrusted) sessionStorage.setItem("clicks", String(Number(sessionStorage.getItem("clicks") || 0) + 1));
}, { capture: true })"""


def opened(cockpit: Cockpit, context: BrowserContext, name: str) -> tuple[Page, list[str]]:
    """A manager's page, and the errors that it will say."""
    page, errors = context.new_page(), list[str]()
    cockpit.sign_in(page, name, "manager", "heling")

    def note(text: str) -> None:
        if OF_A_BUSY_MACHINE not in text:
            errors.append(text)

    page.on("console", lambda said: note(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: note(str(error)))
    page.add_init_script(COUNT_CLICKS)
    return page, errors


@pytest.fixture(scope="module")
def desk(cockpit: Cockpit, browser: Any) -> Iterator[tuple[Page, list[str]]]:
    """A manager at a desk."""
    context = screen(browser, DESK)
    yield opened(cockpit, context, "台前经理")
    context.close()


def test_an_installer_in_the_mud_does_it_all_by_phone(cockpit: Cockpit, browser: Any) -> None:
    phone = screen(browser, PHONE, geolocation=HERE, permissions=["geolocation", "clipboard-read", "clipboard-write"])
    page, errors = opened(cockpit, phone, "安装员")
    page.goto(f"{cockpit.url}/device-registration?community=heling")
    page.get_by_label("编号").fill("mud-1")
    page.get_by_label("类型").select_option("air")
    page.get_by_label("名称").fill("橙麓东门空气站")
    page.get_by_role("button", name="用手机现在的位置").click()
    expect(page.locator("[data-area]")).to_contain_text("✓ 橙麓 · 120.19050，28.92850（CGCS2000）")
    page.get_by_role("button", name="登记", exact=True).click()

    secret = page.locator("[data-secret]").inner_text()
    page.get_by_role("button", name="复制密钥").click()
    until(lambda: page.evaluate("navigator.clipboard.readText()") == secret)
    expect(page.locator(".qr path")).to_have_attribute("d", re.compile("^(M\\d+ \\d+h1v1h-1z)+$"))
    # What the page says is what is run.
    script = page.locator('[data-command-text="paho"] code').text_content() or ""
    assert secret in (page.locator('[data-command-text="mosquitto"] code').text_content() or "")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    expect(page.locator("[data-first-value]")).to_contain_text("● 首条读数 PM2.5 35")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert faults(page, "/device-registration", PHONE, THEMES[0]) == []

    page.get_by_role("link", name="打开设备页").click()
    expect(page.locator('[data-metric="pm2_5"] .value')).to_contain_text("35")
    who = Credentials("mud-1", "mud-1", secret, "cim/v1/heling/mud-1")
    cockpit.publish(who, "telemetry", {"PM2.5": 40})
    named = page.locator('.word[data-word="PM2.5"]')
    expect(named.locator("select")).to_have_value("pm2_5")
    named.get_by_role("button", name="就是它").click()
    expect(named.locator(".outcome")).to_contain_text("还没有改：确认后把 1 台设备的 1 条旧读数归入")
    named.get_by_role("button", name="确认归入").click()
    expect(page.locator("[data-word-outcome]")).to_contain_text("✓ 已改名，1 条旧读数一并归入")
    expect(page.locator('[data-metric="pm2_5"] .value')).to_contain_text("40")
    expect(page.locator('[data-metric="PM2.5"]')).to_have_count(0)
    cockpit.publish(who, "telemetry", {"PM2.5": 41})
    expect(page.locator('[data-metric="pm2_5"] .value')).to_contain_text("41")

    page.get_by_role("link", name="修改登记，在地图上移动").click()
    pin = page.locator(".map-pin")
    pin.scroll_into_view_if_needed()
    expect(page.locator("[data-area]")).to_contain_text("✓ 橙麓")
    page.wait_for_function("() => cockpit.map.isUp && cockpit.map.handle.getZoom() >= 17")
    drag(page, 24, 12)
    expect(page.get_by_label("坐标系")).to_have_value("CGCS2000")
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".device-form .outcome")).to_contain_text("✓ 已保存")
    placed = cockpit.get(f"{API}/mud-1")["geometry"]["coordinates"]
    assert placed != [120.1905, 28.9285]
    assert abs(placed[0] - 120.1905) < 0.01
    page.get_by_role("link", name="回到设备页").click()

    page.get_by_text("更换硬件", exact=True).click()
    page.get_by_role("button", name="换上新硬件，旧密钥作废").click()
    newer = page.locator("[data-secret]").inner_text()
    assert newer != secret
    expect(page.locator("[data-own-outcome]")).to_contain_text("旧密钥已经作废")
    until(lambda: cockpit.publish(who, "telemetry", {"pm2_5": 1}) != 0)
    assert cockpit.publish(Credentials("mud-1", "mud-1", newer, who.topic), "telemetry", {"pm2_5": 42}) == 0
    assert [one["value"] for one in cockpit.readings("mud-1", "pm2_5")] == [42, 41, 40, 35]
    expect(page.locator('[data-metric="pm2_5"] .value')).to_contain_text("42")

    page.get_by_text("吊销", exact=True).click()
    page.get_by_role("button", name="吊销，编号不能再用").click()
    expect(page.locator("[data-device-status]")).to_have_text("✕ 已撤销")
    expect(page.locator("[data-own-outcome]")).to_contain_text("已吊销")
    expect(page.get_by_text("更换硬件", exact=True)).to_have_count(0)
    expect(page.locator("[data-secret]")).to_have_count(0)
    assert int(page.evaluate("sessionStorage.getItem('clicks')")) <= MOST_CLICKS
    assert errors == []
    phone.close()


def drag(page: Page, right: float, down: float) -> None:
    """Drag the pin on the map by so many pixels."""
    box = page.locator(".map-pin").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right, y + down, steps=4)
    page.mouse.up()


def test_what_is_amiss_is_told_at_once_and_devices_on_one_spot_stand_apart(
    cockpit: Cockpit, desk: tuple[Page, list[str]]
) -> None:
    page, errors = desk
    for name in ("spot-1", "spot-2"):
        cockpit.add_device(name, lon=120.187, lat=28.927)
    page.goto(f"{cockpit.url}/device-registration?community=heling")
    # A name that every object of a script has.
    page.get_by_label("编号").fill("constructor")
    page.get_by_label("类型").select_option("gate")
    page.get_by_role("button", name="登记", exact=True).click()
    told = page.locator(".credentials .note")
    expect(told.nth(0)).to_contain_text("没有场所")
    expect(told.nth(1)).to_contain_text("没有位置")
    expect(page.locator(".credentials")).to_contain_text("别处的设备进不来：请设置 COCKPIT_MQTT_HOST")
    offsets = """() => new Set((cockpit.map.handle?.getSource("devices-not-well")?.serialize().data.features ?? [])
      .filter((one) => one.properties.id.startsWith("spot-")).map((one) => String(one.properties.offset))).size"""
    until(lambda: page.evaluate(offsets) == 2)
    secret = page.locator("[data-secret]").inner_text()
    who = Credentials("constructor", "constructor", secret, "cim/v1/heling/constructor")
    assert cockpit.publish(who, "telemetry", {"enter_total": 1, "__proto__": 2}) == 0
    expect(page.locator("[data-first-value]")).to_contain_text("累计进入 1")
    page.goto(f"{cockpit.url}/devices?community=heling")
    amiss = page.locator("[data-amiss]")
    expect(amiss).to_contain_text("与 air spot-2 在同一位置")
    expect(amiss).to_contain_text("没有场所，客流不计入")
    # One that never spoke was not heard at the beginning of all counting: it stands before those that were.
    assert cockpit.get(f"{API}/spot-1")["properties"]["last_seen"] is None
    expect(page.locator("#devices-list-table [row-id='spot-1'] [col-id='seen']")).to_have_text("从未上报")
    first, head = (
        page.locator(f"#devices-list-table {one}")
        for one in ("[row-index='0'] [col-id='seen']", "[col-id='seen'] .ag-header-cell-label")
    )
    head.click()
    expect(first).to_have_text("从未上报")
    head.click()
    expect(first).not_to_have_text("从未上报")
    page.locator("[data-unwell]").get_by_role("link", name="离线").click()
    expect(page.locator("#devices-list-table [col-id='status']").nth(1)).to_contain_text("○ 离线")
    expect(page.get_by_role("link", name="登记设备")).to_be_visible()
    page.goto(f"{cockpit.url}/devices/constructor")
    expect(page.locator("[data-device-status]")).to_contain_text("在线")
    expect(page.locator('[data-metric="__proto__"] .value')).to_contain_text("2")
    page.goto(f"{cockpit.url}/?community=heling")
    expect(page.locator('#devices-table [col-id="name"] a[href="/devices/constructor"]')).to_be_visible()
    assert errors == []


def test_a_chart_compares_marks_what_is_suspect_zooms_and_is_a_file(
    cockpit: Cockpit, desk: tuple[Page, list[str]]
) -> None:
    page, errors = desk
    airs = [cockpit.add_device(f"chart-{n}", name=f"站 {n}") for n in (1, 2)]
    for air, value in zip(airs, (30, 50), strict=True):
        cockpit.publish(air, "telemetry", {"pm2_5": value, "temperature": 20, "noise": 50})
    cockpit.publish(airs[0], "telemetry", {"pm2_5": 5000})
    assert [one["id"] for one in cockpit.get(API, status="suspect")["features"]] == ["chart-1"]
    page.goto(f"{cockpit.url}/devices/chart-1")
    page.wait_for_function(SETTLED)
    drawn = "() => (document.querySelector('[data-plot]').data || []).map((one) => one.y.filter((y) => y !== null))"
    # What is suspect stands at the edge: it does not press down what is beyond doubt.
    until(lambda: page.evaluate(drawn) == [[30], [pytest.approx(32.4)]])
    expect(page.locator("[data-chart-note]")).to_contain_text("? 存疑 1 条")
    page.get_by_label("对比设备").select_option("chart-2")
    until(lambda: page.evaluate(drawn) == [[30], [pytest.approx(51.6)], [50]])
    page.get_by_role("button", name="温度").click()
    until(lambda: len(page.evaluate(drawn)) == 4)
    page.get_by_role("button", name="噪声").click()
    expect(page.locator("[data-chart-note]")).to_contain_text("最多两种单位")
    with page.expect_download() as saved:
        page.get_by_role("button", name="导出所见 CSV").click()
    rows = list(csv.reader(io.StringIO(saved.value.path().read_text(encoding="utf-8-sig"))))
    assert [(row[0], row[2], row[5], row[9]) for row in rows[1:]] == [
        ("chart-1", "PM2.5", "30", "good"),
        ("chart-1", "PM2.5", "5000", "suspect"),
        ("chart-2", "PM2.5", "50", "good"),
        ("chart-1", "温度", "20", "good"),
    ]
    ends = "document.querySelector('[data-plot]').layout.xaxis.range.map(Date.parse)"
    wide = f"() => {{ const [from, to] = {ends}; return to - from; }}"
    day = page.evaluate(wide)
    page.get_by_role("button", name="放大").click()
    until(lambda: page.evaluate(wide) == pytest.approx(day / 2, rel=0.01))
    page.get_by_text("一年", exact=True).click()
    until(lambda: page.evaluate(wide) > 300 * day)
    assert errors == []


def test_only_a_manager_of_the_community_may_and_an_id_is_used_once(cockpit: Cockpit) -> None:
    manager, elsewhere = (client(cockpit, f"经理 {where}", "manager", where) for where in ("heling", "tahai"))
    new = {"id": "once-1", "kind": "air", "lon": 120.1905, "lat": 28.9285}
    assert elsewhere.post(API, json=new).status_code == 403
    made = manager.post(API, json=new)
    assert (made.status_code, made.json()["area"], made.json()["topic"]) == (201, "chenglu", "cim/v1/heling/once-1")
    assert made.headers["cache-control"] == "no-store"
    assert manager.post(API, json=new).status_code == 409
    for wrong in ({"kind": "toaster"}, {"site": "nowhere"}, {"codec": "none"}, {"lat": None}, {"interval": -1}):
        assert manager.post(API, json=new | {"id": "once-2"} | wrong).status_code == 400, wrong
    one = f"{API}/once-1"
    assert manager.post(one, json={"name": "改名", "lon": None, "lat": None}).json()["lon"] is None
    assert manager.post(f"{one}/words", json={"word": "x", "metric": "nothing"}).status_code == 400
    counted = manager.post(f"{one}/words", json={"word": "x", "metric": "pm10", "foresee": True}).json()
    assert (counted["devices"], counted["readings"], counted["twice"]) == (0, 0, 0)
    assert manager.post(one, json={"gateway": "once-1"}).status_code == 422
    seen = {"secret_since": manager.get(f"{one}/registration").json()["secret_since"]}
    assert [manager.post(f"{one}/replace", json=seen).status_code for _ in range(2)] == [200, 409]
    assert manager.post(f"{one}/rotate", json=seen).status_code == 409
    assert manager.post(f"{one}/revoke", json={}).json() == {"device": "once-1", "revoked": True}
    assert manager.post(f"{one}/rotate", json={}).status_code == 409
    assert manager.post(one, json={"name": "再改"}).status_code == 404
    assert manager.get(f"{one}/registration").json()["revoked"] is not None
