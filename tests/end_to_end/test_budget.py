"""Nobody takes more than there is for one: bodies, headers, slowness, strange characters, and too many at once."""

import asyncio
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from sqlalchemy import insert

from cockpit.serving import bundle
from layers.grid_events.tables import grid_event, grid_event_transition
from store.engine import open_engine, writing
from store.instant import DAY, SECOND, format_rfc3339, now
from tests.running import Cockpit, run_async, until

SMALL = {
    "header_seconds": 3,
    "body_seconds": 4,
    "body_bytes_a_second": 1_000_000,
    "unread_seconds": 1,
    "stranger_questions_at_once": 1_000_000,
}


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    """A cockpit with little patience."""
    running = Cockpit(tmp_path_factory.mktemp("bounded"), settings={"COCKPIT_BUDGETS": json.dumps(SMALL)}).start()
    yield running
    running.stop()


def raw(cockpit: Cockpit, sent: bytes, seconds: float = 10) -> bytes:
    """Send bytes on a connection of their own; what comes back until the server ends it."""
    with socket.create_connection(("127.0.0.1", cockpit.http), timeout=seconds) as line:
        line.sendall(sent)
        found = b""
        try:
            while piece := line.recv(65536):
                found += piece
        except ConnectionResetError:
            pass
    return found


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize("path", ["/api/v1/session", "/api/v1/heling/events", "/_dash-update-component"])
def test_a_body_that_says_that_it_is_too_large_is_refused_before_it_is_sent(bounded: Cockpit, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 400000000\r\n\r\n"
    assert status(raw(bounded, head.encode())) == 413


@pytest.mark.parametrize(("path", "most"), [("/api/v1/session", 65_536), ("/_dash-update-component", 2 << 20)])
def test_a_body_that_does_not_say_how_large_it_is_is_refused_when_it_is_too_large(
    bounded: Cockpit, path: str, most: int
) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'"'
        for _ in range(most // 65_536 + 1):
            yield b"a" * 65_536

    answer = httpx.post(bounded.url + path, content=pieces(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert str(most) in answer.json()["detail"]


def test_one_byte_more_than_there_is_for_a_body_is_too_much(bounded: Cockpit) -> None:
    for size, expected in ((65_536, 400), (65_537, 413)):
        body = b'"' + b"a" * (size - 2) + b'"'
        answer = httpx.post(f"{bounded.url}/api/v1/session", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == expected


def test_a_body_that_drips_is_ended_and_holds_up_nobody(bounded: Cockpit) -> None:
    lines = []
    for _ in range(40):
        line = socket.create_connection(("127.0.0.1", bounded.http))
        line.sendall(b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
        lines.append(line)
    assert httpx.get(f"{bounded.url}/api/v1/heling/devices").status_code == 200
    with pytest.raises(BlockingIOError):  # all of them are still open
        lines[-1].recv(1, socket.MSG_DONTWAIT)
    for line in lines:
        line.settimeout(15)
        assert status(line.recv(1000)) == 408
        line.close()


def test_headers_that_do_not_end_are_not_waited_for(bounded: Cockpit) -> None:
    began = time.monotonic()
    assert status(raw(bounded, b"GET /healthz HTTP/1.1\r\nHost: x\r\n")) == 408
    assert status(raw(bounded, b"")) == 408
    assert status(raw(bounded, b"\r\n")) == 408
    assert time.monotonic() - began < 30


def test_addresses_and_headers_have_their_size(bounded: Cockpit) -> None:
    assert httpx.get(f"{bounded.url}/api/v1/communities?q={'a' * 9000}").status_code == 414
    large = {"X-Large": "a" * 40_000}
    assert httpx.get(f"{bounded.url}/api/v1/communities", headers=large).status_code == 431
    assert status(raw(bounded, b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 300_000)) == 431


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/heling/events/a%00b",
        "/api/v1/heling%00/devices",
        "/api/v1/heling/events?q=a%00b",
        "/api/v1/heling/quarantine?device=%00",
        "/devices/%00",
        "/?at=%00",
    ],
)
def test_a_nul_in_an_address_is_refused_with_where_it_stands(bounded: Cockpit, path: str) -> None:
    answer = httpx.get(bounded.url + path)
    assert answer.status_code == 400
    # A page's refusal is in the language of a person, a route's in that of a program.
    assert any(word in answer.json()["detail"] for word in ("NUL", "空字符（%00）"))


@pytest.mark.parametrize("bad", ["a\\u0000b", "\\ud800", "x\\uDC00y", "\\ud800\\ud800\\udc00"])
def test_text_that_no_database_keeps_is_refused(bounded: Cockpit, bad: str) -> None:
    body = '{"name": "' + bad + '", "password": "x"}'
    answer = httpx.post(
        f"{bounded.url}/api/v1/session", content=body.encode(), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("good", ["a\\\\u0000b", "\\ud83d\\ude00", "楼"])
def test_text_that_only_looks_like_it_is_taken(bounded: Cockpit, good: str) -> None:
    body = '{"name": "' + good + '", "password": "x"}'
    answer = httpx.post(
        f"{bounded.url}/api/v1/session", content=body.encode(), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "path", ["/api/v1/heling/events?cursor=" + "9" * 30, "/api/v1/heling/alarms?limit=" + "9" * 30]
)
def test_a_number_that_no_database_keeps_is_no_error_of_ours(bounded: Cockpit, path: str) -> None:
    assert httpx.get(bounded.url + path).status_code < 500


def test_who_takes_nothing_holds_up_nobody_and_is_dropped(bounded: Cockpit) -> None:
    pages = bounded.processes[-1]

    def how_many() -> int:
        return cast(int, pages.num_fds())

    before = how_many()
    lines = []
    for _ in range(30):
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        line.connect(("127.0.0.1", bounded.http))
        line.sendall(f"GET {bundle.plotly().path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 40)
        lines.append(line)
    until(lambda: how_many() >= before + 25)
    assert httpx.get(f"{bounded.url}/api/v1/heling/state").status_code == 200
    until(lambda: how_many() < before + 10, 20, 0.2)
    for line in lines:
        line.close()


def a_week_ago() -> str:
    return format_rfc3339(now() - 7 * DAY)


def test_a_hundred_and_twenty_at_once_are_answered_or_told_to_come_again(bounded: Cockpit) -> None:
    token = bounded.answer("token", "add", "--role", "manager", "--name", "many")["token"]

    async def one(client: httpx.AsyncClient, path: str, headers: dict[str, str]) -> tuple[int, bool]:
        answer = await client.get(bounded.url + path, headers=headers)
        return answer.status_code, "retry-after" in answer.headers

    async def go(path: str, headers: dict[str, str]) -> list[tuple[int, bool]]:
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(timeout=30, limits=limits) as client:
            asking = asyncio.gather(*(one(client, path, headers) for _ in range(120)))
            await asyncio.sleep(0.05)
            assert (await client.get(f"{bounded.url}/healthz")).status_code == 200
            return await asking

    for headers in ({}, {"Authorization": f"Bearer {token}"}):
        for path in (
            "/api/v1/heling/state",
            f"/api/v1/heling/events/figures?from={a_week_ago()}",
            "/ogc/heling/sensorthings/v1.1/Datastreams?$expand=Observations($skip=10000)",
            "/devices/none",
            "/_dash-layout",
        ):
            found = run_async(go(path, headers))
            assert {code for code, _ in found} <= {200, 404, 503}
            assert all(told for code, told in found if code == 503)


def test_strangers_who_ask_without_end_are_told_to_wait(tmp_path: Path) -> None:
    numbers = {"stranger_questions_at_once": 20, "stranger_questions_a_minute": 6}
    running = Cockpit(tmp_path, settings={"COCKPIT_BUDGETS": json.dumps(numbers)}).start()
    try:
        token = running.answer("token", "add", "--role", "manager", "--name", "known")["token"]
        path = f"{running.url}/api/v1/communities"
        found: list[Any] = [httpx.get(path) for _ in range(25)]
        refused = [answer for answer in found if answer.status_code == 429]
        assert refused
        assert int(refused[0].headers["retry-after"]) >= 1
        assert httpx.get(f"{running.url}/healthz").status_code == 200
        known = {"Authorization": f"Bearer {token}"}
        written = f"{running.url}/api/v1/heling/notices"
        assert {httpx.get(written, headers=known).status_code for _ in range(40)} == {200}
    finally:
        running.stop()


def fill(cockpit: Cockpit, many: int) -> None:
    """Many events that have been open for a week: a board of the past is dear."""
    came, numbers = now() - 7 * DAY, [f"many-{number:05}" for number in range(many)]
    event = {"community": "heling", "reporter": "t", "category": "other", "severity": "minor", "title": "路灯"}
    event |= {"detail": "", "occurred": came, "received": came}
    step = {"seq": 1, "state": "reported", "at": came, "actor": "t", "note": ""}
    engine = open_engine(f"sqlite:///{cockpit.data}/cockpit.db")
    with writing(engine) as connection:
        connection.execute(insert(grid_event), [event | {"id": one, "reporter_ref": one} for one in numbers])
        connection.execute(insert(grid_event_transition), [step | {"event_id": one} for one in numbers])
    engine.dispose()


@contextmanager
def strangers(cockpit: Cockpit, addresses: list[str]) -> Iterator[Counter[int]]:
    """Strangers who ask for boards of moments that differ, one after another, each from an address."""
    done, found = threading.Event(), Counter[int]()

    def ask(number: int, address: str) -> None:
        with httpx.Client(transport=httpx.HTTPTransport(local_address=address), timeout=60) as client:
            asked = 0
            while not done.is_set():
                asked += 1
                at = format_rfc3339(now() - DAY - (asked * len(addresses) + number) * SECOND)
                answer = client.get(f"{cockpit.url}/api/v1/heling/events/board", params={"at": at})
                found[answer.status_code] += 1

    threads = [threading.Thread(target=ask, args=one) for one in enumerate(addresses)]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        done.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("addresses", [["127.0.0.1"] * 4, [f"127.0.0.{number}" for number in range(2, 6)]])
def test_strangers_who_ask_for_the_past_hold_up_nobody_who_is_signed_in(tmp_path: Path, addresses: list[str]) -> None:
    running = Cockpit(tmp_path).start()
    try:
        fill(running, 12_000)
        token = running.answer("token", "add", "--role", "steward", "--name", "at work")["token"]
        steward = httpx.Client(base_url=running.url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        with strangers(running, addresses) as answered:
            until(lambda: answered[200] >= 4, 30)
            path = "/api/v1/heling/events?state=open&limit=20"
            assert [steward.get(path).status_code for _ in range(20)] == [200] * 20
            report = {"id": "w-1", "title": "井盖"}
            assert steward.post("/api/v1/heling/events", json=report).status_code == 201
        assert answered.keys() <= {200, 503}
        steward.close()
    finally:
        running.stop()
