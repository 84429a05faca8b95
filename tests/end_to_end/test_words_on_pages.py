"""What pages say to people is Chinese: whatever goes wrong, and whatever code stands behind it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from layers import words
from tests.running import Cockpit, until

ROOT = Path(__file__).parents[2]
SENTENCE = re.compile(r"(?:\b[a-z]{2,}\b[ ,;:]+){2,}\b[a-z]{2,}\b")
"""Three words of Latin letters after each other: names, units and codes stand alone."""
VISIBLE = """() => {
  const told = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const over = node.parentElement;
    if (!over.closest("script, style, code, pre") && over.offsetParent) told.push(node.textContent);
  }
  return told;
}"""


def latin(page: Page) -> list[str]:
    """The English sentences that a page shows."""
    return [text for text in page.evaluate(VISIBLE) if SENTENCE.search(text.lower())]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    """A cockpit where much was refused and much was done."""
    cockpit = Cockpit(tmp_path_factory.mktemp("words"))
    air = cockpit.add_device("air-words", lon=120.1905, lat=28.9285)
    cockpit.start()
    refused: list[bytes] = [
        b"{not json",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'"text"',
        b'{"pm2_5": NaN}',
        b'{"pm2_5": []}',
        b'{"ts": "soon", "values": {"pm2_5": 1}}',
        b'{"ts": 1700000000, "values": {"pm2_5": 1}}',
        b'{"ts": 4102444800000, "values": {"pm2_5": 1}}',
        b'{"pm2_5": 1, "lon": "east", "lat": 1}',
        b'[{"n": "pm2_5", "bver": 99, "v": 1}]',
    ]
    for payload in refused:
        cockpit.publish(air, "telemetry", payload)
    cockpit.publish(air, "event", {"id": "1"})
    cockpit.publish(air, "event", {"id": "1", "title": "x", "severity": "huge"})
    cockpit.publish(air, "status", b"maybe")
    cockpit.publish(air, "event", {"id": "2", "category": "safety.fire", "title": "冒烟", "severity": "critical"})
    token = cockpit.answer("token", "add", "--role", "manager", "--name", "words")["token"]
    until(lambda: cockpit.get("/api/v1/heling/events")["features"])
    who = {"Authorization": f"Bearer {token}"}
    until(
        lambda: (
            len(httpx.get(f"{cockpit.url}/api/v1/heling/quarantine", headers=who).json()["messages"]) >= len(refused)
        )
    )
    yield cockpit
    cockpit.stop()


def test_the_quarantine_says_why_in_chinese(told: Cockpit, page: Page) -> None:
    told.sign_in(page, "q.manager", "manager", "heling")
    page.goto(f"{told.url}/quarantine?community=heling")
    expect(page.locator("tr[data-refused]").first).to_be_visible()
    assert latin(page) == []
    page.get_by_label("全选").check()
    page.get_by_role("button", name="重新处理所选").click()
    expect(page.locator("[data-outcome]")).to_contain_text("仍被拒收")
    assert latin(page) == []


def test_people_hear_in_chinese_what_was_not_taken(told: Cockpit, page: Page) -> None:
    told.sign_in(page, "p.admin", "admin")
    page.goto(f"{told.url}/people?community=heling")
    users = page.locator('[data-part="users"]')
    users.get_by_text("邀请用户", exact=True).click()
    users.locator('form input[name="name"]').first.fill("p.admin")
    users.get_by_role("button", name="邀请", exact=True).click()
    expect(users.locator(".outcome")).to_contain_text("已有用户「p.admin」")
    hooks = page.locator('[data-part="webhooks"]')
    hooks.get_by_text("新推送").click()
    hooks.locator('input[name="name"]').fill("one")
    hooks.locator('input[name="url"]').fill("not an address")
    hooks.get_by_role("button", name="添加").click()
    expect(hooks.locator(".outcome")).to_contain_text("▲")
    expect(page.locator('[data-part="audit"] tbody tr').first).to_be_visible()
    assert latin(page) == []


def test_the_ground_and_a_device_refuse_in_chinese(told: Cockpit, page: Page) -> None:
    told.sign_in(page, "g.manager", "manager", "heling")
    page.goto(f"{told.url}/ground?community=heling")
    form = page.locator("[data-survey-form]")
    form.locator("input[type=file]").set_input_files({"name": "a.json", "mimeType": "application/json", "buffer": b"{"})
    form.get_by_role("button", name="预览").click()
    expect(page.locator("[data-outcome]")).to_contain_text("▲", timeout=30_000)
    assert latin(page) == []


@pytest.mark.parametrize(
    "path", ["/", "/events", "/board", "/report", "/figures", "/governance", "/people", "/nowhere"]
)
def test_no_page_speaks_english_to_a_steward(told: Cockpit, page: Page, path: str) -> None:
    told.sign_in(page, f"s{abs(hash(path))}", "steward", "heling")
    page.goto(f"{told.url}{path}")
    page.wait_for_timeout(1_000)
    assert latin(page) == []


def test_an_answer_is_in_the_language_that_is_asked_for(told: Cockpit) -> None:
    path = f"{told.url}/api/v1/heling/devices/nothing"
    program = httpx.get(path)
    assert program.json()["detail"] == "no device 'nothing' in 'heling'"
    assert (program.json()["code"], program.json()["title"], program.headers["content-language"]) == (
        "not_found",
        "not found",
        "en",
    )
    browser = httpx.get(path, headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
    assert browser.json()["detail"] == "社区「heling」没有设备「nothing」"
    assert (browser.json()["code"], browser.status_code) == ("not_found", 404)
    assert "Accept-Language" in browser.headers["vary"]
    english = httpx.get(path, headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert english.json() == program.json()


def test_each_action_of_the_audit_trail_has_a_word() -> None:
    said = set()
    for folder in ("cockpit", "layers", "sensors", "geo", "store"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "record":
                    said |= {arg.value for arg in node.args[2:3] if isinstance(arg, ast.Constant)}
    assert {action for action in said if action not in words.table()["actions"]} == set()
