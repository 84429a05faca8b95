"""The quarantine as a workbench: look at what was refused, mend it, play it back."""

import json
import re
import time

import httpx
from playwright.sync_api import Page, expect

from tests.running import Cockpit, until


def messages(cockpit: Cockpit, *options: str) -> list[dict[str, object]]:
    """What the command lists."""
    return list(cockpit.answer("quarantine", "list", *options)["messages"])


def test_what_came_before_its_device_was_registered_is_played_back(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    gateway = own_cockpit.add_device("gw-1", "gateway")
    sample = {"ts": int(time.time() * 1000) - 60_000, "values": {"smoke": True}}
    topic = "cim/v1/heling/smoke-1/telemetry"
    assert own_cockpit.publish(gateway, "telemetry", sample, topic=topic) == 0
    [refused] = messages(own_cockpit, "--device", "smoke-1")
    assert refused["reason"] == "unknown_device"
    shown = own_cockpit.run("quarantine", "show", str(refused["id"]))
    assert json.loads(shown.stdout) == sample

    still = own_cockpit.answer("quarantine", "play-back", str(refused["id"]))
    assert still["stored"] == 0
    assert "no device 'smoke-1'" in still["refused"][0]["why"]

    own_cockpit.add_device("smoke-1", "smoke", gateway="gw-1")
    assert own_cockpit.answer("quarantine", "play-back", "--reason", "unknown_device") == {"stored": 1, "refused": []}
    [reading] = own_cockpit.readings("smoke-1", "smoke")
    assert reading["value"] is True
    assert messages(own_cockpit) == []
    devices = own_cockpit.get("/api/v1/heling/devices")["features"]
    [device] = [d["properties"] for d in devices if d["id"] == "smoke-1"]
    assert device["last_seen"] is None, "it was not heard now"


def test_what_was_sent_in_anothers_name_is_never_played_back(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    air, other = own_cockpit.add_device("air-1"), own_cockpit.add_device("air-2")
    own_cockpit.publish(air, "telemetry", {"pm2_5": 66}, topic=f"{other.topic}/telemetry")
    until(lambda: messages(own_cockpit))
    outcome = own_cockpit.answer("quarantine", "play-back", "--device", "air-2")
    assert outcome["stored"] == 0
    assert "another's name" in outcome["refused"][0]["why"]
    assert own_cockpit.readings("air-2", "pm2_5") == []
    assert len(messages(own_cockpit)) == 1


def test_a_wrong_question_is_told_what_is_wrong(own_cockpit: Cockpit) -> None:
    for arguments, why in (
        (("list", "--reason", "bored"), "--reason 'bored' is not one of"),
        (("play-back",), "say which"),
        (("show", "7"), "no refused message 7"),
    ):
        done = own_cockpit.run("quarantine", *arguments)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert why in done.stderr


def test_the_page_filters_shows_a_payload_whole_and_plays_back(own_cockpit: Cockpit, page: Page) -> None:
    own_cockpit.start()
    gateway, air = own_cockpit.add_device("gw-1", "gateway"), own_cockpit.add_device("air-1")
    for number in range(2):
        own_cockpit.publish(gateway, "telemetry", {"smoke": True}, topic=f"cim/v1/heling/smoke-{number}/telemetry")
    long = {"<script>alert(1)</script>": {"deep": "x" * 300}}
    own_cockpit.publish(air, "telemetry", long)
    page.goto(f"{own_cockpit.url}/quarantine")
    expect(page).to_have_url(re.compile("/sign-in"))
    own_cockpit.sign_in(page, "王网格", "steward", "heling")
    page.goto(f"{own_cockpit.url}/quarantine")
    rows = page.locator("tr[data-refused]")
    expect(rows).to_have_count(3)
    rows.first.locator("summary").click()
    expect(rows.first.locator("pre")).to_have_text(json.dumps(long))
    page.get_by_role("link", name="设备未登记 2").click()
    expect(rows).to_have_count(2)

    own_cockpit.add_device("smoke-1", "smoke", gateway="gw-1")
    expect(page.locator(".actions")).to_have_text("重新处理需要赫灵未来社区的管理员；您是网格员")
    own_cockpit.sign_in(page, "王经理", "manager", "heling")
    page.reload()
    page.get_by_label("全选").check()
    page.get_by_role("button", name="重新处理所选").click()
    expect(page.locator("[data-outcome]")).to_have_text("▲ 1 条已入库，1 条仍被拒收，原因见说明")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("没有登记设备「smoke-0」")
    assert len(own_cockpit.readings("smoke-1", "smoke")) == 1
    page.get_by_label("设备").fill("air-1")
    page.get_by_role("button", name="筛选").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("格式不符")


def test_playing_back_needs_a_managers_token(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    air = own_cockpit.add_device("air-1")
    own_cockpit.publish(air, "telemetry", b"x")
    [refused] = own_cockpit.get("/api/v1/heling/quarantine", reason="invalid_json")["messages"]
    assert own_cockpit.get("/api/v1/heling/quarantine")["reasons"] == {"invalid_json": 1}
    url = f"{own_cockpit.url}/api/v1/heling/quarantine/play-back"
    assert httpx.post(url, json={"ids": [refused["id"]]}).status_code == 401
    for role, status in (("steward", 403), ("manager", 200)):
        token = own_cockpit.answer("token", "add", "--role", role, "--name", role)["token"]
        given = httpx.post(url, json={"ids": [refused["id"]]}, headers={"Authorization": f"Bearer {token}"})
        assert given.status_code == status
    assert given.json()["refused"][0]["id"] == refused["id"]
    assert (
        httpx.get(f"{own_cockpit.url}/api/v1/heling/quarantine?reason=bored", headers=own_cockpit.steward).status_code
        == 400
    )
