"""The page 运行状况: what runs, what does not, since when and what to do; to managers, and to nobody else."""

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.test_events import client
from tests.running import Cockpit, until

ROUTE = "/api/v1/health"


def vitals(told: dict[str, object]) -> dict[str, dict[str, object]]:
    """The figures by ``group.row``."""
    groups = told["groups"]
    assert isinstance(groups, list)
    return {f"{group['code']}.{row['code']}": row for group in groups for row in group["rows"]}


def test_it_tells_what_runs_and_what_is_to_be_done(cockpit: Cockpit) -> None:
    air = cockpit.add_device("air-vital", lon=120.1905, lat=28.9285)
    cockpit.publish(air, "telemetry", {"pm2_5": 41})
    cockpit.publish(air, "telemetry", b"no json")
    manager = client(cockpit, "运维经理", "manager", "heling")
    told = until(lambda: _with(manager, "queues.quarantined", 1))
    found = vitals(told)
    assert found["broker.connected"]["value"] == 1
    assert found["broker.connected"]["state"] == "well"
    assert found["database.answers"]["value"] == 1
    assert found["database.size"]["value"] > 0  # type: ignore[operator]
    assert found["ingest.lag"]["state"] == "well"
    assert str(found["versions.database"]["value"]).startswith("SQLite 3.")
    assert (found["backup.age"]["state"], found["backup.age"]["why"]) == ("middle", "还没有备份过")
    assert "现在备份" in str(found["backup.age"]["todo"])
    assert told["state"] in ("middle", "high"), "the gravest of all: nothing was backed up yet"
    assert [len(told["last_day"]["quarantined"]), told["last_day"]["quarantined"][-1]["count"]] == [24, 1]


def test_prometheus_is_told_the_same_and_a_refusal_names_its_request(cockpit: Cockpit) -> None:
    told = dict(re.findall(r"^(cockpit_[a-z_]+) (\S+)$", httpx.get(f"{cockpit.url}/metrics").text, re.MULTILINE))
    assert (float(told["cockpit_database_up"]), told["cockpit_certificate_left_seconds"]) == (1, "NaN")
    assert (told["cockpit_backup_age_seconds"], told["cockpit_backups_failed"]) == ("NaN", "NaN")
    assert float(told["cockpit_backup_scheduled"]) == 1
    assert 0 < float(told["cockpit_disk_free_ratio"]) < 1
    assert float(told["cockpit_database_bytes"]) > 100_000
    refused = httpx.get(f"{cockpit.url}/api/v1/nowhere", headers={"X-Request-Id": "not-a-proxys-word"})
    for path in ("/healthz", "/", "/api/v1/nowhere"):
        asked, got = httpx.head(f"{cockpit.url}{path}"), httpx.get(f"{cockpit.url}{path}")
        assert (asked.status_code, asked.content) == (got.status_code, b"")
        assert asked.headers["Content-Type"] == got.headers["Content-Type"]
    assert refused.json()["request"] == refused.headers["X-Request-Id"] != "not-a-proxys-word"


def _with(manager: httpx.Client, code: str, value: object) -> dict[str, object]:
    told = manager.get(ROUTE).json()
    return told if vitals(told)[code]["value"] == value else {}


def test_a_backup_is_known_at_once_and_was_checked(cockpit: Cockpit) -> None:
    cockpit.answer("db", "backup", str(cockpit.folder / "made"))
    found = vitals(client(cockpit, "备份经理", "manager", "heling").get(ROUTE).json())
    assert (found["backup.age"]["value"], found["backup.age"]["state"]) == (0, "well")
    assert found["backup.verified"]["value"] == 1


def test_of_another_community_nothing_is_told(cockpit: Cockpit) -> None:
    cockpit.answer("display", "add", "--name", "赫灵大厅", "--community", "heling")
    here = vitals(client(cockpit, "赫灵经理", "manager", "heling").get(ROUTE).json())
    there = vitals(client(cockpit, "塔海经理", "manager", "tahai").get(ROUTE).json())
    assert (here["displays.count"]["value"], there["displays.count"]["value"]) == (1, 0)
    assert there["queues.quarantined"]["value"] == 0


@pytest.mark.parametrize("path", [ROUTE, "/health"])
def test_strangers_and_stewards_are_not_told(cockpit: Cockpit, path: str) -> None:
    assert httpx.get(f"{cockpit.url}{path}").status_code in (302, 303, 401)
    steward = client(cockpit, f"网格员 {len(path)}", "steward", "heling")
    assert steward.get(path).status_code == 403


def test_the_page_says_it_by_shape_and_word(cockpit: Cockpit, page: Page) -> None:
    cockpit.sign_in(page, "看板经理", "manager", "heling")
    page.goto(f"{cockpit.url}/health?community=heling")
    # How full the disk of the tests' machine is says nobody.
    expect(page.locator("[data-verdict]")).to_have_text(re.compile(r"● 一切正常|[▲◆] \d+ 项"))
    broker = page.locator('[data-group="broker"]')
    expect(broker.locator(".sign")).to_have_text("● 正常")
    expect(broker.locator('[data-vital="connected"] .figure')).to_have_text("是")
    expect(page.locator('[data-group="versions"]')).to_contain_text("SQLite 3.")
    expect(page.locator("[data-last-day] .hour")).to_have_count(24)
