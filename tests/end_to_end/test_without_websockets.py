"""Where a proxy lets no WebSocket through, screens are as live as elsewhere."""

import contextlib
import json
import socket

import httpx
from playwright.sync_api import Page, expect

from tests.running import Cockpit, until

LETS_NONE_THROUGH = """
window.WebSocket = class {
  constructor() { setTimeout(() => this.onclose && this.onclose({ code: 1006 }), 50); }
  close() {}
  send() {}
};
"""


def test_the_frames_come_as_server_sent_events(cockpit: Cockpit) -> None:
    air = cockpit.add_device("air-sse", lon=120.187, lat=28.927)
    frames: list[dict] = []
    with httpx.stream("GET", f"{cockpit.url}/live/heling/events", timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in answer.headers
        for line in answer.iter_lines():
            if line.startswith("data: "):
                frames.append(json.loads(line[6:]))
                of_it = frames[-1].get("layers", {}).get("devices", {}).get("air-sse", {})
                if "id" in of_it:  # with the snapshot, or as one that was not there
                    cockpit.publish(air, "telemetry", {"pm2_5": 41})
                told = of_it.get("latest", {})
                if told.get("pm2_5"):
                    break
    assert frames[0]["type"] == "snapshot"
    assert told["pm2_5"][1:] == [41, "good"]


def test_who_goes_away_holds_no_place(own_cockpit: Cockpit) -> None:
    own_cockpit.settings["COCKPIT_BUDGETS"] = '{"sockets": 3}'
    own_cockpit.start()
    url = f"{own_cockpit.url}/live/heling/events"
    for _ in range(6):
        with socket.create_connection(("127.0.0.1", own_cockpit.http)) as line:
            line.sendall(b"GET /live/heling/events HTTP/1.1\r\nHost: x\r\n\r\n")
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            until(lambda: stack.enter_context(httpx.stream("GET", url)).status_code == 200)
        refused = stack.enter_context(httpx.stream("GET", url))
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")


def test_a_community_that_is_none_has_no_channel(cockpit: Cockpit) -> None:
    assert httpx.get(f"{cockpit.url}/live/mars/events").status_code == 404


def test_a_page_takes_the_other_way_by_itself_and_follows(cockpit: Cockpit, page: Page) -> None:
    air = cockpit.add_device("air-way", lon=120.187, lat=28.927)
    page.add_init_script(LETS_NONE_THROUGH)
    page.goto(f"{cockpit.url}/wall/heling")
    expect(page.locator("[data-live-mark]")).to_contain_text("实时", timeout=20_000)
    for value in (41, 42):
        cockpit.publish(air, "telemetry", {"pm2_5": value})
        expect(page.locator('[data-row="devices.*.pm2_5"]').first).to_contain_text(str(value))
    page.wait_for_timeout(6_000)  # longer than a silence that counts as a cut
    expect(page.locator("[data-live-mark]")).to_contain_text("实时")
    page.evaluate("cockpit.live.check()")
