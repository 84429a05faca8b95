"""An address that leads nowhere, or asks what cannot be, is told so: by the answer's status and in words."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.running import Cockpit


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/", 200, ""),
        ("/map", 200, ""),
        ("/wall/tahai", 200, ""),
        ("/?community=tahai&utm_source=mail", 200, ""),
        ("/nowhere", 404, "没有这个页面"),
        ("/Map", 404, "没有这个页面"),
        ("/map/", 404, "没有这个页面"),
        ("/wall/nowhere", 404, "没有社区「nowhere」"),
        ("/?community=nowhere", 404, "没有社区「nowhere」"),
        ("/devices/nothing", 404, "没有设备「nothing」"),
        ("/events/nothing", 404, "没有编号为「nothing」的事件"),
        ("/map?event=nothing", 404, "没有编号为「nothing」的事件"),
        ("/?comunity=tahai", 400, "是不是「community」"),
        ("/events?Community=tahai", 400, "是不是「community」"),
        ("/?metric=pm2.5", 400, "没有指标「pm2.5」"),
        ("/?theme=blue", 400, "没有配色「blue」"),
        ("/?community=tahai&community=heling", 400, "不止一次"),
        ("/?at=gestern", 400, "时间「gestern」看不懂"),
        ("/wall/heling?at=2099-01-01T00:00", 400, "还没有到"),
        ("/map?at=0001-01-01T00:00", 400, "太早"),
        ("/ground?at=2026-01-01T00:00", 400, "只有现在"),
        ("/compare?a=yesterday", 400, "时间「yesterday」看不懂"),
        ("/?at=2026-02-30T08:00", 400, "没有这一天"),
        ("/?at=20:00", 400, "没有说是哪一天"),
        ("/?at=3/4/2026", 400, "分不清哪个数是月份"),
        ("/?at=2026-01-01T08:00", 200, ""),
        ("/?at=2026/1/1 8:00", 200, ""),
        ("/?at=2026-01-01 08:00:00", 200, ""),
        ("/?at=2026-01-01T00:00:00+08:00", 200, ""),
        ("/<script>alert(1)</script>", 404, "没有这个页面"),
    ],
)
def test_a_page_answers_with_the_status_of_what_it_says(cockpit: Cockpit, path: str, status: int, said: str) -> None:
    answer = httpx.get(cockpit.url + path)
    assert (answer.status_code, said in answer.text) == (status, True), answer.text[-400:]
    if status != 200:
        assert '<a href="/">回到总览</a>' in answer.text
        assert answer.headers["content-type"].startswith("text/html")
        assert "<script>alert" not in answer.text


def test_a_page_that_leads_nowhere_shows_the_way_home(cockpit: Cockpit, page: Page) -> None:
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{cockpit.url}/nowhere")
    page.get_by_role("link", name="回到总览").click()
    expect(page.locator("#cockpit.page-home")).to_be_visible()
    assert said == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("devices?at=yesterday", "at"),
        ("devices?at=1764000000", "seconds, milliseconds or a day"),
        ("events?from=2026-02-30", "from: not a time: '2026-02-30' names a day or an hour that there is not"),
        ("state?at=2099-01-01T00:00:00Z", "future"),
        ("visitors?at=1969-01-01T00:00:00Z", "1970"),
        ("events?form=2026-01-01T00:00:00Z", "from"),
        ("events?At=2026-01-01T00:00:00Z", "did you mean at"),
        ("ground/versions?at=2026-01-01T00:00:00Z", "present"),
    ],
)
def test_the_api_refuses_what_it_would_pass_over(cockpit: Cockpit, path: str, said: str) -> None:
    answer = httpx.get(f"{cockpit.url}/api/v1/heling/{path}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]


def test_a_clock_that_is_seconds_ahead_still_asks_for_now(cockpit: Cockpit) -> None:
    ahead = (datetime.now(UTC) + timedelta(seconds=5)).isoformat()
    assert httpx.get(f"{cockpit.url}/api/v1/heling/state", params={"at": ahead}).status_code == 200
    assert httpx.get(cockpit.url, params={"at": ahead}).status_code == 200
