"""A server that is busy for a moment leaves no page empty."""

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
