"""Webhooks: where they may go, how long they may take, and that no receiver holds up another."""

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpcore
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, select

from cockpit.errors import BadSetting
from cockpit.notices import destinations, posting, push, vapid, webhooks
from cockpit.notices.courier import Courier
from cockpit.notices.formats import Outgoing
from store import budgets, notices
from store.databases import Databases
from store.engine import writing
from store.instant import now
from store.notices import Notice, delivery, webhook
from store.seal import Seal
from tests.running import until


class Answering(BaseHTTPRequestHandler):
    """Takes what is posted, in the way that the path says."""

    def do_POST(self) -> None:
        """Answer well, slowly, drop by drop, without end, or with somewhere else."""
        self.rfile.read(int(self.headers["Content-Length"]))
        server: Any = self.server
        server.got.append(self.path)
        if self.path.startswith("/slow"):
            server.going_on.wait(30)
        if self.path == "/elsewhere":
            self.send_response(307)
            self.send_header("Location", "/secret")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        pieces = {"/drip": (b"x", 600, 0.05), "/flood": (b"x" * 65536, 100_000, 0.0)}.get(self.path)
        if pieces is not None:
            content, number, pause = pieces
            try:
                for _ in range(number):
                    self.wfile.write(content)
                    time.sleep(pause)
            except OSError:
                server.cut.append(self.path)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[ThreadingHTTPServer]:
    """A receiver on this machine, which is allowed."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.got, server.cut, server.going_on = [], [], threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    destinations.allow(["127.0.0.0/8"])
    yield server
    destinations.allow([])
    budgets.configure({})
    server.going_on.set()
    server.shutdown()
    server.server_close()


def at(receiver: ThreadingHTTPServer, path: str, host: str = "127.0.0.1") -> Outgoing:
    return Outgoing(f"http://{host}:{receiver.server_port}{path}", {"X": "1"}, b"{}")


def told(at_time: int, mark: str) -> Notice:
    return Notice(community="heling", at=at_time, kind="reported", subject="1", title="t", mark=mark)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "localhost",
        "LOCALHOST.",
        "a.localhost",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "[fe80::1%25eth0]",
        "[fd00::1]",
        "224.0.0.1",
        "user@example.org",
        "user:secret@example.org",
    ],
)
def test_this_machine_and_private_networks_are_no_destination_however_they_are_written(host: str) -> None:
    with pytest.raises(BadSetting, match=r"COCKPIT_WEBHOOK_NETWORKS|without a user"):
        destinations.check_url(f"https://{host}/hook")


@pytest.mark.parametrize("url", ["https://example.org:0/", "https://example.org:99999/", "https://exa\nmple.org/"])
def test_an_address_that_is_none_is_refused_in_words(url: str) -> None:
    with pytest.raises(BadSetting, match="address"):
        destinations.check_url(url)


def test_a_name_that_stands_for_this_machine_is_refused_when_it_is_sent_to(
    receiver: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    destinations.allow([])
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, *rest, **more: real("127.0.0.1", *rest, **more))
    destinations.check_url("http://rebinding.example/")
    with pytest.raises(destinations.NotAllowed):
        posting.post(at(receiver, "/good", "rebinding.example"))
    assert receiver.got == []  # type: ignore[attr-defined]


def test_the_address_that_was_judged_is_the_one_that_is_connected_to(
    receiver: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    real = socket.getaddrinfo

    def answer(host: str, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    assert posting.post(at(receiver, "/good", "hook.example")).status_code == 200
    assert asked.count("hook.example") == 1


def test_redirects_are_not_followed(receiver: ThreadingHTTPServer) -> None:
    assert posting.post(at(receiver, "/elsewhere")).status_code == 307
    assert receiver.got == ["/elsewhere"]  # type: ignore[attr-defined]


def test_who_drips_is_left_at_the_deadline_and_who_never_ends_after_a_few_bytes(receiver: ThreadingHTTPServer) -> None:
    budgets.configure({"webhook_seconds": 1})
    began = time.monotonic()
    with pytest.raises(httpcore.TimeoutException):
        posting.post(at(receiver, "/drip"))
    assert time.monotonic() - began < 5
    assert len(posting.post(at(receiver, "/flood")).content) == budgets.current().webhook_answer_bytes
    until(lambda: "/flood" in receiver.cut)  # type: ignore[attr-defined]


def test_a_slow_receiver_holds_up_neither_the_others_nor_itself_for_good(
    engine: Engine, receiver: ThreadingHTTPServer
) -> None:
    seal = Seal(Fernet.generate_key())
    with writing(engine) as connection:
        for name in ("slow", "good"):
            url = at(receiver, f"/{name}").url
            webhooks.add(connection, seal, "heling", name, url, "json", [], None, "test")
    courier = Courier(Databases(engine), seal, None, lambda _community: None)
    courier.start()
    try:
        for mark in range(4):
            with writing(engine) as connection:
                notices.tell(
                    connection,
                    Notice(community="heling", at=now(), kind="reported", subject="1", title="t", mark=str(mark)),
                )
            until(lambda number=mark + 1: receiver.got.count("/good") == number, 8)  # type: ignore[attr-defined]
        assert receiver.got.count("/slow") == 1  # type: ignore[attr-defined]
        receiver.going_on.set()  # type: ignore[attr-defined]
        until(lambda: receiver.got.count("/slow") == 4, 8)  # type: ignore[attr-defined]
    finally:
        courier.stop()


def test_phones_whose_service_is_not_reached_hold_up_no_robot_and_are_called_once_for_many_notices(
    engine: Engine, receiver: ThreadingHTTPServer
) -> None:
    budgets.configure({"webhooks": 1, "phones": 2, "webhook_seconds": 3})
    seal = Seal(Fernet.generate_key())
    with writing(engine) as connection:
        webhooks.add(connection, seal, "heling", "robot", at(receiver, "/good").url, "json", [], None, "test")
    for number in range(4):
        phone = at(receiver, "/slow").url + f"?{number}"
        push.add(Databases(engine), seal, "heling", f"网格员{number}", phone, "test")
    with writing(engine) as connection:
        for mark in range(5):
            for person in (None, *(f"网格员{number}" for number in range(4))):
                one = told(now(), f"{mark} {person}")
                notices.tell(connection, replace(one, person=person))
    courier = Courier(Databases(engine), seal, None, lambda _community: None)
    courier.start()
    try:
        until(lambda: receiver.got.count("/good") >= 5, 2.5)  # type: ignore[attr-defined]
        until(lambda: sum("/slow" in path for path in receiver.got) == 4, 12)  # type: ignore[attr-defined]
        receiver.going_on.set()  # type: ignore[attr-defined]
    finally:
        courier.stop()
    query = select(delivery.c.attempts).join(webhook, webhook.c.id == delivery.c.webhook_id)
    with engine.connect() as connection:
        tried = list(connection.scalars(query.where(webhook.c.person.is_not(None))))
    assert (sum(tried), len(tried)) == (4, 20)


def test_notices_of_a_removed_webhook_go_in_their_time(engine: Engine) -> None:
    seal = Seal(Fernet.generate_key())
    with writing(engine) as connection:
        webhooks.add(connection, seal, "heling", "w", "https://x.example/y", "json", [], None, "test")
    with writing(engine) as connection:
        notices.tell(connection, told(1, "mark"))
        webhooks.remove(connection, "heling", "w", "test")
        assert notices.forget(connection, now(), 100) == 1


def test_the_service_that_calls_a_phone_hears_whose_cockpit_it_is_and_not_of_which_event() -> None:
    page = "https://cockpit.example/events/20261128-1XX4HS7?community=heling"
    headers = vapid.signed("https://push.example/abc", vapid.new_key(), now(), page)
    claims = headers["Authorization"].removeprefix("vapid t=").split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(f"{claims}=="))["sub"] == "https://cockpit.example"
