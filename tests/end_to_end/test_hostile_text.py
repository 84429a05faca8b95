"""Whatever somebody writes, in whichever field, is text: it runs nowhere, neither in a page nor in the database."""

import copy
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from store.instant import format_rfc3339, now
from tests.end_to_end.test_counting import send_totals
from tests.end_to_end.test_events import client
from tests.running import Cockpit, strip, until
from tests.thorough import usually

HOSTILE = (
    "<img src=x onerror=hacked=1>",
    '"><script>hacked=1</script>',
    "'); DROP TABLE app_user; --",
    "' OR 1=1 --",
    "=cmd|' /C calc'!A1",
    "{{7*7}}${7*7}",
)
ALL_AT_ONCE = "".join(HOSTILE[1::-1]) + HOSTILE[2]
"""What may run in a page, in an attribute, in the database: in one text, where there is no time for each."""
API = "/api/v1/heling"
GRID = "g1"
HEARTBEAT = f"{API}/displays/heartbeat"
WITH_SECRETS = {"/api/v1/session", "/api/v1/session/password", "/api/v1/invitation"}
"""Where the body here is harmless, and refused all the same: its secrets are none."""
PAGES = (
    *("/", "/map", "/device-registration", "/events", "/board", "/report", "/figures"),
    *("/governance", "/quarantine", "/ground", "/people", "/account", "/displays", "/reports", "/wall/heling"),
    *("/scenes", "/indicators"),
    *("/alarms", "/alarm-rules", "/alarm-figures", "/visitors", "/forecast", "/festivals"),
)


@pytest.fixture
def furnished(own_cockpit: Cockpit) -> Cockpit:
    """A cockpit with a grid and a siren whose very names are hostile."""
    own_cockpit.import_grids(strip(GRID, HOSTILE[0], 120.185, 120.19))
    own_cockpit.add_device("siren-1", "siren", name=HOSTILE[1], lon=120.187, lat=28.927)
    smokes = [own_cockpit.add_device(f"smoke-{n}", "smoke", lon=120.187, lat=28.927) for n in (1, 2)]
    own_cockpit.start()
    for smoke in smokes:
        own_cockpit.publish(smoke, "telemetry", {"smoke": True})
    own_cockpit.publish(smokes[1], "telemetry", {"smoke": False})
    send_totals(own_cockpit, "gate-jump", "centre", 1000, 1010, 21010, 21012)
    return own_cockpit


def bodies(admin: httpx.Client) -> list[tuple[str, dict[str, Any]]]:
    """Addresses of the routes with their parameters filled, and a body that each takes."""
    moment = "2026-11-20T09:30:00+08:00"
    governance = f"{API}/governance"
    hard = {"kind": "hard", "topic": "parking", "title": "停车"}
    event = made(admin, f"{API}/events", {"id": "first", "title": "路灯"})["id"]
    matter = made(admin, f"{governance}/matters", hard)["id"]
    [step_of_gate] = admin.get(f"{API}/visitors/centre/steps").json()["steps"]
    doubted = {name: step_of_gate[name] for name in ("device", "counter", "ts")}
    partner = made(admin, f"{governance}/partners", {"field": "elderly_care", "name": "五金"})["id"]
    hook = {
        "name": "钩",
        "url": "http://127.0.0.1:9/x",
        "format": "dingtalk",
        "kinds": ["reported"],
        "secret": "s" * 24,
    }
    step = {
        "to": "filed",
        "note": "好",
        "assignee": "李网格",
        "merged_into": "none",
        "id": "step-of-phone",
        "ts": format_rfc3339(now()),
    }
    return [
        ("/api/v1/session", {"name": "谁", "password": "x" * 20}),
        ("/api/v1/session/language", {"language": "zh-CN"}),
        ("/api/v1/session/password", {"old": "x" * 20, "new": "y" * 20}),
        ("/api/v1/invitation", {"token": "none", "password": "x" * 20, "name": "谁"}),
        *bodies_of_people(),
        (f"{API}/webhooks", hook),
        (f"{API}/push", {"endpoint": "http://127.0.0.1:9/x"}),
        (f"{API}/push/remove", {"endpoint": "http://127.0.0.1:9/x"}),
        (f"{API}/stewards/{GRID}", {"name": "李网格"}),
        (f"{API}/devices/siren-1/commands", {"name": "sound", "params": {"seconds": 5}}),
        (f"{API}/visitors/centre/count", {"inside": 3, "note": "清点"}),
        (f"{API}/visitors/centre/decisions", doubted | {"decision": "open", "reason": "更换主板"}),
        (f"{API}/events", {
            "id": "e", "title": "路灯", "detail": "灯", "ts": moment,
            "category": "other", "severity": "minor", "crs": "WGS84",
        }),
        (f"{API}/events/{event}/transitions", step | {"id": "of-a-phone"}),
        (f"{API}/events/transitions", step | {"events": [{"id": event, "seq": 1}]}),
        (f"{governance}/matters", hard | {"area": "chenglu"}),
        (f"{governance}/matters", {"kind": "mediation", "topic": "noise", "parties": "甲", "account": "乙"}),
        (f"{governance}/matters/{matter}/steps", {"to": "in_hand", "note": "好"}),
        (f"{governance}/council/members", {"body": "property", "name": "物业"}),
        (f"{governance}/council/meetings", {"held": moment, "subject": "停车", "present": []}),
        (f"{governance}/partners", {"field": "elderly_care", "name": "五金"}),
        (f"{governance}/partners/{partner}/deeds", {"done": moment, "what": "慰问"}),
        *bodies_of_devices(),
        *bodies_of_displays(),
        *bodies_of_reports(),
        *bodies_of_views(),
        *bodies_of_alarms(admin),
        *bodies_of_services(admin),
        *bodies_of_visitors(),
        *bodies_of_scenes(),
    ]  # fmt: skip


