"""Live channels end within a second of what let them in; tokens say when they were used; displays keep their cookie."""

import json
import time
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from cockpit.people.watch import ENDED_CLOSE
from tests.end_to_end.test_sign_in import OTHER, PASSWORD, add, session
from tests.end_to_end.test_without_websockets import LETS_NONE_THROUGH
from tests.permissions import bearer, run_out
from tests.running import Cockpit

WITHIN_S = 1.0
SLACK_S = 0.8
"""What a busy test machine may add."""


@pytest.fixture(scope="module")
def closed(either_cockpit: Cockpit) -> Cockpit:
    """A cockpit that lets nobody read without signing in."""
    either_cockpit.stop()
    either_cockpit.settings["COCKPIT_OPEN_READING"] = "false"
    return either_cockpit.start()


def listening(cockpit: Cockpit, headers: dict[str, str], community: str = "heling") -> ClientConnection:
    """A channel that has had its first frame."""
    channel = connect(f"ws{cockpit.url[4:]}/live/{community}", additional_headers=headers)
    assert json.loads(channel.recv(10))["type"] == "snapshot"
    return channel


def cookie(client: httpx.Client) -> dict[str, str]:
    return {"Cookie": f"cockpit_session={client.cookies['cockpit_session']}"}


def ends_by(channel: ClientConnection, ending: Callable[[], object]) -> None:
    """Make sure that it is this that ends a channel, and soon."""
    channel.recv(5)
    ending()
    since = time.monotonic()
    closed = last_word(channel)
    assert closed.rcvd is not None
    assert closed.rcvd.code == ENDED_CLOSE
    assert time.monotonic() - since < WITHIN_S + SLACK_S


def last_word(channel: ClientConnection) -> ConnectionClosed:
    """How a channel was closed, after all that came before."""
    while True:
        try:
            channel.recv(5)
        except ConnectionClosed as closed:
            return closed


def test_a_channel_ends_with_its_session_token_or_display(closed: Cockpit) -> None:
    for name in ("甲", "乙", "丙", "丁"):
        add(closed, name, "steward", "heling")
    add(closed, "总管", "admin", "*")
    with session(closed, "总管", PASSWORD) as admin:
        keeps = listening(closed, cookie(admin))
        with session(closed, "甲", PASSWORD) as one:
            channel = listening(closed, cookie(one))
            ends_by(channel, lambda: one.post("/api/v1/session/end"))
        with session(closed, "乙", PASSWORD) as one:
            channel = listening(closed, cookie(one))
            ends_by(channel, lambda: one.post("/api/v1/session/password", json={"old": PASSWORD, "new": OTHER}))
        for name, change in (
            ("丙", {"role": "steward", "communities": ["heling"], "disabled": True}),
            ("丁", {"role": "steward", "communities": ["tahai"], "disabled": False}),
        ):
            with session(closed, name, PASSWORD) as one:
                channel = listening(closed, cookie(one))
                ends_by(channel, lambda: admin.post(f"/api/v1/users/{name}", json=change))  # noqa: B023 - done at once
        channel = listening(closed, bearer(closed, "post", "steward", "heling"))
        ends_by(channel, lambda: closed.answer("token", "revoke", "post"))
        link = closed.answer("display", "add", "--name", "wall", "--community", "heling")["link"]
        secret = httpx.get(closed.url + link).cookies["cockpit_display"]
        channel = listening(closed, {"Cookie": f"cockpit_display={secret}"})
        ends_by(channel, lambda: closed.answer("display", "revoke", "wall"))
        keeps.recv(10)
        keeps.close()


def test_a_wall_without_websockets_shows_nothing_once_its_link_is_revoked(closed: Cockpit, page: Page) -> None:
    link = closed.answer("display", "add", "--name", "behind a proxy", "--community", "heling")["link"]
    page.add_init_script(LETS_NONE_THROUGH)
    page.goto(closed.url + link)
    expect(page.locator("[data-live-mark]")).to_contain_text("实时", timeout=20_000)
    closed.answer("display", "revoke", "behind a proxy")
    expect(page.locator('[data-page="wall"]')).to_have_count(0, timeout=10_000)


def test_a_wall_that_was_revoked_while_nobody_served_it_shows_nothing_either(closed: Cockpit, page: Page) -> None:
    link = closed.answer("display", "add", "--name", "cut off", "--community", "heling")["link"]
    page.add_init_script(LETS_NONE_THROUGH)
    page.goto(closed.url + link)
    expect(page.locator("[data-live-mark]")).to_contain_text("实时", timeout=20_000)
    closed.stop()
    closed.answer("display", "revoke", "cut off")
    closed.start()
    expect(page.locator('[data-page="wall"]')).to_have_count(0, timeout=15_000)


def test_a_token_that_is_used_says_when_and_one_that_runs_out_is_refused(closed: Cockpit) -> None:
    who = bearer(closed, "weather", "steward", "heling", "tahai")
    [told] = [one for one in closed.answer("token", "list")["tokens"] if one["name"] == "weather"]
    assert told["last_used"] is None
    assert (told["role"], told["communities"]) == ("steward", ["heling", "tahai"])
    assert httpx.get(f"{closed.url}/api/v1/heling/state", headers=who).status_code == 200
    time.sleep(1.5)
    [told] = [one for one in closed.answer("token", "list")["tokens"] if one["name"] == "weather"]
    assert told["last_used"] is not None
    run_out(closed, "weather")
    assert httpx.get(f"{closed.url}/api/v1/heling/state", headers=who).status_code == 401


def test_a_display_is_given_its_cookie_again_as_it_is_used(closed: Cockpit) -> None:
    link = closed.answer("display", "add", "--name", "old wall", "--community", "heling")["link"]
    first = httpx.get(closed.url + link)
    secret = first.cookies["cockpit_display"]
    who = {"Cookie": f"cockpit_display={secret}"}
    for answer in (
        first,
        httpx.get(f"{closed.url}/wall/heling", headers=who),
        httpx.get(f"{closed.url}/api/v1/heling/state", headers=who),
    ):
        given = answer.headers["Set-Cookie"]
        assert f"cockpit_display={secret}; HttpOnly; Max-Age={400 * 86_400}" in given
    with listening(closed, who) as channel:
        assert channel.response is not None
        assert secret in channel.response.headers["Set-Cookie"]
    kept = httpx.get(f"{closed.url}/geo/heling/areas.geojson", headers=who)
    assert "Set-Cookie" not in kept.headers, "what a proxy may keep holds no secret"
