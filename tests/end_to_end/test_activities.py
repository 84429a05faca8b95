"""Activities from outside: a month on the screen, by keys and on a phone; a photo shown only while it is agreed to."""

from datetime import timedelta
from typing import Any

import httpx
from playwright.sync_api import Browser, expect

from store.instant import local_date, now
from tests.browsing import PHONE, screen
from tests.end_to_end.test_events import client, picture
from tests.running import Cockpit

API = "/api/v1/heling"
DAY = local_date(now()) + timedelta(1)


def entered(who: httpx.Client, register: str, **given: Any) -> Any:
    answer = who.post(f"{API}/registers/{register}", json=given)
    assert answer.status_code == 201, answer.text
    return answer.json()


def activity(who: httpx.Client, title: str, **more: Any) -> Any:
    times = {"starts": f"{DAY} 14:00", "ends": f"{DAY} 16:00"}
    return entered(who, "activities", **{"title": title, "kind": "tea"} | times | more)


def test_a_month_is_seen_by_everybody_and_walked_by_keys(cockpit: Cockpit, browser: Browser) -> None:
    steward = client(cockpit, "活动文员", "steward", "heling")
    tea = activity(steward, "请你喝杯茶", room="centre-2-tea", places=1, series="茶文化进社区")
    person = entered(steward, "persons", card="ACT1", name="何某某")
    entered(steward, "sign_ups", activity=tea["id"], person=person["id"], channel="online")
    refused = steward.post(f"{API}/registers/activities", json={"title": "撞场", "kind": "tea", "room": "centre-2-tea",
                           "starts": f"{DAY} 15:00", "ends": f"{DAY} 17:00"})  # fmt: skip
    assert refused.status_code == 409
    assert "请你喝杯茶" in refused.json()["detail"]
    stranger = httpx.Client(base_url=cockpit.url)
    told = stranger.get(f"{API}/calendar", params={"from": str(DAY), "to": str(DAY)}).json()["days"][0]
    assert [(one["title"], one["full"]) for one in told["entries"]] == [("请你喝杯茶", True)]
    assert "何某某" not in stranger.get(f"{API}/calendar").text
    for asked in (
        {"from": str(DAY), "to": "2020-01-01"},
        {"from": "2026-02-30"},
        {"from": "2026-01-01", "to": "2026-12-31"},
    ):
        assert stranger.get(f"{API}/calendar", params=asked).status_code == 400

    context = screen(browser)
    page = context.new_page()
    page.goto(f"{cockpit.url}/calendar?day={DAY}")
    day = page.locator("[data-calendar-day]")
    expect(day).to_contain_text("请你喝杯茶")
    expect(day).to_contain_text("已报满，可候补")
    page.locator(f'.date[data-day="{DAY}"]').focus()
    page.keyboard.press("ArrowDown" if DAY.day <= 20 else "ArrowUp")
    expect(page.locator(".date:focus")).not_to_have_attribute("data-day", str(DAY))
    expect(day).not_to_contain_text("请你喝杯茶")
    page.goto(f"{cockpit.url}/calendar?month=2026-10")
    expect(page.locator('.date[data-day="2026-10-01"] .mark')).to_have_text("休")
    expect(page.locator('.date[data-day="2026-10-10"] .mark')).to_have_text("班")
    page.get_by_role("button", name="上个月").click()
    expect(page.locator("h2").first).to_have_text("2026年9月")
    expect(page.locator('.date[data-day="2026-09-25"] .lunar')).to_have_text("中秋节")
    context.close()


def test_a_photo_is_shown_while_it_is_agreed_to(cockpit: Cockpit, browser: Browser) -> None:
    steward = client(cockpit, "照片文员", "steward", "heling")
    stranger = httpx.Client(base_url=cockpit.url)
    row = entered(steward, "media", title="茶会合影", day=str(DAY - timedelta(1)), consent=True, shown=True)
    path, photo = f"{API}/registers/media/{row['id']}/photo", f"{API}/media/{row['id']}/photo"
    assert stranger.post(path, content=picture()).status_code == 401
    assert steward.post(path, content=b"no picture").status_code == 400
    assert steward.post(path, content=picture()).status_code == 201
    assert steward.post(path, content=picture()).status_code == 200
    shown = stranger.get(photo)
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/jpeg")
    assert b"Exif" not in shown.content
    assert stranger.get(photo, headers={"If-None-Match": shown.headers["ETag"]}).status_code == 304

    context = screen(browser, PHONE)
    page = context.new_page()
    page.goto(f"{cockpit.url}/media")
    expect(page.get_by_alt_text("茶会合影")).to_be_visible()
    page.get_by_role("button", name="放大：茶会合影").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    hidden = steward.post(f"{API}/registers/media/{row['id']}", json={"seq": row["seq"], "shown": False}).json()
    assert (stranger.get(photo).status_code, steward.get(photo).status_code) == (404, 200)
    withdrawn = {"seq": hidden["seq"], "consent": False, "shown": True}
    assert steward.post(f"{API}/registers/media/{row['id']}", json=withdrawn).status_code == 200
    assert (stranger.get(photo).status_code, steward.get(photo).status_code) == (404, 404)
    assert row["id"] not in [one["id"] for one in stranger.get(f"{API}/media").json()["media"]]
    page.reload()
    expect(page.get_by_alt_text("茶会合影")).to_have_count(0)
    context.close()


def test_photos_come_in_by_one_step(cockpit: Cockpit, browser: Browser) -> None:
    context = screen(browser, PHONE)
    page = context.new_page()
    cockpit.sign_in(page, "照片志愿者", "steward", "heling")
    page.goto(f"{cockpit.url}/media")
    page.get_by_text("＋ 上传照片").click()
    files: Any = [
        {"name": "重阳茶会.jpg", "mimeType": "image/jpeg", "buffer": picture()},
        {"name": "说明.png", "mimeType": "image/png", "buffer": b"no picture"},
        {"name": "斑斓市集.jpg", "mimeType": "image/jpeg", "buffer": picture("teal")},
    ]
    page.get_by_label("照片（可多选）").set_input_files(files)
    page.get_by_label("画面中的人都已同意公开展示").check()
    page.get_by_role("button", name="上传并展示").click()
    expect(page.locator("[data-outcome]")).to_contain_text("已展示 2 张；说明.png")
    expect(page.get_by_alt_text("重阳茶会")).to_be_visible()
    told = httpx.get(f"{cockpit.url}{API}/media").json()["media"]
    assert {one["title"] for one in told} >= {"重阳茶会", "斑斓市集"}
    context.close()
