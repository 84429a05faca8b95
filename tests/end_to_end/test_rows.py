"""Every figure leads to its rows: whoever clicks one on any page gets to what makes it, and it comes to that."""

import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from layers.indicators.declare import factors
from layers.scenes import scenes
from store.instant import local_date, now
from tests.browsing import DESK, screen
from tests.end_to_end.test_events import client
from tests.running import Cockpit

HERE = Path(__file__).parent
SINCE = "2026-01-01T00:00:00+08:00"
API = "/api/v1/heling"
SETTLED = "() => Boolean(window.cockpit && cockpit.live.up && cockpit.me)"
WITHOUT = tomllib.loads((HERE / "figures_without_rows.toml").read_text(encoding="utf-8"))
ON_ALL = WITHOUT.pop("*")
ELSEWHERE = ("/report", "/people", "/indicators")
"""Pages without a figure at their bare address: forms, and lists that are rows themselves."""
NUMBER = re.compile(r"[−-]?\d[\d\u202f]*(?:\.\d+)?")
COLLECTED = """() => {
  const isShown = (one) => one.checkVisibility() && /\\d/.test(one.textContent);
  const named = ({ dataset, parentElement }) =>
    dataset.live || dataset.total || dataset.figure || parentElement.textContent.trim().slice(0, 40);
  const leading = [...document.querySelectorAll("a[data-rows]")].filter(isShown);
  const others = [...document.querySelectorAll("main .value, main [data-figure] td:nth-child(2), main .vital .figure")]
    .filter((one) => isShown(one) && !one.matches("a[data-rows]") && !one.querySelector("a[data-rows]"));
  return {
    leading: leading.map((one) => [one.textContent, one.href]),
    bare: others.filter((one) => !WITHOUT.some((selector) => one.closest(selector))).map(named),
  };
}"""
COUNTED = "() => document.querySelector('[data-rows-count][data-total]')?.dataset.total"


class Figure(NamedTuple):
    """A figure that opens its rows."""

    page: str
    number: float
    address: str


def number_of(text: str) -> float:
    """What a figure says; of "3 / 5" the first."""
    found = NUMBER.search(text)
    assert found is not None, text
    return float(found[0].replace("\u202f", "").replace("−", "-"))


@pytest.fixture(scope="module")
def manager(cockpit: Cockpit) -> httpx.Client:
    made = client(cockpit, "明细经理", "manager", "heling")
    made.timeout = httpx.Timeout(30)
    return made


