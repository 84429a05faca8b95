"""Signing in: the first admin by a link, people by invitation, sessions that end, displays, and the audit trail."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.running import Cockpit, until

PASSWORD = "丹霞 橙麓 lantern quiet 7"
OTHER = "岩上溪水 paper boat drifts"


@contextmanager
def session(cockpit: Cockpit, name: str, password: str) -> Iterator[httpx.Client]:
    """Somebody who signed in, as a browser would be: the cookie, and the header of writes."""
    with httpx.Client(base_url=cockpit.url) as client:
        answer = client.post("/api/v1/session", json={"name": name, "password": password})
        assert answer.status_code == 201, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        yield client


def add(cockpit: Cockpit, name: str, role: str, community: str = "*", password: str = PASSWORD) -> None:
    """Somebody by the command."""
    options = ("--name", name, "--role", role, "--community", community, "--password-stdin")
    done = cockpit.run("user", "add", *options, given=password)
    assert done.returncode == 0, done.stderr


def test_the_first_admin_comes_by_a_link_that_is_printed_once_and_invites_the_others(
    own_cockpit: Cockpit, page: Page
) -> None:
    own_cockpit.start("--json")
    assert own_cockpit.process is not None
    assert own_cockpit.process.stdout is not None
    setup = json.loads(own_cockpit.process.stdout.readline())["setup"]
    page.goto(setup)
    page.get_by_label("用户名").fill("陈主任")
    page.get_by_label("新口令").fill("password1234567")
    page.get_by_label("再输一次").fill("password1234567")
    page.get_by_role("button", name="确定").click()
    expect(page.locator("[data-outcome]")).to_contain_text("太容易猜到")
    page.get_by_label("新口令").fill(PASSWORD)
    page.get_by_label("再输一次").fill(PASSWORD)
    page.get_by_role("button", name="确定").click()
    expect(page.locator("[data-me]")).to_contain_text("陈主任 · 系统管理员")
    assert page.evaluate("document.cookie") == "", "no script reads the session"
    token = setup.split("token=")[1]
    again = httpx.post(
        f"{own_cockpit.url}/api/v1/invitation",
        json={"token": token, "password": OTHER, "name": "贼"},
        headers={"Accept-Language": "zh-CN"},
    )
    assert (again.status_code, "链接已经用过" in again.text) == (410, True)
    page.locator(".who").click()
    page.get_by_role("button", name="退出").click()
    page.locator("[data-me]").get_by_role("link", name="登录", exact=True).click()
    page.get_by_label("用户名").fill("陈主任")
    page.get_by_label("口令").fill("not this one, surely")
    page.get_by_role("button", name="登录").click()
    expect(page.locator("[data-outcome]")).to_have_text("▲ 用户名或口令不对")
    page.get_by_label("口令").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.locator("[data-me]")).to_contain_text("陈主任")
    with session(own_cockpit, "陈主任", PASSWORD) as admin:
        made = admin.post("/api/v1/users", json={"name": "李网格", "role": "steward", "communities": ["heling"]})
        link = made.json()["link"]
        accepted = httpx.post(
            f"{own_cockpit.url}/api/v1/invitation", json={"token": link.split("token=")[1], "password": OTHER}
        )
        assert (accepted.status_code, accepted.json()["role"]) == (201, "steward")
        assert admin.post("/api/v1/users/陈主任", json={"role": "steward", "communities": ["*"]}).status_code == 422
    own_cockpit.stop()
    own_cockpit.start("--json")
    assert own_cockpit.process.stdout is not None
    assert json.loads(own_cockpit.process.stdout.readline())["setup"] is None


def test_a_role_holds_in_its_communities_and_a_write_needs_the_sessions_own_word(either_cockpit: Cockpit) -> None:
    cockpit = either_cockpit
    add(cockpit, "塔海经理", "manager", "tahai")
    event = {"id": "1", "title": "路灯不亮", "category": "facility.lighting"}
    with session(cockpit, "塔海经理", PASSWORD) as manager:
        assert manager.post("/api/v1/heling/events", json=event).status_code == 403
        made = manager.post("/api/v1/tahai/events", json=event)
        assert made.status_code == 201
        assert made.json()["properties"]["reporter"] == "user:塔海经理"
        assert manager.get("/api/v1/users").status_code == 403
        del manager.headers["X-CSRF-Token"]
        forged = manager.post("/api/v1/tahai/events", json=event | {"id": "2"})
        assert (forged.status_code, forged.json()["title"]) == (403, "forged request")
    assert httpx.post(f"{cockpit.url}/api/v1/tahai/events", json=event).status_code == 401
    assert httpx.get(f"{cockpit.url}/api/v1/users").status_code == 401


def test_a_guesser_waits_longer_each_time_and_the_owner_gets_in_after(cockpit: Cockpit) -> None:
    add(cockpit, "周网格", "steward", "heling")

    def attempt(password: str) -> httpx.Response:
        return httpx.post(f"{cockpit.url}/api/v1/session", json={"name": "周网格", "password": password})

    assert [attempt("wrong").status_code for _ in range(3)] == [401, 401, 429]
    blocked = attempt(PASSWORD)
    assert blocked.status_code == 429
    assert blocked.json()["retry_after"] >= 1
    assert blocked.headers["Retry-After"] == str(blocked.json()["retry_after"])
    until(lambda: attempt(PASSWORD).status_code == 201)
    unknown = httpx.post(f"{cockpit.url}/api/v1/session", json={"name": "nobody", "password": "x"})
    assert unknown.json()["detail"] == "The name or the password is wrong"


def test_sessions_end_when_somebody_is_shut_out_or_chooses_another_password(cockpit: Cockpit) -> None:
    add(cockpit, "管理甲", "admin")
    add(cockpit, "孙经理", "manager", "heling")

    def mine() -> AbstractContextManager[httpx.Client]:
        return session(cockpit, "孙经理", PASSWORD)

    with session(cockpit, "管理甲", PASSWORD) as admin, mine() as manager, mine() as other:
        changed = manager.post("/api/v1/session/password", json={"old": PASSWORD, "new": OTHER})
        assert changed.status_code == 201
        assert other.get("/api/v1/session").json() == {"name": None}
        assert manager.get("/api/v1/session").json()["name"] == "孙经理"
        shut = admin.post("/api/v1/users/孙经理", json={"role": "manager", "communities": ["heling"], "disabled": True})
        assert shut.json()["disabled"] is True
        assert manager.get("/api/v1/session").json() == {"name": None}
    refused = httpx.post(f"{cockpit.url}/api/v1/session", json={"name": "孙经理", "password": OTHER})
    assert refused.status_code == 401


def test_where_reading_is_not_open_nobody_passes_and_a_display_sees_its_wall_only(
    own_cockpit: Cockpit, page: Page
) -> None:
    own_cockpit.settings["COCKPIT_OPEN_READING"] = "false"
    own_cockpit.start()
    assert httpx.get(f"{own_cockpit.url}/healthz").status_code == 200
    for path in ("/api/v1/communities", "/api/v1/heling/devices", "/geo/heling/areas.geojson", "/api/openapi.json"):
        assert httpx.get(own_cockpit.url + path).status_code == 401, path
    inner = httpx.post(f"{own_cockpit.url}/_dash-update-component", json={"output": "page.children"})
    assert inner.status_code in (303, 401)
    page.goto(f"{own_cockpit.url}/wall/heling")
    expect(page).to_have_url(re.compile(r"/sign-in\?next=/wall/heling"))
    link = own_cockpit.answer("display", "add", "--name", "指挥室", "--community", "heling")["link"]
    page.goto(own_cockpit.url + link)
    expect(page).to_have_url(f"{own_cockpit.url}/wall/heling")
    page.wait_for_selector(".map-ready", state="attached", timeout=30_000)
    expect(page.locator("[data-live-mark]")).to_have_text("● 实时")

    def lay_out(path: str) -> int:
        inputs = [{"id": "address", "property": "pathname", "value": path}, {"id": "address", "property": "search"}]
        body = {"output": "page.children", "outputs": {"id": "page", "property": "children"}, "inputs": inputs}
        return page.request.post(f"{own_cockpit.url}/_dash-update-component", data=body, max_redirects=0).status

    assert (lay_out("/wall/heling"), lay_out("/quarantine"), lay_out("/wall/tahai")) == (200, 403, 403)

    def first_layout(path: str) -> int:
        headers = {"Referer": own_cockpit.url + path}
        return page.request.get(f"{own_cockpit.url}/_dash-layout", headers=headers, max_redirects=0).status

    assert (first_layout("/wall/heling"), first_layout("/quarantine"), first_layout("/wall/tahai")) == (200, 403, 403)
    page.goto(f"{own_cockpit.url}/wall/tahai")
    expect(page).to_have_url(re.compile("/sign-in"))
    own_cockpit.answer("display", "revoke", "指挥室")
    page.goto(f"{own_cockpit.url}/wall/heling")
    expect(page).to_have_url(re.compile("/sign-in"))


def test_the_audit_trail_tells_who_did_what_and_shows_tampering(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    add(own_cockpit, "管理乙", "admin")
    with session(own_cockpit, "管理乙", PASSWORD) as admin:
        told, chain = admin.get("/api/v1/audit").json(), admin.get("/api/v1/audit/chain").json()
    assert [row["action"] for row in told["rows"]] == ["session.start", "user.password", "user.add"]
    assert chain["fault"] is None
    assert own_cockpit.answer("audit", "verify")["chains"][0]["length"] == 3
    with sqlite3.connect(own_cockpit.data / "cockpit.db") as database:
        database.execute("UPDATE audit SET actor = 'somebody else' WHERE seq = 2")
    broken = own_cockpit.run("audit", "verify")
    assert broken.returncode == 2
    assert "row 2 is not what was written" in broken.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--name", "甲", "--role", "king", "--community", "*"), "role 'king' is not one of steward, manager, admin"),
        (("--name", "甲", "--role", "admin", "--community", "mars"), "community 'mars' is not one of"),
        (("--name", " ", "--role", "admin", "--community", "*"), "printable characters"),
    ],
)
def test_what_a_user_cannot_be_is_said(cockpit: Cockpit, options: tuple[str, ...], said: str) -> None:
    done = cockpit.run("user", "add", *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("query", "theme"),
    [
        ("", "dark"),
        ("?theme=light", "light"),
        ("?theme=none", "dark"),
        ("?next=/events%3Fcommunity%3Dheling%26theme%3Dlight", "light"),
        ("?theme=dark&next=/events%3Ftheme%3Dlight", "dark"),
    ],
)
def test_the_sign_in_has_the_theme_that_was_asked_for(cockpit: Cockpit, query: str, theme: str) -> None:
    assert f'data-theme="{theme}"' in httpx.get(f"{cockpit.url}/sign-in{query}").text
