"""Every route as every role, and as nobody; and a scan of the whole API for answers of 500."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from layers.roles import ROLES, may
from tests.running import Cockpit

SCAN = Path(sys.executable).parent / "schemathesis"
LEAST = {
    "GET /api/v1/users": "admin",
    "POST /api/v1/users": "admin",
    "POST /api/v1/users/{name}": "admin",
    "POST /api/v1/users/{name}/invitation": "admin",
    "POST /api/v1/users/{name}/sessions/end": "admin",
    "GET /api/v1/displays": "admin",
    "POST /api/v1/displays": "admin",
    "POST /api/v1/displays/{name}/revoke": "admin",
    "GET /api/v1/audit": "admin",
    "GET /api/v1/audit/chain": "admin",
    "POST /api/v1/session/end": "steward",
    "POST /api/v1/session/password": "steward",
    "GET /api/v1/{community}/assignees": "manager",
    "POST /api/v1/{community}/stewards/{grid}": "manager",
    "POST /api/v1/{community}/quarantine/play-back": "manager",
    "POST /api/v1/{community}/ground/{layer}": "manager",
    "POST /api/v1/{community}/ground/{layer}/versions/{version}": "manager",
    "POST /api/v1/{community}/devices/{device}/commands": "manager",
    "GET /api/v1/{community}/events/export": "steward",
    "GET /api/v1/{community}/governance/matters": "steward",
    "POST /api/v1/{community}/governance/matters": "steward",
    "GET /api/v1/{community}/governance/matters/{matter}": "steward",
    "POST /api/v1/{community}/governance/matters/{matter}/steps": "steward",
    "POST /api/v1/{community}/governance/matters/{matter}/unseal": "manager",
    "GET /api/v1/{community}/governance/council": "steward",
    "POST /api/v1/{community}/governance/council/members": "manager",
    "POST /api/v1/{community}/governance/council/members/{number}/end": "manager",
    "POST /api/v1/{community}/governance/council/meetings": "manager",
    "GET /api/v1/{community}/governance/partners": "steward",
    "POST /api/v1/{community}/governance/partners": "manager",
    "POST /api/v1/{community}/governance/partners/{number}/end": "manager",
    "POST /api/v1/{community}/governance/partners/{number}/deeds": "manager",
    "GET /api/v1/{community}/notices": "steward",
    "POST /api/v1/{community}/notices/read": "steward",
    "GET /api/v1/{community}/webhooks": "admin",
    "POST /api/v1/{community}/webhooks": "admin",
    "POST /api/v1/{community}/webhooks/{name}/remove": "admin",
    "POST /api/v1/{community}/webhooks/{name}/again": "admin",
    "POST /api/v1/{community}/events/transitions": "steward",
    "POST /api/v1/{community}/events": "steward",
    "POST /api/v1/{community}/events/{event}/transitions": "steward",
    "POST /api/v1/{community}/events/{event}/photos": "steward",
    "GET /api/v1/{community}/events/{event}/photos/{number}": "steward",
}
"""The least role of a route; every other one is open where reading is."""
WITHOUT_SIGN_IN = {"POST /api/v1/session", "POST /api/v1/invitation"}
FILLED = {"community": "heling", "version": "0", "number": "1", "layer": "areas"}


def routes(cockpit: Cockpit) -> list[str]:
    """Every route that the API describes, as ``METHOD path``."""
    paths = cockpit.get("/api/openapi.json")["paths"]
    return [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]


Headers = dict[str, str]
NOBODY: Headers = {}


def ask(cockpit: Cockpit, route: str, who: Headers, **more: Any) -> int:
    """What a route answers; its own parameters lead nowhere."""
    method, path = route.split()
    for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        path = path.replace(f"{{{name}}}", FILLED.get(name, "nothing"))
    return httpx.request(method, cockpit.url + path, headers=who, timeout=30, **more).status_code


def everybody(cockpit: Cockpit) -> dict[str, Headers]:
    """Nobody, a display, and somebody in each role, by what they send with each request."""
    link = cockpit.answer("display", "add", "--name", "matrix", "--community", "heling")["link"]
    display = httpx.get(cockpit.url + link).cookies["cockpit_display"]
    found = {"nobody": NOBODY, "wall": {"Cookie": f"cockpit_display={display}"}}
    for role in ROLES[1:]:
        token = cockpit.answer("token", "add", "--role", role, "--name", f"matrix-{role}")["token"]
        found[role] = {"Authorization": f"Bearer {token}"}
    return found


def test_each_route_asks_for_its_role(cockpit: Cockpit) -> None:
    known = routes(cockpit)
    assert set(LEAST) <= set(known)
    people = everybody(cockpit)
    for route in known:
        for role, who in people.items():
            status = ask(cockpit, route, who)
            assert status < 500, (route, role)
            if route in WITHOUT_SIGN_IN:
                continue
            least = LEAST.get(route)
            expected = least is not None and not may(role, least)
            refused = status == (401 if role == "nobody" else 403)
            assert refused == expected, (route, role, status)


def test_what_writes_is_refused_to_nobody_whatever_it_is(cockpit: Cockpit) -> None:
    for route in routes(cockpit):
        if route.startswith("POST") and route not in WITHOUT_SIGN_IN:
            assert ask(cockpit, route, NOBODY, json={}) == 401, route


def test_where_reading_is_not_open_nothing_answers_a_stranger(own_cockpit: Cockpit) -> None:
    own_cockpit.settings["COCKPIT_OPEN_READING"] = "false"
    own_cockpit.start()
    token = own_cockpit.answer("token", "add", "--role", "steward", "--name", "reader")["token"]
    paths = httpx.get(f"{own_cockpit.url}/api/openapi.json", headers={"Authorization": f"Bearer {token}"}).json()
    for path in paths["paths"]:
        if path.startswith("/api/v1/") and "get" in paths["paths"][path] and path != "/api/v1/session":
            assert ask(own_cockpit, f"GET {path}", NOBODY) == 401, path
    for path in ("/", "/_dash-layout", "/_dash-dependencies", "/map"):
        assert httpx.get(own_cockpit.url + path).status_code == 303, path
    assert httpx.post(f"{own_cockpit.url}/_dash-update-component", json={}).status_code == 303


CALLBACKS = {
    "page.children": {"pathname": "/events", "search": "?community=heling"},
    "events-table.rowData": {"events-state": "open", "events-category": None, "events-area": None},
    "device-chart.figure": {"device-metric": "pm2_5", "device-span": "24h"},
}
STATES = {"data-community": "heling", "data-device": "air-1", "data-theme": "dark"}


def call_back(client: httpx.Client, callback: dict[str, Any]) -> int:
    """Ask a callback as its page does; the address is one component with two properties."""
    values = CALLBACKS[callback["output"]]
    inputs = [one | {"value": values.get(one["id"], values.get(one["property"]))} for one in callback["inputs"]]
    states = [one | {"value": STATES[one["property"]]} for one in callback["state"]]
    component, _, name = callback["output"].rpartition(".")
    body = {
        "output": callback["output"],
        "outputs": {"id": component, "property": name},
        "inputs": inputs,
        "state": states,
        "changedPropIds": [f"{inputs[0]['id']}.{inputs[0]['property']}"],
    }
    return client.post("/_dash-update-component", json=body).status_code


def test_each_callback_of_a_page_answers_people_and_nobody_else(own_cockpit: Cockpit) -> None:
    own_cockpit.settings["COCKPIT_OPEN_READING"] = "false"
    own_cockpit.start()
    clients = {
        role: httpx.Client(base_url=own_cockpit.url, headers=who) for role, who in everybody(own_cockpit).items()
    }
    callbacks = clients["admin"].get("/_dash-dependencies").json()
    assert {one["output"] for one in callbacks} == set(CALLBACKS)
    for callback in callbacks:
        answers = {role: call_back(client, callback) for role, client in clients.items()}
        # A display's own wall needs no callback but that which lays it out; this asks for another page.
        assert answers == dict.fromkeys(("nobody", "wall"), 303) | dict.fromkeys(ROLES[1:], 200), callback["output"]


@pytest.mark.parametrize("role", ["admin", None])
def test_no_request_that_the_description_allows_is_answered_by_500(cockpit: Cockpit, role: str | None) -> None:
    options = ["--checks", "not_a_server_error", "--max-examples", "8", "--phases", "examples,coverage,fuzzing"]
    if role is not None:
        token = cockpit.answer("token", "add", "--role", role, "--name", f"scan-{role}")["token"]
        options += ["-H", f"Authorization: Bearer {token}"]
    done = subprocess.run(
        [SCAN, "run", f"{cockpit.url}/api/openapi.json", *options, "--seed", "1", "--no-color"],
        cwd=cockpit.folder,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
