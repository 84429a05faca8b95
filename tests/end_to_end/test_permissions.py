"""Every route as everybody, held to the table; and a scan of the whole API for answers of 500."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from cockpit import access
from layers.access import Rule
from layers.roles import ROLES
from tests.permissions import Person, address, bearer, everybody, routes, run_out
from tests.running import Cockpit
from tests.thorough import usually

SCAN = Path(sys.executable).parent / "schemathesis"
FOUND_BY = ",".join(usually(["examples", "coverage"], ["examples", "coverage", "fuzzing"]))


@pytest.fixture(scope="module", params=[True, pytest.param(False, marks=pytest.mark.thorough)], ids=["open", "closed"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cockpit, bool]]:
    """A cockpit whose reading is open to everybody, and one where it is not."""
    running = Cockpit(tmp_path_factory.mktemp("cockpit"))
    running.settings["COCKPIT_OPEN_READING"] = str(request.param).lower()
    yield running.start(), request.param
    running.stop()


def is_let_in(client: httpx.Client, route: str, who: Person) -> bool:
    """Whether a route answers somebody, be it that there is nothing there."""
    method, path = route.split(" ", 1)[0], address(route)
    if method == "WS":
        try:
            with connect(f"ws{str(client.base_url)[4:]}{path}", additional_headers=who.headers):
                return True
        except InvalidStatus:
            return False
    asked = "GET" if method in ("PAGE", "MOUNT") else method
    # One of them has no end, so that an answer is not waited for.
    with client.stream(asked, path, headers=who.headers) as answer:
        assert answer.status_code < 500, (route, answer.read())
    is_sent_away = answer.headers.get("Location", "").startswith("/sign-in?next=")
    return answer.status_code not in (401, 403) and not is_sent_away


def may(rule: Rule, who: Person, is_open: bool) -> bool:
    """What the table says, in the test's own words."""
    if rule.stranger in ("always", "local") or (rule.stranger == "reading" and is_open):
        return True
    is_here = {"community": who.is_in("heling"), "everywhere": who.where == "*"}.get(rule.place, who.role is not None)
    if who.role == "wall":
        return rule.display and is_here
    return (
        who.role is not None and rule.role is not None and is_here and ROLES.index(who.role) >= ROLES.index(rule.role)
    )


def test_every_route_answers_those_whom_its_row_names_and_nobody_else(opened: tuple[Cockpit, bool]) -> None:
    cockpit, is_open = opened
    people = everybody(cockpit)
    pages = [key for key in access.table() if key.startswith("PAGE /")]
    wrong = []
    everything = sorted({*routes(), *pages})
    for name, who in people.items():
        # A client of its own: a display's cookie is given again, and would stay.
        with httpx.Client(base_url=cockpit.url, timeout=30) as client:
            for route in everything:
                expected = may(access.table()[route], who, is_open)
                if is_let_in(client, route, who) != expected:
                    wrong.append((route, name, f"expected {expected}"))
    assert wrong == []


