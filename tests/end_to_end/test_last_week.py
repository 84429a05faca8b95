"""A register a week later: what was entered then is seen as it was, whatever was done with it since."""

import re
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from store.instant import local_date, now
from tests.end_to_end.test_events import client
from tests.running import COMMAND, Cockpit

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
"""Debian's libfaketime: sets the clock back that a process reads (deploy/test-servers.sh)."""
A_WEEK_AGO = ["env", f"LD_PRELOAD={LIBRARY}", "FAKETIME=-7d", "FAKETIME_DONT_FAKE_MONOTONIC=1", COMMAND]
BASE = "/api/v1/heling/registers/persons"


def test_a_register_is_seen_as_it_was_a_week_ago(tmp_path: Path, page: Page) -> None:
    then = Cockpit(tmp_path, command=A_WEEK_AGO).start()
    try:
        clerk = client(then, "上周文员", "steward", "heling")
        rows = [clerk.post(BASE, json={"card": f"W-{n}", "name": f"上周{n}"}).json() for n in range(3)]
    finally:
        then.stop()
    last_week = local_date(now()) - timedelta(7)
    assert {one["at"][:10] for one in rows} <= {str(last_week), str(last_week - timedelta(1))}

    running = Cockpit(tmp_path).start()
    try:
        clerk = client(running, "本周文员", "steward", "heling")
        changed = clerk.post(f"{BASE}/{rows[0]['id']}", json={"name": "本周改的", "seq": 1, "reason": "改名"})
        assert changed.status_code == 200
        assert clerk.post(f"{BASE}/{rows[1]['id']}/void", json={"reason": "误录"}).status_code == 200
        assert clerk.post(BASE, json={"card": "W-9", "name": "本周来的"}).status_code == 201

        def names(**asked: str) -> list[str]:
            told = clerk.get(BASE, params={"sort": "card"} | asked).json()
            return [one["values"]["name"] for one in told["rows"]]

        at = f"{last_week + timedelta(1)}T12:00:00+08:00"
        assert names() == ["本周改的", "上周2", "本周来的"]
        assert names(at=at) == ["上周0", "上周1", "上周2"]
        assert names(at=f"{last_week - timedelta(2)}T12:00:00+08:00") == []

        running.sign_in(page, "回看的人", "steward", "heling")
        page.goto(f"{running.url}/registers?community=heling&register=persons")
        cells, count = page.locator(".ag-center-cols-container"), page.locator("[data-register-count]")
        expect(cells).to_contain_text("本周改的")
        page.get_by_text("回看", exact=True).click()
        page.get_by_label("回看的时刻").fill(f"{last_week + timedelta(1)}T12:00")
        page.get_by_role("button", name="看当时").click()
        expect(page.locator(".past-note")).to_contain_text(f"回看 {last_week + timedelta(1)} 12:00")
        expect(count).to_have_text("共 3 行")
        for name in ("上周0", "上周1", "上周2"):
            expect(cells).to_contain_text(name)
        expect(cells).not_to_contain_text(re.compile("本周"))
    finally:
        running.stop()
