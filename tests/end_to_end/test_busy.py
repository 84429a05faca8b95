"""A server that is busy for a moment leaves no page empty; a browser that goes leaves no fault."""

import socket
import time

import httpx
from playwright.sync_api import Page, Route, expect
from starlette.types import Receive, Scope, Send

from cockpit.edge.refusal import busy
from cockpit.serving.language import Language
from tests.end_to_end.test_events import EVENTS, client
from tests.running import Cockpit, run_async


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


def test_a_page_whose_layout_a_busy_server_refuses_says_so_and_comes_by_itself(cockpit: Cockpit, page: Page) -> None:
    refused: list[str] = []

    def once_busy(route: Route) -> None:
        if refused:
            route.continue_()
            return
        refused.append(route.request.url)
        route.fulfill(status=503, headers={"Retry-After": "1"}, body='{"title": "busy"}')

    page.route("**/_dash-layout*", once_busy)
    page.goto(f"{cockpit.url}/board?community=heling")
    expect(page.locator("body")).to_contain_text("服务器正忙")
    expect(page.locator("[data-live-mark]")).to_contain_text("实时", timeout=20_000)
    assert len(refused) == 1


def test_rows_of_another_question_are_dimmed_until_there_is_an_answer(cockpit: Cockpit, page: Page) -> None:
    def busy_for(route: Route) -> None:
        route.fulfill(status=400, headers={"Content-Type": "application/problem+json"}, body='{"detail": "今天不答"}')

    page.route("**/api/v1/heling/events?*severity=critical*", busy_for)
    page.goto(f"{cockpit.url}/events?community=heling")
    count, root = page.locator("[data-rows-count]"), page.locator("[data-page]")
    expect(count).to_contain_text("共")
    page.locator('[data-narrows="severity"]').select_option("critical")
    expect(count).to_contain_text("今天不答")
    assert root.get_attribute("data-asking") == ""
    page.locator('[data-narrows="severity"]').select_option("minor")
    expect(count).to_contain_text("共")
    assert root.get_attribute("data-asking") is None


def test_who_opens_a_page_of_a_busy_server_is_told_so_in_words_and_programs_by_a_problem() -> None:
    async def busy_app(scope: Scope, receive: Receive, send: Send) -> None:
        await busy("no place within 0.8 s").answer()(scope, receive, send)

    async def answers() -> list[httpx.Response]:
        transport = httpx.ASGITransport(Language(busy_app))
        async with httpx.AsyncClient(transport=transport, base_url="http://cockpit") as browser:
            return [
                await browser.get("/events?q=%3Cb%3E", headers={"Accept": "text/html,*/*", "Accept-Language": "en"}),
                await browser.get("/events", headers={"Accept": "text/html", "Sec-Fetch-Mode": "cors"}),
                await browser.get("/api/v1/communities"),
            ]

    told, of_script, of_program = run_async(answers())
    assert (told.status_code, told.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert told.headers["retry-after"] == "1"
    assert 'http-equiv="refresh"' in told.text
    assert "The server is busy" in told.text
    assert "<b>" not in told.text
    assert of_script.headers["content-type"] == "application/problem+json"
    assert of_program.json()["title"] == "busy"


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