def test_a_token_that_has_run_out_or_was_revoked_is_nobodys(cockpit: Cockpit) -> None:
    old, gone = (bearer(cockpit, name, "admin", "*") for name in ("old", "gone"))
    for who in (old, gone):
        assert httpx.get(f"{cockpit.url}/api/v1/users", headers=who).status_code == 200
    run_out(cockpit, "old")
    cockpit.answer("token", "revoke", "gone")
    for who in (old, gone):
        for path in ("/api/v1/users", "/api/v1/heling/devices"):
            refused = httpx.get(cockpit.url + path, headers=who)
            assert refused.status_code == 401
            assert "has run out" in refused.json()["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/heling/quarantine/",
        "//api/v1/heling/quarantine",
        "/api/v1//heling/quarantine",
        "/api/v1/heling%2Fquarantine",
        "/api/v1/heling/%71uarantine",
        "/API/v1/heling/quarantine",
        "/api/v1/heling/../heling/quarantine",
        "/api/v1/heling/quarantine;x",
        "/api/v1/heling/quarantine%00",
        "/api/v1/users/",
        "/api/v1/sessionx",
        "/metricsx",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_way_of_writing_an_address_leads_past_its_row(cockpit: Cockpit, method: str, path: str) -> None:
    with httpx.Client() as client:
        asked = client.build_request(method, cockpit.url)
        asked.url = asked.url.copy_with(raw_path=path.encode())
        answer = client.send(asked)
    assert "messages" not in answer.text
    assert answer.status_code in (200, 400, 401, 403, 404, 405)
    if answer.status_code == 200:  # a page's frame that says nothing
        assert "text/html" in answer.headers["Content-Type"]


def test_what_writes_is_refused_to_nobody_before_its_body_is_read(cockpit: Cockpit) -> None:
    for route in routes():
        if route.startswith("POST ") and access.table()[route].stranger == "never":
            answer = httpx.post(cockpit.url + address(route), content=b"x" * 60_000)
            assert answer.status_code == 401, route


def test_where_reading_is_not_open_pages_lead_to_the_sign_in(own_cockpit: Cockpit) -> None:
    own_cockpit.settings["COCKPIT_OPEN_READING"] = "false"
    own_cockpit.start()
    for path in ("/", "/map", "/map?community=tahai", "/nowhere"):
        answer = httpx.get(own_cockpit.url + path)
        assert (answer.status_code, answer.headers["Location"][:14]) == (303, "/sign-in?next="), path
    for path in ("/_dash-layout", "/_dash-dependencies"):
        assert httpx.get(own_cockpit.url + path).status_code == 401, path
    assert httpx.post(f"{own_cockpit.url}/_dash-update-component", json={}).status_code == 401


CALLBACKS = {
    "page.children": {"pathname": "/events", "search": "?community=heling"},
}
STATES = {"data-community": "heling", "data-device": "air-01", "data-theme": "dark", "data-at": None}


def call_back(client: httpx.Client, callback: dict[str, Any]) -> int:
    """Ask a callback as its page does; the address is one component with two properties."""
    values = CALLBACKS[callback["output"]]
    inputs = [one | {"value": values.get(one["id"], values.get(one["property"]))} for one in callback["inputs"]]
    states = [one | {"value": STATES[one["property"]]} for one in callback["state"]]
    return ask_back(client, callback["output"], inputs, states)


def ask_back(
    client: httpx.Client, output: str, inputs: list[dict[str, Any]], states: list[dict[str, Any]] | None = None
) -> int:
    """Ask a callback with these inputs, in this order."""
    component, _, name = output.rpartition(".")
    body = {
        "output": output,
        "outputs": {"id": component, "property": name},
        "inputs": inputs,
        "state": states or [],
        "changedPropIds": [f"{inputs[0]['id']}.{inputs[0]['property']}"],
    }
    return client.post("/_dash-update-component", json=body).status_code


def test_each_callback_of_a_page_answers_those_of_the_community_and_nobody_else(own_cockpit: Cockpit) -> None:
    own_cockpit.settings["COCKPIT_OPEN_READING"] = "false"
    own_cockpit.start()
    own_cockpit.add_device("air-01")
    people = everybody(own_cockpit)
    clients = {name: httpx.Client(base_url=own_cockpit.url, headers=who.headers) for name, who in people.items()}
    callbacks = clients["admin of *"].get("/_dash-dependencies").json()
    assert {one["output"] for one in callbacks} == set(CALLBACKS)
    assert {key for key in access.table() if key.startswith("CALLBACK")} == {f"CALLBACK {one}" for one in CALLBACKS}
    for callback in callbacks:
        for name, client in clients.items():
            who = people[name]
            expected = 401 if who.role is None else 200 if who.role != "wall" and who.is_in("heling") else 403
            assert call_back(client, callback) == expected, (callback["output"], name)


def test_a_display_sees_its_own_wall_however_the_request_is_dressed(own_cockpit: Cockpit) -> None:
    own_cockpit.settings["COCKPIT_OPEN_READING"] = "false"
    own_cockpit.start()
    who = everybody(own_cockpit)["display of heling"]
    client = httpx.Client(base_url=own_cockpit.url, headers=who.headers)

    def address(value: str, name: str = "pathname") -> dict[str, str]:
        return {"id": "address", "property": name, "value": value}

    own, nothing = address("/wall/heling"), address("", "search")
    assert ask_back(client, "page.children", [own, nothing]) == 200
    for path in ("/quarantine", "/wall/tahai", "/events", "/", "/people", "/wall/heling/", "/nowhere"):
        for inputs in ([address(path), nothing], [address(path, "x"), own], [address(path), own], [own, address(path)]):
            is_own = inputs[0]["value"] == "/wall/heling"
            assert ask_back(client, "page.children", inputs) == (200 if is_own else 403), inputs
        asked_by = client.get("/_dash-layout", headers={"Referer": own_cockpit.url + path})
        assert asked_by.status_code == 403, path
    assert ask_back(client, "page.children", [own, address("?community=tahai", "search")]) == 200
    assert client.get("/_dash-layout", headers={"Referer": f"{own_cockpit.url}/wall/heling"}).status_code == 200
    assert client.get("/_dash-layout").status_code == 200  # the empty frame


def test_nobody_signed_in_is_asked_who_they_are_for_what_is_always_open(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    for path in ("/healthz", "/readyz", "/sign-in"):
        answer = httpx.get(own_cockpit.url + path, headers={"Authorization": "Bearer nonsense"})
        assert answer.status_code == 200, path
    assert httpx.get(f"{own_cockpit.url}/api/v1/communities", headers={"Authorization": "x"}).status_code == 401


@pytest.mark.parametrize(
    ("role", "phases"), [pytest.param("admin", FOUND_BY, marks=pytest.mark.thorough), (None, "examples,coverage")]
)
def test_no_request_that_the_description_allows_is_answered_by_500(
    cockpit: Cockpit, role: str | None, phases: str
) -> None:
    options = ["--checks", "not_a_server_error", "--max-examples", "3", "--phases", phases]
    if role is not None:
        options += ["-H", f"Authorization: {bearer(cockpit, f'scan-{role}', role, '*')['Authorization']}"]
    done = subprocess.run(
        [SCAN, "run", f"{cockpit.url}/api/openapi.json", *options, "--seed", "1", "--no-color"],
        cwd=cockpit.folder,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
