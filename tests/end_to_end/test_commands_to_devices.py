"""Commands go to a device on either broker, and its answer is seen."""

import json
import socket
import threading
import time
from typing import Any

import httpx
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Page, expect

from tests.running import Cockpit, Credentials, until


class Siren:
    """A siren that does what it is told, once for each id, and says so."""

    def __init__(self, who: Credentials, port: int) -> None:
        self.who = who
        self.heard: list[dict[str, Any]] = []
        self.ready = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, who.device, clean_session=False)
        self.client.username_pw_set(who.username, who.password)
        self.client.on_message = self._told
        self.client.on_subscribe = lambda *_: self.ready.set()
        self.client.on_connect = lambda *_: self.client.subscribe(f"{who.topic}/command", 1)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self.ready.wait(10)

    def _told(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        command = json.loads(message.payload)
        self.heard.append(command)
        answer = {"id": command["id"], "ok": command["command"] != "silence", "result": "已处理"}
        self.client.publish(f"{self.who.topic}/response", json.dumps(answer), qos=1)

    def vanish(self) -> socket.socket:
        """Lose the line without a word: nothing is read any more, and nothing says so; what keeps it open."""
        line: socket.socket = self.client._sock  # type: ignore[assignment]
        self.client._thread_terminate = True
        self.client.loop_stop()
        self.client._sock = None
        return line

    def stop(self) -> None:
        """Disconnect."""
        self.client.disconnect()
        self.client.loop_stop()


def give(cockpit: Cockpit, device: str, token: str, body: dict[str, Any]) -> httpx.Response:
    """Post a command."""
    url = f"{cockpit.url}/api/v1/heling/devices/{device}/commands"
    return httpx.post(url, json=body, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def token(cockpit: Cockpit) -> str:
    return str(cockpit.answer("token", "add", "--role", "manager", "--name", "值班经理")["token"])


def test_a_command_reaches_its_device_and_the_answer_comes_back(cockpit: Cockpit, token: str) -> None:
    siren = Siren(cockpit.add_device("siren-1", "siren"), cockpit.mqtt)
    given = give(cockpit, "siren-1", token, {"name": "sound", "params": {"seconds": 5}})
    assert given.status_code == 202
    path = given.headers["location"]
    until(lambda: cockpit.get(path)["state"] == "done")
    assert [(c["command"], c["params"]) for c in siren.heard] == [("sound", {"seconds": 5})]
    assert cockpit.get(path)["result"] == "已处理"
    by_command = cockpit.answer("device", "command", "siren-1", "silence")["command"]
    until(lambda: cockpit.get(f"/api/v1/heling/devices/siren-1/commands/{by_command}")["state"] == "failed")
    told = cockpit.get("/api/v1/heling/devices/siren-1/commands")["commands"]
    assert [(c["name"], c["state"]) for c in told] == [("silence", "failed"), ("sound", "done")]
    assert told[1]["actor"] == "token:值班经理"
    siren.stop()


def test_a_device_that_is_away_is_told_nothing_that_is_void(cockpit: Cockpit, token: str) -> None:
    cockpit.add_device("siren-2", "siren")
    given = give(cockpit, "siren-2", token, {"name": "sound", "params": {"seconds": 5}, "seconds": 1})
    until(lambda: cockpit.get(given.headers["location"])["state"] == "expired")


def test_a_device_whose_line_broke_unheard_hears_the_next_command_on_its_new_one(cockpit: Cockpit, token: str) -> None:
    who = cockpit.add_device("siren-line", "siren")
    line = Siren(who, cockpit.mqtt).vanish()
    siren = Siren(who, cockpit.mqtt)
    time.sleep(1)  # what is left of the old connection could end the new one here
    given = give(cockpit, "siren-line", token, {"name": "sound", "params": {"seconds": 5}})
    until(lambda: cockpit.get(given.headers["location"])["state"] == "done")
    siren.stop()
    line.close()


def test_a_command_that_went_into_a_broken_line_goes_again_when_the_device_is_back(
    cockpit: Cockpit, token: str
) -> None:
    who = cockpit.add_device("siren-sent", "siren")
    line = Siren(who, cockpit.mqtt).vanish()
    given = give(cockpit, "siren-sent", token, {"name": "sound", "params": {"seconds": 5}})
    time.sleep(6)  # longer than the broker waits for an acknowledgement
    siren = Siren(who, cockpit.mqtt)
    until(lambda: cockpit.get(given.headers["location"])["state"] == "done")
    assert len(siren.heard) == 1
    siren.stop()
    line.close()


def test_a_command_waits_for_a_device_whose_session_went_with_the_broker(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    token = str(own_cockpit.answer("token", "add", "--role", "manager", "--name", "值班经理")["token"])
    who = own_cockpit.add_device("siren-1", "siren")
    Siren(who, own_cockpit.mqtt).stop()
    own_cockpit.stop()
    own_cockpit.start()
    given = give(own_cockpit, "siren-1", token, {"name": "sound", "params": {"seconds": 5}})
    time.sleep(2)
    assert own_cockpit.get(given.headers["location"])["state"] == "queued"
    siren = Siren(who, own_cockpit.mqtt)
    until(lambda: own_cockpit.get(given.headers["location"])["state"] == "done", 15)
    siren.stop()


def test_who_may_not_command_is_told_so(cockpit: Cockpit, token: str) -> None:
    cockpit.add_device("siren-3", "siren")
    cockpit.add_device("air-3")
    steward = cockpit.answer("token", "add", "--role", "steward", "--name", "网格员")["token"]
    sound = {"name": "sound", "params": {"seconds": 5}}
    assert give(cockpit, "siren-3", "guess", sound).status_code == 401
    assert give(cockpit, "siren-3", steward, sound).status_code == 403
    assert give(cockpit, "nobody", token, sound).status_code == 404
    assert give(cockpit, "air-3", token, sound).status_code == 400
    wrong = give(cockpit, "siren-3", token, {"name": "sound", "params": {"seconds": 7000}})
    assert (wrong.status_code, wrong.headers["content-type"]) == (400, "application/problem+json")
    assert "seconds: a number from 1 to 600 expected" in wrong.json()["detail"]


def test_an_answer_to_a_command_that_nobody_gave_is_refused(cockpit: Cockpit) -> None:
    siren = cockpit.add_device("siren-4", "siren")
    assert cockpit.publish(siren, "response", {"id": "guess", "ok": True}) == 0
    [refused] = cockpit.get("/api/v1/heling/quarantine", device="siren-4")["messages"]
    assert refused["reason"] == "unknown_command"


def test_the_devices_page_gives_commands_and_shows_what_came_of_them(cockpit: Cockpit, page: Page) -> None:
    sign = Siren(cockpit.add_device("sign-1", "sign"), cockpit.mqtt)
    page.goto(f"{cockpit.url}/devices/sign-1")
    expect(page.locator("[data-command-forms]")).to_have_text("登录后可查看：需要管理员 登录")
    form = page.locator("form[data-command=show]")
    cockpit.sign_in(page, "王经理", "manager", "heling")
    page.reload()
    form.get_by_label("文字").fill("台风黄色预警，请留在室内")
    form.get_by_role("button", name="显示").click()
    expect(page.locator("[data-outcome]")).to_contain_text("已受理")
    row = page.locator("[data-commands-given] tr").first
    expect(row).to_contain_text("显示 台风黄色预警，请留在室内")
    expect(row).to_contain_text("已执行：已处理")
    assert sign.heard[0]["params"] == {"text": "台风黄色预警，请留在室内"}
    sign.stop()