def added(manager: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    answer = manager.post(f"{API}/{path}", json=body)
    assert answer.status_code in (200, 201), (path, answer.text)
    return answer.json()


@pytest.fixture(scope="module")
def filled(cockpit: Cockpit, manager: httpx.Client) -> Cockpit:
    """Something to count on each page: events in several states, alarms, matters, the council, partners, registers."""
    here = {"lon": 120.1905, "lat": 28.9285}
    numbers = []
    for n in range(7):
        severity = ("minor", "major", "critical")[n % 3]
        body = {"id": f"r{n}", "title": f"路灯{n}", "category": "facility.lighting", "severity": severity}
        numbers.append(added(manager, "events", body | (here if n % 2 else {}))["id"])
    steps = ("filed", "dispatched", "in_hand", "handled", "verified", "closed")
    for place, number in enumerate(numbers[1:]):
        for to in steps[:place]:
            assignee = {"assignee": "明细经理"} if to == "dispatched" else {}
            added(manager, f"events/{number}/transitions", {"to": to, **assignee})
    added(manager, f"events/{numbers[0]}/transitions", {"to": "void", "note": "重复"})

    rule = {"code": "rows-warm", "name": "偏热", "metric": "temperature", "kind": "air", "op": ">", "value": 30}
    added(manager, "alarm-rules", rule | {"priority": "high", "enabled": True, "deadband": 1})
    for n, (value, more) in enumerate(((35, here), (36, {}), (20, here))):
        device = cockpit.add_device(f"rows-{n}", "air", **more)
        cockpit.publish(device, "telemetry", {"temperature": value, "pm2_5": 40 + n})
    meter = cockpit.add_device("rows-meter", "power", **here)
    for energy in (100, 110):
        cockpit.publish(meter, "telemetry", {"energy": energy})

    added(manager, "governance/matters", {"id": "h1", "kind": "hard", "title": "加装充电桩"})
    added(manager, "governance/matters", {"id": "m1", "kind": "mediation", "topic": "noise", "parties": "甲、乙"})
    member = added(manager, "governance/council/members", {"body": "stewards", "name": "橙麓邻里管家", "since": SINCE})
    held = {"held": f"{local_date(now())}T00:00:00+08:00", "subject": "停车"}
    added(manager, "governance/council/meetings", held | {"present": [member["id"]]})
    partner = added(manager, "governance/partners", {"field": "elderly_care", "name": "镇卫生院"})
    deed = {"what": "义诊", "done": f"{local_date(now())}T00:00:00+08:00", "people": 12}
    added(manager, f"governance/partners/{partner['id']}/deeds", deed)
    for n, area in enumerate(("chenglu", "chenglu", "yanxia")):
        added(manager, "registers/clubs", {"name": f"舞团{n}", "kind": "dance", "area": area})
    entered = {"value": 1312, "date": str(local_date(now())), "source": "就业台账"}
    added(manager, "indicators/employed/values", entered)
    for name, places in (("托育一园", 30), ("托育二园", 12)):
        added(manager, "registers/nurseries", {"name": name, "places": places})
    return cockpit


def pages() -> list[str]:
    """Every page that is known by its address alone, and the nine scenes."""
    table = tomllib.loads((HERE.parents[1] / "cockpit" / "access.toml").read_text(encoding="utf-8"))
    paths = [key.removeprefix("PAGE ") for key in table if key.startswith("PAGE /") and "{" not in key]
    known = [f"{path}?community=heling" for path in paths if path not in ELSEWHERE]
    known += [f"/scenes?community=heling&scene={one}" for one in scenes()]
    return [*known, "/registers?community=heling&register=clubs"]


def opened(page: Page, address: str) -> None:
    page.goto(address)
    try:
        page.wait_for_function(SETTLED, timeout=60_000)
        page.wait_for_load_state("networkidle", timeout=60_000)
    except PlaywrightTimeoutError:
        pytest.fail(f"not settled: {address}")


@pytest.mark.thorough
def test_every_figure_leads_to_its_rows_and_they_come_to_it(
    filled: Cockpit, manager: httpx.Client, browser: Browser
) -> None:
    with screen(browser, DESK) as context:
        page = context.new_page()
        filled.sign_in(page, "点数经理", "manager", "heling")
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        figures, bare = set(), []
        for path in pages():
            opened(page, filled.url + path)
            selectors = {**ON_ALL, **WITHOUT.get(urlsplit(path).path, {})}
            found = page.evaluate(COLLECTED.replace("WITHOUT", str(list(selectors))))
            figures |= {Figure(path, number_of(text), href) for text, href in found["leading"]}
            bare += [(path, name) for name in found["bare"]]
        assert not bare, "a figure that leads nowhere, and for which no reason is written down"
        wrong = [told for one in sorted(figures) if (told := fault(filled, manager, page, one))]
        assert not wrong, "\n".join(wrong)
        assert errors == []
        led = {urlsplit(one.address).path for one in figures}
        assert led >= {"/events", "/alarms", "/governance", "/registers", "/devices", "/ground"}


KNOWN: dict[str, float] = {}
"""address -> what its rows come to: several pages lead to the same."""


def fault(filled: Cockpit, manager: httpx.Client, page: Page, one: Figure) -> str | None:
    """What is wrong with the rows of a figure; of one that is nought only whether there is such a page."""
    if not one.number:
        status = manager.get(one.address).status_code
        return None if status == 200 else f"{one}: {status}"
    if one.address not in KNOWN:
        opened(page, one.address)
        page.wait_for_function(COUNTED)
        KNOWN[one.address] = float(page.evaluate(COUNTED))
        if "events-table" in page.content() and KNOWN[one.address] < 15:
            shown = page.locator(".ag-center-cols-container [row-id]").count()
            assert shown == KNOWN[one.address], parse_qs(urlsplit(one.address).query)
    # Of a carbon figure the rows are what was used, and the factor stands beside it.
    meant = {KNOWN[one.address], *(round(KNOWN[one.address] * of.factor, 1) for of in factors().values())}
    return None if one.number in meant else f"{one}: rows come to {KNOWN[one.address]}"