ENTRY = {"to": None, "from": None, "amount": 1, "memo": "领", "reference": "p"}
ERASING = {"register": "persons", "name": "甲", "reason": "申请", "dry_run": True}


def bodies_of_devices() -> list[tuple[str, dict[str, Any]]]:
    placed = {"name": "站", "lon": 120.187, "lat": 28.927, "crs": "WGS84", "interval": 60}
    codes = {"site": None, "room": None, "codec": None, "gateway": None}
    one = f"{API}/devices/smoke-1"
    return [
        (f"{API}/devices", {"id": "new-1", "kind": "air"} | placed | codes),
        (one, placed | codes),
        (f"{one}/words", {"word": "PM2.5", "metric": "pm2_5", "for": "device"}),
        (f"{one}/replace", {"note": "换主板"}),
        (f"{one}/rotate", {"secret_since": None}),
    ]


def bodies_of_people() -> list[tuple[str, dict[str, Any]]]:
    contact = {"real_name": "新晓人", "phone": "138 0000 0000"}
    return [
        ("/api/v1/users", {"name": "新人", "role": "steward", "communities": ["heling"], **contact}),
        ("/api/v1/users/新人", {"role": "steward", "communities": ["heling"]}),
        ("/api/v1/users/新人/contact", contact),
        ("/api/v1/account/contact", contact),
        ("/api/v1/account/theme", {"theme": "dark"}),
        ("/api/v1/account/notices", {"unwanted": ["warn"]}),
        ("/api/v1/account/sessions/end", {"id": "0" * 16}),
        ("/api/v1/displays", {"name": "大屏", "community": "heling"}),
    ]


def bodies_of_displays() -> list[tuple[str, dict[str, Any]]]:
    """The heartbeat is a display's own to tell: `screen`."""
    beat = {"page": "/wall/heling", "scene": "overview", "language": "zh-CN", "age": 1, "error": "错", "error_age": 1}
    return [
        (HEARTBEAT, beat | {"width": 1920, "height": 1080, "version": "x"}),
        (f"{API}/displays/steer", {"displays": ["大屏"], "act": "go", "scene": "overview", "language": "en"}),
        (f"{API}/displays/programme", {"displays": ["大屏"], "programme": None}),
    ]


def bodies_of_reports() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{API}/reports", {"kind": "day", "period": "2026-11-20", "known_at": "2026-11-22T00:00:00Z"}),
        (f"{API}/reports/schedule", {"kind": "day", "enabled": True}),
    ]


def bodies_of_views() -> list[tuple[str, dict[str, Any]]]:
    view = {"page": "events", "name": "我的未结", "asked": "state=open"}
    return [(f"{API}/views", view), (f"{API}/views/remove", {"page": "events", "name": "没有的"})]


def screen(furnished: Cockpit) -> httpx.Client:
    """A display of heling."""
    link = furnished.answer("display", "add", "--name", "前厅", "--community", "heling")["link"]
    secret = link.rpartition("/")[2]
    return httpx.Client(base_url=furnished.url, headers={"Cookie": f"cockpit_display={secret}"}, timeout=30)


