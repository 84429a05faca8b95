"""The embedded broker: what it promises holds for every kind of message, and who says nothing has no place in it."""

import socket
import sqlite3
import struct
import threading
import time
import zlib

import httpx
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.mqtt import login, packet, text
from tests.running import Cockpit, Credentials, until


def connected(cockpit: Cockpit, who: Credentials, client_id: str = "") -> mqtt.Client:
    """A client that has been let in."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id or who.device)
    client.username_pw_set(who.username, who.password)
    client.connect("127.0.0.1", cockpit.mqtt, 60)
    client.loop_start()
    until(client.is_connected)
    return client


@pytest.mark.parametrize("qos", [1, 2])
def test_nothing_is_told_to_be_taken_before_it_is_stored(own_cockpit: Cockpit, qos: int) -> None:
    own_cockpit.start()
    air = own_cockpit.add_device("air-01")
    client = connected(own_cockpit, air)
    database = sqlite3.connect(f"{own_cockpit.data}/cockpit.db", isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    sent = client.publish(f"{air.topic}/telemetry", '{"pm2_5": 41}', qos=qos)
    time.sleep(1.5)
    assert not sent.is_published()
    database.execute("ROLLBACK")
    sent.wait_for_publish(15)
    assert sent.is_published()
    stored = database.execute("SELECT count(*) FROM reading").fetchone()
    assert stored == (1,)
    client.disconnect()
    client.loop_stop()


def test_who_connects_and_says_nothing_is_sent_away(own_cockpit: Cockpit) -> None:
    own_cockpit.settings["COCKPIT_BUDGETS"] = '{"mqtt_silent": 20, "mqtt_connect_seconds": 1}'
    own_cockpit.start()
    air = own_cockpit.add_device("air-01")
    silent = [socket.create_connection(("127.0.0.1", own_cockpit.mqtt)) for _ in range(40)]
    for line in silent:
        line.settimeout(5)
        assert line.recv(1) == b""
        line.close()
    own_cockpit.publish(air, "telemetry", {"pm2_5": 41})


HEAD = text(b"MQTT") + bytes([4, 0xC2, 0, 60])
TOPIC = text(b"cim/v1/heling/air-01/telemetry")
STRANGE = {
    "a CONNECT without a password": packet(0x10, HEAD + text(b"a")),
    "no CONNECT first": packet(0x30, text(b"a/b") + b"x"),
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "MQTT 5": packet(0x10, text(b"MQTT") + bytes([5, 0xC2, 0, 60, 0]) + text(b"a")),
    "a length of five bytes": b"\x10\xff\xff\xff\xff\xff",
    "zeros": bytes(40),
    "not UTF-8": packet(0x10, HEAD + text(b"\xff\xfe") * 3),
    "our own name": login("$cockpit", "é"),
}
BROKEN = {
    "a second CONNECT": packet(0x10, HEAD + text(b"a") * 3),
    "a topic with wildcards": packet(0x32, text(b"cim/v1/+/x") + b"\x00\x01x"),
    "QoS 3": packet(0x36, TOPIC + b"\x00\x01{}"),
    "a reserved packet": packet(0xF0, b""),
    "a CONNACK": packet(0x20, b"\x00\x00"),
    "a topic longer than its packet": packet(0x32, struct.pack("!H", 9) + b"cim") + bytes(60),
    "a packet one byte too short": packet(0x30, text(b"cim/v1")[:-1]) + bytes(60),
}


@pytest.mark.parametrize("sent", [pytest.param(sent, id=name) for name, sent in STRANGE.items()])
def test_who_does_not_say_who_it_is_is_sent_away_at_once(cockpit: Cockpit, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", cockpit.mqtt)) as line:
        line.settimeout(5)
        line.sendall(sent)
        while line.recv(64):
            pass
    assert not [said for said in metrics(cockpit) if said.startswith("cockpit_unforeseen_errors_total{")]


@pytest.mark.parametrize("sent", [pytest.param(sent, id=name) for name, sent in BROKEN.items()])
def test_a_device_that_breaks_the_protocol_is_cut_off_and_may_come_again(cockpit: Cockpit, sent: bytes) -> None:
    air = cockpit.add_device(f"air-{zlib.crc32(sent)}")
    with socket.create_connection(("127.0.0.1", cockpit.mqtt)) as line:
        line.settimeout(5)
        line.sendall(login(air.username, air.password))
        assert line.recv(4) == b"\x20\x02\x00\x00"
        line.sendall(sent)
        assert line.recv(64) == b""
    assert cockpit.publish(air, "telemetry", {"pm2_5": 41}) == 0
    assert not [said for said in metrics(cockpit) if said.startswith("cockpit_unforeseen_errors_total{")]


def test_a_client_of_another_version_is_told_so(cockpit: Cockpit) -> None:
    with socket.create_connection(("127.0.0.1", cockpit.mqtt)) as line:
        line.settimeout(5)
        line.sendall(STRANGE["MQTT 5"])
        assert line.recv(64) == b"\x20\x02\x00\x01"


def test_what_was_sent_without_asking_for_an_answer_is_stored_also_where_the_device_leaves_at_once(
    cockpit: Cockpit,
) -> None:
    air = cockpit.add_device("air-brief")
    database = sqlite3.connect(f"{cockpit.data}/cockpit.db")
    [before] = database.execute("SELECT count(*) FROM reading").fetchone()
    topic = text(f"{air.topic}/telemetry".encode())
    with socket.create_connection(("127.0.0.1", cockpit.mqtt)) as line:
        line.sendall(login(air.username, air.password))
        assert line.recv(4) == b"\x20\x02\x00\x00"
        sent = [
            packet(0x30, topic + f'{{"ts": {1_764_000_000_000 + n}, "values": {{"pm2_5": {n}}}}}'.encode())
            for n in range(20)
        ]
        line.sendall(b"".join(sent) + packet(0xE0, b""))
    until(lambda: database.execute("SELECT count(*) FROM reading").fetchone() == (before + 20,), 5)


def metrics(cockpit: Cockpit) -> list[str]:
    """The lines for Prometheus."""
    return httpx.get(f"{cockpit.url}/metrics").text.splitlines()


def is_open(line: socket.socket) -> bool:
    """Whether the other end has not closed it; nothing is sent on it."""
    line.setblocking(False)
    try:
        return line.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


def test_however_many_say_nothing_a_device_is_let_in(own_cockpit: Cockpit) -> None:
    own_cockpit.settings["COCKPIT_BUDGETS"] = '{"mqtt_silent": 20, "mqtt_connect_seconds": 60}'
    own_cockpit.start()
    air = own_cockpit.add_device("air-01")
    silent = [socket.create_connection(("127.0.0.1", own_cockpit.mqtt)) for _ in range(60)]
    own_cockpit.publish(air, "telemetry", {"pm2_5": 41})
    assert all(is_open(line) for line in silent), "who has just come may yet say who it is"
    time.sleep(2.2)
    own_cockpit.publish(air, "telemetry", {"pm2_5": 42})
    until(lambda: sum(map(is_open, silent)) < 20, 5)
    for line in silent:
        line.close()


def test_more_connections_than_there_may_be_are_refused_until_one_ends(own_cockpit: Cockpit) -> None:
    own_cockpit.settings["COCKPIT_BUDGETS"] = '{"mqtt_connections": 3}'
    own_cockpit.start()
    devices = [own_cockpit.add_device(f"air-{n}") for n in range(4)]
    inside = [connected(own_cockpit, device) for device in devices[:3]]
    told: list[str] = []
    late = mqtt.Client(CallbackAPIVersion.VERSION2, "late")
    late.username_pw_set(devices[3].username, devices[3].password)
    late.on_connect = lambda _client, _data, _flags, reason, _more: told.append(str(reason))
    late.connect("127.0.0.1", own_cockpit.mqtt)
    until(lambda: late.loop(0.1) or told, 5)
    assert told == ["Server unavailable"]
    assert "connections_full" in own_cockpit.log
    assert all(client.is_connected() for client in inside)
    inside.pop().disconnect()
    until(lambda: own_cockpit.publish(devices[3], "telemetry", {"pm2_5": 41}) == 0, 5)
    for client in inside:
        client.loop_stop()


def test_a_device_has_so_many_sessions_and_the_newest_stay(own_cockpit: Cockpit) -> None:
    own_cockpit.settings["COCKPIT_BUDGETS"] = '{"mqtt_sessions_a_device": 2}'
    own_cockpit.start()
    air = own_cockpit.add_device("air-01")
    other = connected(own_cockpit, own_cockpit.add_device("air-02"))
    ended: list[int] = []
    clients = []
    for n in range(4):
        client = connected(own_cockpit, air, f"name-{n}")
        client.on_disconnect = lambda one, *_, n=n: (ended.append(n), one.disconnect())
        clients.append(client)
    until(lambda: set(ended) == {0, 1}, 5)
    assert [client.is_connected() for client in (*clients[2:], other)] == [True, True, True]
    until(lambda: "cockpit_broker_devices 3.0" in metrics(own_cockpit), 10, 0.2)
    for client in (*clients, other):
        client.loop_stop()


def test_a_secret_that_is_void_ends_its_connection_however_many_knock(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    air = own_cockpit.add_device("air-01")
    client = connected(own_cockpit, air)
    quiet = threading.Event()

    def knock() -> None:
        while not quiet.is_set():
            stranger = mqtt.Client(CallbackAPIVersion.VERSION2, "stranger")
            stranger.username_pw_set("stranger", "guess")
            stranger.connect("127.0.0.1", own_cockpit.mqtt)
            for _ in range(5):
                stranger.loop(0.02)
            stranger.disconnect()

    knocking = [threading.Thread(target=knock) for _ in range(3)]
    for one in knocking:
        one.start()
    time.sleep(0.5)
    own_cockpit.run("device", "revoke", "air-01")
    try:
        until(lambda: "cockpit_broker_devices 0.0" in metrics(own_cockpit), 10, 0.2)
    finally:
        quiet.set()
        for one in knocking:
            one.join()
        client.loop_stop()
