"""Photos from a phone: small enough for any proxy, kept where refused, sent as they are if nothing reads them."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from tests.browsing import phone_screen
from tests.end_to_end.test_events import EVENTS, HERE, client
from tests.running import Cockpit, until

PHOTOS = re.compile(r"/events/[^/]+/photos$")
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(range(256)) * 40


def noisy(side: int) -> bytes:
    """A photo that cannot be made small without being scaled."""
    grain, made = np.random.default_rng(7).integers(0, 255, (side, side, 3), np.uint8), io.BytesIO()
    Image.fromarray(grain).save(made, "JPEG", quality=95)
    return made.getvalue()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = phone_screen(browser, HERE)
    yield context.new_page()
    context.close()


def report(cockpit: Cockpit, page: Page, name: str, detail: str, *photos: bytes, kind: str = "image/jpeg") -> Any:
    """Sign in as somebody new and report with photos; the row that the phone keeps."""
    cockpit.sign_in(page, name, "steward", "heling")
    page.goto(f"{cockpit.url}/report?community=heling")
    expect(page.get_by_role("group", name="位置")).to_contain_text("已定位", timeout=20_000)
    page.get_by_role("button", name="其他").click()
    files = [{"name": f"{n}.jpg", "mimeType": kind, "buffer": one} for n, one in enumerate(photos)]
    page.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]  # a dict of these is taken
    expect(page.locator(".thumb")).to_have_count(len(photos), timeout=20_000)
    page.get_by_label("补充说明").fill(detail)
    page.get_by_role("button", name="上报", exact=True).click()
    return page.locator("[data-outbox] li", has_text=detail)


def stored(cockpit: Cockpit, row: Any) -> int:
    """How many photos the server has with the event of a row."""
    event = (row.get_by_role("link").get_attribute("href") or "").split("/")[-1].split("?")[0]
    return len(cockpit.get(f"{EVENTS}/{event}")["properties"]["photos"])


def test_a_photo_that_a_proxy_finds_too_large_goes_smaller(cockpit: Cockpit, page: Page) -> None:
    sizes: list[int] = []

    def proxy(route: Route) -> None:
        sizes.append(len(route.request.post_data_buffer or b""))
        if sizes[-1] > 300_000:
            route.fulfill(status=413, body="<html>413 Request Entity Too Large</html>", content_type="text/html")
        else:
            route.continue_()

    page.route(PHOTOS, proxy)
    row = report(cockpit, page, "大图网格", "照片太大", noisy(3000))
    expect(row).to_have_attribute("data-state", "sent", timeout=20_000)
    assert sizes[0] < 900_000, "small before it first travels"
    assert sizes == sorted(sizes, reverse=True)
    assert stored(cockpit, row) == 1


@pytest.mark.parametrize("status", [403, 409, 413, 415])
def test_a_photo_that_is_refused_stays_with_its_reason_and_can_be_saved(
    cockpit: Cockpit, page: Page, status: int, tmp_path: Path
) -> None:
    answer = f'{{"detail": "原因 {status}"}}'
    page.route(PHOTOS, lambda route: route.fulfill(status=status, body=answer, content_type="application/json"))
    row = report(cockpit, page, f"拒图网格{status}", f"照片被拒 {status}", noisy(200))
    expect(row).to_contain_text(f"1 张照片未被接收：原因 {status}（{status}）")
    with page.expect_download() as saved:
        row.get_by_role("button", name="保存照片 1").click()
    saved.value.save_as(tmp_path / "saved.jpg")
    assert Image.open(tmp_path / "saved.jpg").size == (200, 200) or status == 413
    page.unroute(PHOTOS)
    page.reload()
    row.get_by_role("button", name="再发").click()
    expect(row).to_have_attribute("data-state", "sent")
    assert stored(cockpit, row) == 1


def test_a_photo_waits_for_a_session_and_a_free_server(cockpit: Cockpit, page: Page) -> None:
    answers = [429, 401, 500]

    def unwilling(route: Route) -> None:
        if answers:
            route.fulfill(status=answers.pop(0), body="{}", content_type="application/json")
        else:
            route.continue_()

    page.route(PHOTOS, unwilling)
    row = report(cockpit, page, "候图网格", "照片等着", noisy(200), noisy(201))
    while answers:
        expect(row).to_have_attribute("data-state", "waiting")
        page.evaluate("window.dispatchEvent(new Event('online'))")
        page.wait_for_timeout(500)
    expect(row).to_have_attribute("data-state", "sent", timeout=10_000)
    assert stored(cockpit, row) == 2


def test_a_photo_that_no_browser_reads_goes_as_it_is_and_is_kept_where_it_is_refused(
    cockpit: Cockpit, page: Page, tmp_path: Path
) -> None:
    row = report(cockpit, page, "苹果网格", "原样照片", HEIC, kind="image/heic")
    expect(row).to_contain_text("1 张照片未被接收", timeout=20_000)
    with page.expect_download() as saved:
        row.get_by_role("button", name="保存照片 1").click()
    saved.value.save_as(tmp_path / "photo.heic")
    assert (tmp_path / "photo.heic").read_bytes() == HEIC


def test_what_is_neither_readable_nor_small_is_said_at_once(cockpit: Cockpit, page: Page) -> None:
    cockpit.sign_in(page, "巨图网格", "steward", "heling")
    page.goto(f"{cockpit.url}/report?community=heling")
    expect(page.get_by_role("group", name="位置")).to_contain_text("已定位", timeout=20_000)
    huge = {"name": "huge.heic", "mimeType": "image/heic", "buffer": HEIC + bytes(17 * 1024 * 1024)}
    page.locator("input[type=file]").set_input_files(huge)  # type: ignore[arg-type]  # a dict of these is taken
    expect(page.locator("[data-outcome]")).to_contain_text("huge.heic 此浏览器读不了，又超过 16 MB，没有加入")


def test_photos_added_to_an_event_wait_in_the_phone_too(cockpit: Cockpit, page: Page) -> None:
    manager = client(cockpit, "补图经理", "manager", "heling")
    event = manager.post(EVENTS, json={"id": "add", "title": "补照片", "category": "other"}).json()["id"]
    cockpit.sign_in(page, "补图管理", "manager", "heling")
    page.goto(f"{cockpit.url}/events/{event}?community=heling")
    page.route(PHOTOS, lambda route: route.abort())
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": noisy(200)}
    page.locator("input[type=file]").set_input_files(photo)  # type: ignore[arg-type]  # a dict of these is taken
    expect(page.locator("[data-outcome]")).to_contain_text("照片还没有发出")
    expect(page.locator(".outbox-mark")).to_have_text("◷ 待发 1")
    page.unroute(PHOTOS)
    page.goto(f"{cockpit.url}/board?community=heling")
    until(lambda: len(cockpit.get(f"{EVENTS}/{event}")["properties"]["photos"]) == 1)
    expect(page.locator(".outbox-mark")).to_be_hidden(timeout=15_000)


def test_a_photo_that_does_not_get_through_keeps_no_later_report_from_being_sent(cockpit: Cockpit, page: Page) -> None:
    answer = '{"title": "request timeout", "detail": "too slow"}'
    page.route(PHOTOS, lambda route: route.fulfill(status=408, body=answer, content_type="application/problem+json"))
    first = report(cockpit, page, "慢线网格", "照片走不动", noisy(200))
    expect(first).to_have_attribute("data-state", "waiting", timeout=20_000)
    page.get_by_role("button", name="其他").click()
    page.get_by_label("补充说明").fill("后面还有一件急事")
    page.get_by_role("button", name="上报", exact=True).click()
    second = page.locator("[data-outbox] li", has_text="后面还有一件急事")
    expect(second).to_have_attribute("data-state", "sent", timeout=10_000)
    expect(first).to_have_attribute("data-state", "waiting")
    page.unroute(PHOTOS)
    expect(first).to_have_attribute("data-state", "sent", timeout=40_000)
    assert stored(cockpit, first) == 1