def bodies_of_alarms(admin: httpx.Client) -> list[tuple[str, dict[str, Any]]]:
    """Of two alarms: one whose condition holds, and one that returned and waits to be reset."""
    found = until(lambda: [one for one in admin.get(f"{API}/alarms").json()["alarms"] if one["kind"] == "device"])
    ids = {one["device"]: one["id"] for one in found}
    one, other = ids["smoke-1"], ids["smoke-2"]
    assert admin.post(f"{API}/alarms/{other}/acknowledge", json={}).status_code == 200
    said = {"note": "好", "reason": "演练"}
    soon = {"until": (datetime.now(UTC) + timedelta(hours=1)).isoformat(), "reason": "检修"}
    rule = {"code": "own.rule", "name": "规则", "op": ">", "metric": "pm2_5", "value": 1}
    week = {"from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z"}
    alone = f"{API}/alarms/{one}"
    return [
        (f"{alone}/acknowledge", said),
        (f"{alone}/shelve", soon),
        (f"{alone}/unshelve", said),
        (f"{alone}/out-of-service", said),
        (f"{alone}/in-service", said),
        (f"{API}/alarms/acknowledge", {"ids": [one], "note": "好"}),
        (f"{API}/alarms/shelve", {"ids": [one], "note": "好"} | soon),
        (f"{API}/alarms/{other}/reset", said),
        (f"{API}/alarm-rules", rule),
        (f"{API}/alarm-rules/trial", {"rule": rule} | week),
        (f"{API}/duty", {"person": "李网格"} | week),
    ]


def bodies_of_services(admin: httpx.Client) -> list[tuple[str, dict[str, Any]]]:
    """Of rows, points and the canteen's books."""
    rows = f"{API}/registers/persons"
    first, second, third = (
        made(admin, rows, {"values": {"card": f"h-{number}", "name": "甲"}})["id"] for number in range(3)
    )
    entry = made(admin, f"{API}/points/entries", {"person": first, "amount": 5, "memo": "领"})["id"]
    return [
        (rows, {"values": {"card": "h-9", "name": "乙"}, "reference": "r", "reason": "登"}),
        (f"{rows}/{first}", {"values": {"name": "丙"}, "seq": 1, "reason": "改", "state": None}),
        (f"{rows}/{second}/void", {"reason": "误"}),
        (f"{API}/registers/erasure", ERASING | {"id": third, "mentions": [{"register": "persons", "id": first}]}),
        (
            f"{API}/points/entries",
            {"to": None, "from": None, "person": first, "amount": 1, "memo": "领", "reference": "p"},
        ),
        (f"{API}/points/entries/{entry}/reverse", {"reason": "误"}),
        (f"{API}/canteen/closings", {"day": "2026-11-20"}),
    ]


def bodies_of_visitors() -> list[tuple[str, dict[str, Any]]]:
    site = f"{API}/visitors/fangyan"
    day = [9, 9]
    post = {"code": "gate", "name": "入口", "name_en": "gate", "site": "fangyan", "people": 2}
    plan = {
        "code": "own",
        "name": "庙会",
        "name_en": "fair",
        "sites": ["fangyan"],
        "begins": "calendar",
        "posts": [post],
    }
    plan |= {"calendar": {"first": day, "last": day, "peaks": []}, "units": ["派出所"]}
    return [
        (f"{site}/capacity", {"instant": 100, "from": "2026-11-01"}),
        (f"{site}/count", {"inside": 99, "note": "清点"}),
        (f"{site}/closing", {"closed": True, "reason": "检修"}),
        (f"{API}/visitors/centre/errors", {"device": "gate-jump", "percent": 5, "how": "清点", "from": "2026-11-01"}),
        (f"{site}/duties", {"duty": "announce", "note": "已公告"}),
        (f"{API}/festivals", plan),
        (f"{API}/festivals/own/start", {"note": "开始"}),
        (f"{API}/festivals/own/posts/gate/duty", {"who": "李网格", "on": True}),
        (f"{API}/festivals/own/stop", {"note": "结束"}),
    ]


