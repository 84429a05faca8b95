"""docs/facts.md: each fact of the source is where the table says; the table itself is what is walked."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.test_events import client
from tests.running import Cockpit

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| ([HT]\d+) \| (.+?) \| `(.+?)` \| `(.+?)` \| (.+?) \| `(.+?)` \|$")
CODES = [*(f"H{number}" for number in range(1, 40)), *(f"T{number}" for number in range(1, 29))]


@dataclass(frozen=True)
class Fact:
    """A row of the table."""

    code: str
    what: str
    page: str
    route: str
    words: tuple[str, ...]
    test: str


@cache
def facts() -> dict[str, Fact]:
    """The table as it stands in the document."""
    lines = (ROOT / "docs" / "facts.md").read_text(encoding="utf-8").splitlines()
    found = [match.groups() for line in lines if (match := ROW.match(line))]
    return {row[0]: Fact(*row[:4], tuple(row[4].split("; ")), *row[5:]) for row in found}  # type: ignore[arg-type]


EVENTS = "/api/v1/tahai/events"


@pytest.fixture(scope="module")
def manager(cockpit: Cockpit) -> httpx.Client:
    """A manager of both communities."""
    made = client(cockpit, "事实经理", "manager", "heling", "tahai")
    made.headers["Accept-Language"] = "zh-CN"
    made.timeout = httpx.Timeout(30)
    return made


@pytest.fixture(scope="module")
def event(manager: httpx.Client) -> str:
    """An event of 塔海 that went up to the street and down to the residents."""
    number = str(manager.post(EVENTS, json={"id": "fact-1", "title": "路灯不亮"}).json()["id"])
    for to in ("escalated", "escalated", "fed_back", "fed_back", "fed_back"):
        assert manager.post(f"{EVENTS}/{number}/transitions", json={"to": to}).status_code == 201
    return number


def laid_out(manager: httpx.Client, page: str) -> str:
    """What the server lays out at an address, as text."""
    assert manager.get(page).status_code == 200, page
    answer = manager.get("/_dash-layout", headers={"Referer": f"{manager.base_url}{page}"})
    assert answer.status_code == 200, page
    # What stands in attributes for scripts is JSON within JSON.
    return json.dumps(answer.json(), ensure_ascii=False)


def test_every_fact_has_its_row_once() -> None:
    text = (ROOT / "docs" / "facts.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| ([HT]\d+) \|", text, re.MULTILINE) == CODES
    assert list(facts()) == CODES, "a row that the test cannot read"


@pytest.mark.parametrize("code", CODES)
def test_the_test_that_holds_it_is_there(code: str) -> None:
    fact = facts()[code]
    assert (ROOT / fact.test).is_file(), fact.test


@pytest.mark.parametrize("code", CODES)
def test_the_fact_is_where_the_document_says(manager: httpx.Client, event: str, code: str) -> None:
    fact = facts()[code]
    answer = manager.get(fact.route.replace("{event}", event))
    assert answer.status_code == 200, (fact.route, answer.text[:200])
    told = laid_out(manager, fact.page.replace("{event}", event)) + json.dumps(answer.json(), ensure_ascii=False)
    assert [word for word in fact.words if word not in told] == [], fact
