"""A wall with more open events than it is given never runs empty while there are any."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import insert

from cockpit import tokens
from layers.grid_events.batch import MOST
from layers.grid_events.queries import SHOWN, TALLY
from layers.grid_events.tables import grid_event, grid_event_transition
from sensors.tables import reading, series
from store.engine import open_engine, writing
from store.instant import DAY, MINUTE, SECOND, Instant, format_rfc3339, now
from tests.browsing import screen
from tests.faults.screen import Page
from tests.running import Cockpit, until

BEYOND = 226
NEWS_MS = 4_000
"""What is new is said by then (assets/js/03-news.js)."""


def fill(cockpit: Cockpit, count: int) -> str:
    """So many open events, and a reading before them all; answers a manager's token."""
    engine = open_engine(f"sqlite:///{cockpit.data}/cockpit.db")
    moment = now() - DAY
    events = [
        {
            "id": f"e-{number:04}",
            "community": "heling",
            "reporter": "t",
            "reporter_ref": str(number),
            "category": "other",
            "severity": ("minor", "major", "critical")[number % 3],
            "title": f"第 {number} 件",
            "detail": "",
            "occurred": moment + number * SECOND,
            "received": moment + number * SECOND,
        }
        for number in range(count)
    ]
    steps = [
        {"event_id": one["id"], "seq": 1, "state": "filed", "at": one["received"], "actor": "t", "note": ""}
        for one in events
    ]
    with writing(engine) as connection:
        connection.execute(insert(grid_event), events)
        connection.execute(insert(grid_event_transition), steps)
        number = connection.execute(
            insert(series).values(device_id="air-01", metric="pm2_5", kind="number")
        ).inserted_primary_key[0]
        connection.execute(insert(reading).values(series_id=number, ts=moment - MINUTE, value=1.0, quality=0))
    token = tokens.add(engine, "desk", "manager", ["*"], 1, "tests")
    engine.dispose()
    return token


class Watching:
    """A wall that listens."""

    def __init__(self, cockpit: Cockpit) -> None:
        self.page = Page()
        self.came: list[str] = []
        self.failed = False
        self._url = f"{cockpit.url}/live/heling/events"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        until(lambda: self.page.layers)

    def _listen(self) -> None:
        with contextlib.suppress(httpx.HTTPError), httpx.stream("GET", self._url, timeout=30) as answer:
            for line in answer.iter_lines():
                if self._over.is_set():
                    return
                if line.startswith("data:"):
                    frame = msgspec.json.decode(line[5:])
                    told = frame.get("layers", {}).get("grid_events", {})
                    if frame["type"] == "delta":
                        self.came += open_of(told)
                    self.failed |= self.page.take(frame)

    @property
    def named(self) -> set[str]:
        """What is open on it."""
        return open_of(self.page.layers["grid_events"])

    @property
    def tally(self) -> int:
        """How many are, as it says."""
        return int(self.page.layers["grid_events"][TALLY]["open"])

    def stop(self) -> None:
        """It is switched off."""
        self._over.set()
        self._thread.join(10)


def open_of(records: dict[str, Any]) -> set[str]:
    return {key for key, one in dict(records).items() if key != TALLY and one is not None and one.get("open")}


@pytest.fixture
def desk(own_cockpit: Cockpit) -> Iterator[httpx.Client]:
    """Somebody at work on more events than a screen is given."""
    own_cockpit.add_device("air-01")
    token = fill(own_cockpit, SHOWN + BEYOND)
    own_cockpit.start()
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{own_cockpit.url}/api/v1/heling", headers=headers, timeout=60) as client:
        yield client


def void(desk: httpx.Client, ids: list[str]) -> None:
    for first in range(0, len(ids), MOST):
        chosen = [{"id": one} for one in ids[first : first + MOST]]
        answer = desk.post("/events/transitions", json={"events": chosen, "to": "void", "note": "误报"}).json()
        assert answer["taken"] == len(chosen), answer


def replayed(desk: httpx.Client, begin: Instant, until: Instant) -> tuple[dict[str, Any], str]:
    """What the replay shows at the end, and the time of that."""
    page, at, whole = Page(), format_rfc3339(begin), True
    page.seq = 0
    while at != format_rfc3339(until):
        query = {"from": at, "to": format_rfc3339(until), "step": 10, "whole": str(whole).lower()}
        answer = desk.get("/replay", params=query)
        assert answer.status_code == 200, answer.text
        whole = False
        for frame in answer.json()["frames"]:
            page.seq = frame["seq"] - (frame["type"] == "delta")
            page.take(frame)
        at = answer.json()["to"]
    return page.layers["grid_events"], at


def test_as_hundreds_are_closed_those_below_come_up_on_the_wall_and_in_the_replay(
    own_cockpit: Cockpit, desk: httpx.Client, browser: Browser
) -> None:
    wall = Watching(own_cockpit)
    context = screen(browser)
    page = context.new_page()
    page.goto(f"{own_cockpit.url}/?community=heling")
    rows = page.locator("[data-list='grid_events'] .event")
    expect(rows).not_to_have_count(0)
    seen = {row.get_attribute("data-event") for row in rows.all()}
    assert (len(wall.named), wall.tally) == (SHOWN, SHOWN + BEYOND)
    before = now() // SECOND * SECOND
    void(desk, sorted(wall.named))
    until(lambda: wall.tally == BEYOND)
    until(lambda: len(wall.named) == BEYOND)
    later = Watching(own_cockpit)
    stored = open_of(desk.get("/state").json()["layers"]["grid_events"])
    assert wall.named == later.named == stored
    assert sorted(wall.came) == sorted(stored), "what came up, once"
    assert not wall.failed
    page.wait_for_function("(n) => cockpit.gridEvents().filter((one) => one.open).length === n", arg=BEYOND)
    assert not seen & {row.get_attribute("data-event") for row in rows.all()}
    # They were there all along, behind the others: who listens is told of what is new.
    page.wait_for_timeout(NEWS_MS)
    assert page.locator("[data-news]").all_inner_texts() in ([], [""])
    new = {"id": "news", "title": "井盖松动", "category": "order.vendor"}
    desk.post("/events", json=new).raise_for_status()
    expect(page.locator("[data-news]")).to_have_text("新的网格事件：井盖松动")
    context.close()
    until(lambda: wall.tally == len(wall.named) == BEYOND + 1)

    after = (now() // SECOND + 1) * SECOND
    until(lambda: now() > after)
    shown, at = replayed(desk, before, after)
    then = desk.get("/state", params={"at": at}).json()["layers"]["grid_events"]
    assert open_of(shown) == open_of(then)
    assert open_of(then) > stored
    # One more frees room for nobody: there are fewer than are shown.
    void(desk, sorted(stored)[:1])
    until(lambda: wall.tally == len(wall.named) == BEYOND)
    wall.stop()
    later.stop()