def bodies_of_scenes() -> list[tuple[str, dict[str, Any]]]:
    own = {
        "code": "own",
        "scene": "health",
        "name": "自定",
        "name_en": "own",
        "unit": "个",
        "unit_en": "",
        "factor": "",
    }
    own |= {
        "factor": "",
        "about": "口径",
        "about_en": "definition",
        "reason": "试",
        "period": "now",
        "sees": "steward",
        "better": "",
    }
    value = {"value": 1, "date": "2026-11-20", "source": "年报", "note": "注", "reference": "v"}
    return [
        (f"{API}/indicators", own | {"formula": {"kind": "entered"}}),
        (f"{API}/indicators/employed/values", value),
        (f"{API}/indicators/employed/target", {"value": 1, "date": "2026-11-20", "reason": "试"}),
    ]


def made(admin: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    answer = admin.post(path, json=body)
    assert answer.status_code == 201, (path, answer.text)
    return answer.json()


def text_fields(described: dict[str, Any]) -> set[tuple[str, str]]:
    """(route, field) of every text that a route takes, by the API's own description."""

    def within(schema: dict[str, Any], at: str) -> Iterator[str]:
        while "$ref" in schema:
            schema = described["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
        for one in schema.get("anyOf", []):
            yield from within(one, at)
        if schema.get("type") == "string":
            yield at
        if schema.get("type") == "array":
            yield from within(schema.get("items", {}), at)
        for name, one in schema.get("properties", {}).items():
            yield from within(one, f"{at}.{name}".lstrip("."))

    return {
        (path, field)
        for path, methods in described["paths"].items()
        for content in methods.get("post", {}).get("requestBody", {}).get("content", {}).values()
        for field in within(content["schema"], "")
    }


def placed(body: dict[str, Any], field: str, text: str) -> dict[str, Any]:
    """The body with the text in one of its fields."""
    changed = copy.deepcopy(body)
    *way, last = field.split(".")
    inner: Any = changed
    for part in way:
        inner = inner[part][0] if isinstance(inner[part], list) else inner[part]
    inner[last] = [text] if isinstance(inner.get(last), list) else text
    return changed


def matches(path: str, template: str) -> bool:
    """Whether an address is one of a route's."""
    parts, wanted = path.split("/"), template.split("/")
    same = len(parts) == len(wanted)
    return same and all(a == b or b.startswith("{") for a, b in zip(parts, wanted, strict=True))


def tables(cockpit: Cockpit) -> set[str]:
    with sqlite3.connect(f"{cockpit.data}/cockpit.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_text_of_every_field_of_the_api_runs_nowhere(furnished: Cockpit, page: Page) -> None:
    admin = client(furnished, "总管", "admin", "*")
    furnished.add_user("李网格", "steward", "heling")
    known, before = bodies(admin), tables(furnished)
    fields = text_fields(furnished.get("/api/openapi.json"))
    untried = set(fields)
    display = screen(furnished)
    for path, body in known:
        asks = display if path == HEARTBEAT else admin
        taken = asks.post(path, json=body).status_code
        assert taken in ((401, 403, 410) if path in WITH_SECRETS else (200, 201, 202, 204)), (path, taken)
        mine = {(route, field) for route, field in fields if matches(path, route)}
        # A fixed part of an address goes before a parameter: events/transitions is not an event's.
        routes = sorted({route for route, _ in mine}, key=lambda route: route.count("{"))
        for route, field in sorted(mine):
            if route != routes[0]:
                continue
            untried.discard((route, field))
            for text in usually([ALL_AT_ONCE], [ALL_AT_ONCE, *HOSTILE]):
                answer = asks.post(path, json=placed(body, field, text))
                assert answer.status_code < 500, (path, field, text, answer.text)
    assert untried == set(), "a text that nobody tries"
    assert tables(furnished) == before
    users = {user["name"] for user in admin.get("/api/v1/users").json()["users"]}
    assert {"总管", "新人"} <= users

    ran: list[str] = []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: ran.append(str(error)))
    furnished.sign_in(page, HOSTILE[0] + "我", "admin", "*")
    event = admin.get(f"{API}/events").json()["features"][0]["properties"]["id"]
    for path in (*PAGES, "/devices/siren-1", f"/events/{event}"):
        page.goto(f"{furnished.url}{path}?community=heling")
        expect(page.locator("[data-live-mark]")).to_contain_text("实时", timeout=20_000)
        page.wait_for_timeout(500)  # what the page asks for after it is live
        assert page.evaluate("window.hacked") is None, path
        assert page.locator("img[src='x']").count() == 0, path
    assert ran == []
