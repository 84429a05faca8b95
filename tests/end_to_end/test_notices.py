"""Notices: the bell of whoever is meant, and webhooks that are told once, whatever happens in between."""

import base64
import json
import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from playwright.sync_api import Page, expect
from standardwebhooks.webhooks import Webhook

from tests.end_to_end.test_events import EVENTS, HERE, client
from tests.running import Cockpit, until

NOTICES = "/api/v1/heling/notices"


class Receiver(ThreadingHTTPServer):
    """Who is told: keeps what came, and answers as it is set."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Receiving)
        self.came: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[tuple[int, Any]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"

    def end(self) -> None:
        self.shutdown()
        self.server_close()

    def told(self) -> list[Any]:
        return [json.loads(body) for _path, _headers, body in self.came]


class Receiving(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Receiver)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, answer = server.answers.pop(0) if server.answers else (200, {"errcode": 0, "errmsg": "ok"})
        if status == 200 and answer["errcode"] == 0:
            server.came.append((self.path, dict(self.headers.items()), body))
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.end()


def report(manager: httpx.Client, title: str, **more: Any) -> str:
    """Report an event; returns its id."""
    body = {"id": title, "title": title, "category": "environment.waste", **HERE, **more}
    return str(manager.post(EVENTS, json=body).raise_for_status().json()["id"])


def add(cockpit: Cockpit, name: str, form: str, *lines: str, kinds: tuple[str, ...] = ()) -> str | None:
    """Add a webhook as an operator does; returns what it signs with."""
    chosen = [part for kind in kinds for part in ("--kind", kind)]
    options = ["--name", name, "--community", "heling", "--format", form, *chosen, "--json"]
    done = cockpit.run("webhook", "add", *options, given="\n".join(lines))
    assert done.returncode == 0, done.stderr
    secret: str | None = json.loads(done.stdout)["secret"]
    return secret


def step(who: httpx.Client, event: str, **body: Any) -> None:
    who.post(f"{EVENTS}/{event}/transitions", json=body).raise_for_status()


def test_the_bell_rings_for_who_is_meant_and_for_nobody_else(cockpit: Cockpit, page: Page) -> None:
    manager = client(cockpit, "铃经理", "manager", "heling")
    others = client(cockpit, "塔经理", "manager", "tahai")
    cockpit.sign_in(page, "铃网格", "steward", "heling")
    page.goto(f"{cockpit.url}/board?community=heling")
    bell = page.locator(".bell > button")
    expect(bell).to_have_text("通知")
    event = report(manager, "<b>井盖</b>松动")
    assert manager.get(NOTICES).json()["notices"][0]["text"] == "新上报，待立案"
    step(manager, event, to="filed")
    step(manager, event, to="dispatched", assignee="铃网格")
    expect(bell).to_have_text("通知 1")  # the report itself was for managers
    bell.click()
    first = page.locator(".notices a").first
    expect(first).to_contain_text("已派遣 · 由你办理")
    expect(first).to_contain_text("<b>井盖</b>松动")
    first.click()
    expect(page).to_have_url(f"{cockpit.url}/events/{event}?community=heling")
    expect(bell).to_have_text("通知")
    assert others.get(NOTICES).status_code == 403
    assert httpx.get(cockpit.url + NOTICES).status_code == 401


def test_a_webhook_is_signed_so_that_a_stranger_cannot_forge_it(cockpit: Cockpit, receiver: Receiver) -> None:
    secret = add(cockpit, "签名", "json", receiver.url, kinds=("reported",))
    manager = client(cockpit, "签名经理", "manager", "heling")
    event = report(manager, "路灯不亮")
    step(manager, event, to="filed")
    until(lambda: receiver.came)
    _path, headers, body = receiver.came[0]
    assert secret is not None
    told = Webhook(secret).verify(body, headers)
    assert (told["type"], told["data"]["id"], told["data"]["title"]) == ("grid_event.reported", event, "路灯不亮")
    listed = cockpit.answer("webhook", "list", "--community", "heling")["webhooks"][0]
    assert listed["host"] == "127.0.0.1"
    assert "/hook" not in json.dumps(listed)
    assert secret.encode() not in b"".join(file.read_bytes() for file in cockpit.data.glob("cockpit.db*"))
    cockpit.answer("webhook", "remove", "签名", "--community", "heling")
    report(manager, "路灯又不亮")
    time.sleep(1.5)
    assert len(receiver.came) == 1


def test_a_phone_is_called_for_its_owner_alone_and_no_more_once_it_is_gone(
    cockpit: Cockpit, receiver: Receiver
) -> None:
    manager, steward, other = (
        client(cockpit, name, role, "heling")
        for name, role in (("唤经理", "manager"), ("唤网格", "steward"), ("旁网格", "steward"))
    )
    push = "/api/v1/heling/push"
    key = steward.get(push).json()["key"]
    assert other.get(push).json()["key"] == key
    assert steward.post(push, json={"endpoint": "https://elsewhere.example/x"}).status_code == 422
    steward.post(push, json={"endpoint": receiver.url}).raise_for_status()
    assert cockpit.answer("webhook", "list", "--community", "heling")["webhooks"] == []

    def give(title: str, name: str) -> None:
        event = report(manager, title)
        step(manager, event, to="filed")
        step(manager, event, to="dispatched", assignee=name)

    give("旁人的事", "旁网格")
    give("本人的事", "唤网格")
    until(lambda: receiver.came)
    receiver.answers.append((410, {}))
    give("手机不在了", "唤网格")
    until(lambda: not receiver.answers)
    give("不再打扰", "唤网格")
    time.sleep(1.5)
    [(_path, headers, body)] = receiver.came
    assert (body, headers["TTL"]) == (b"", "43200")
    token, _, told = headers["Authorization"].removeprefix("vapid t=").partition(", k=")
    assert told == key
    head, claims, signature = (base64.urlsafe_b64decode(f"{part}==") for part in token.split("."))
    assert json.loads(head) == {"typ": "JWT", "alg": "ES256"}
    assert json.loads(claims)["aud"] == receiver.url.removesuffix("/hook")
    curve = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64.urlsafe_b64decode(f"{key}=="))
    r, s = (int.from_bytes(signature[at : at + 32], "big") for at in (0, 32))
    curve.verify(encode_dss_signature(r, s), token.rpartition(".")[0].encode(), ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("how", ["shut out", "moved", "sessions ended", "sessions ended by oneself"])
def test_the_phone_of_whoever_was_signed_out_everywhere_is_called_no_more(
    cockpit: Cockpit, receiver: Receiver, how: str
) -> None:
    admin, manager = client(cockpit, f"总管 {how}", "admin", "*"), client(cockpit, f"唤经理 {how}", "manager", "heling")
    name = f"丢手机 {how}"
    steward = client(cockpit, name, "steward", "heling")
    steward.post("/api/v1/heling/push", json={"endpoint": receiver.url}).raise_for_status()
    held = {"role": "steward", "communities": ["heling"], "disabled": False}
    answer = {
        "shut out": lambda: admin.post(f"/api/v1/users/{name}", json=held | {"disabled": True}),
        "moved": lambda: admin.post(f"/api/v1/users/{name}", json=held | {"communities": ["tahai"]}),
        "sessions ended": lambda: admin.post(f"/api/v1/users/{name}/sessions/end"),
        "sessions ended by oneself": lambda: steward.post("/api/v1/account/sessions/end", json={"id": None}),
    }[how]()
    assert answer.is_success, answer.text
    if how in ("shut out", "moved"):
        admin.post(f"/api/v1/users/{name}", json=held).raise_for_status()
    event = report(manager, "要给他的事")
    step(manager, event, to="filed")
    step(manager, event, to="dispatched", assignee=name)
    time.sleep(1.5)
    assert receiver.came == []


def test_robots_get_their_own_form_and_are_asked_again_where_they_refuse(
    own_cockpit: Cockpit, receiver: Receiver
) -> None:
    own_cockpit.settings["COCKPIT_PUBLIC_URL"] = "https://cockpit.example"
    own_cockpit.start()
    add(own_cockpit, "钉钉群", "dingtalk", receiver.url + "?access_token=abc", "SEC123", kinds=("reported",))
    add(own_cockpit, "企微群", "wecom", receiver.url + "?key=xyz", kinds=("reported",))
    # A robot answers 200 even where it refuses.
    receiver.answers = [(200, {"errcode": 310000, "errmsg": "sign not match"}), (500, {})]
    manager = client(own_cockpit, "群经理", "manager", "heling")
    event = report(manager, "消防通道被占", severity="critical")
    until(lambda: len(receiver.came) == 2, 20)
    queries = [parse_qs(urlsplit(path).query) for path, _headers, _body in receiver.came]
    assert {frozenset(query) for query in queries} == {
        frozenset({"access_token", "timestamp", "sign"}),
        frozenset({"key"}),
    }
    for told in receiver.told():
        content = told["text"]["content"]
        assert told["msgtype"] == "text"
        assert "【赫灵未来社区】网格事件新上报，待立案" in content
        assert f"https://cockpit.example/events/{event}?community=heling" in content


def test_nothing_is_told_twice_and_nothing_is_lost_while_receiver_and_cockpit_come_and_go(
    own_cockpit: Cockpit, receiver: Receiver
) -> None:
    own_cockpit.start()
    port = receiver.server_port
    add(own_cockpit, "下游", "json", receiver.url, kinds=("reported",))
    manager = client(own_cockpit, "断线经理", "manager", "heling")
    events = [report(manager, f"第一批 {number}") for number in range(5)]
    until(lambda: len(receiver.came) == 5)
    receiver.end()
    events += [report(manager, f"第二批 {number}") for number in range(20)]
    own_cockpit.stop(signal.SIGKILL)
    own_cockpit.start()
    manager = client(own_cockpit, "断线经理二", "manager", "heling")
    events += [report(manager, f"第三批 {number}") for number in range(5)]
    again = Receiver(port)
    try:
        own_cockpit.answer("webhook", "again", "下游", "--community", "heling")
        until(lambda: len(again.came) >= 25, 30)
        time.sleep(2)
        told = [one["data"]["id"] for one in [*receiver.told(), *again.told()]]
        assert sorted(told) == sorted(events)
        (listed,) = own_cockpit.answer("webhook", "list", "--community", "heling")["webhooks"]
        assert listed["deliveries"] == {"done": 30, "waiting": 0, "given_up": 0}
    finally:
        again.end()


@pytest.mark.parametrize(
    ("options", "given", "named"),
    [
        (["--format", "fax"], "http://127.0.0.1/x", "fax"),
        (["--kind", "lunch"], "http://127.0.0.1/x", "lunch"),
        ([], "ftp://127.0.0.1/x", "https://host/path"),
        ([], "", "https://host/path"),
    ],
)
def test_a_webhook_that_will_not_do_is_refused_with_its_reason(
    cockpit: Cockpit, options: list[str], given: str, named: str
) -> None:
    done = cockpit.run("webhook", "add", "--name", "错", "--community", "heling", *options, given=given)
    assert done.returncode == 2
    assert named in done.stderr
