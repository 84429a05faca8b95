"""A server that is busy for a moment leaves no page empty; a browser that goes leaves no fault."""

import socket
import time

from playwright.sync_api import Page, Route, expect

from tests.end_to_end.test_events import EVENTS, client
from tests.running import Cockpit


def test_a_page_that_finds_the_server_busy_asks_again_and_shows_what_there_is(cockpit: Cockpit, page: Page) -> None:
    told = {"id": "busy-1", "title": "等一等的井盖", "category": "order.vendor"}
    assert client(cockpit, "忙经理", "manager", "heling").post(EVENTS, json=told).status_code == 201
    refused: list[str] = []

    def once_busy(route: Route) -> None:
        if route.request.url in refused:
            route.continue_()
            return
        refused.append(route.request.url)
        route.fulfill(
            status=503,
            headers={"Retry-After": "1", "Content-Type": "application/problem+json"},
            body='{"title": "busy", "status": 503, "detail": "太忙"}',
        )

    page.route("**/api/v1/**", once_busy)
    page.goto(f"{cockpit.url}/board?community=heling")
    expect(page.locator(".card", has_text="等一等的井盖")).to_be_visible(timeout=15_000)
    assert any("/events/board" in url for url in refused)


def test_a_sender_that_goes_in_the_middle_is_no_fault_of_ours(cockpit: Cockpit) -> None:
    host, port = "127.0.0.1", cockpit.http
    steward = client(cockpit, "断线网格", "steward", "heling")
    event = steward.post(EVENTS, json={"id": "gone-1", "title": "断线", "category": "order.vendor"}).json()["id"]
    head = "\r\n".join(
        (
            f"POST {EVENTS}/{event}/photos HTTP/1.1",
            f"Host: {host}:{port}",
            f"Cookie: cockpit_session={steward.cookies['cockpit_session']}",
            f"X-CSRF-Token: {steward.headers['X-CSRF-Token']}",
            "Content-Type: image/jpeg",
            "Content-Length: 500000",
        )
    )
    for _ in range(3):
        with socket.create_connection((host, port)) as line:
            line.sendall(f"{head}\r\n\r\n".encode() + b"x" * 5_000)
            time.sleep(0.3)
    time.sleep(0.5)
    assert "Exception in ASGI application" not in cockpit.log
    assert "Traceback" not in cockpit.log
