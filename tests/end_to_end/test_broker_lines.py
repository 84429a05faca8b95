"""What a line may do to the embedded broker: nothing to others, and nothing untrue to the device itself."""

import contextlib
import sqlite3
import time
from collections.abc import Callable

import httpx
import psutil
import pytest

from tests.mqtt import LEAVE, Line, login, packet, publish, subscribe, text
from tests.running import Cockpit, Credentials, until


def stored(cockpit: Cockpit, device: str) -> int:
    """Readings of a device."""
    with sqlite3.connect(f"{cockpit.data}/cockpit.db") as database:
        query = "SELECT count(*) FROM reading JOIN series ON series.id = series_id WHERE device_id = ?"
        return int(database.execute(query, (device,)).fetchone()[0])


def is_online(cockpit: Cockpit, device: str) -> bool:
    """Whether its page says that it is connected."""
    found = cockpit.get(f"/api/v1/heling/devices/{device}")
    return bool(found["properties"]["status"] == "online")


def refused(cockpit: Cockpit, sent: Callable[[Line], None]) -> float:
    """Send something that ends the line; how long that took."""
    began = time.monotonic()
    with Line(cockpit.mqtt) as line, contextlib.suppress(EOFError, ConnectionError):
        sent(line)
        while True:  # a line that is not ended reads until its patience is over, which fails
            line.read()
    return time.monotonic() - began


def test_what_a_stranger_may_send_is_small_and_what_is_told_of_it_smaller(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    devices = own_cockpit.processes[1]
    before = devices.memory_info().rss
    huge = packet(0x10, text("MQTT") + bytes([4, 0xC2, 0, 60]) + bytes(4_000_000))
    lines = [Line(own_cockpit.mqtt) for _ in range(40)]
    for line in lines:
        try:
            line.send(huge[:-1])
        except OSError:
            continue
    assert devices.memory_info().rss - before < 60 << 20
    for line in lines:
        line.close()
    for _ in range(200):
        assert refused(own_cockpit, lambda line: line.send(login("x" * 5_000, "guess"))) < 5
    assert len(own_cockpit.log) < 50_000


def test_one_devices_list_of_topics_holds_up_no_other(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    bad, good = own_cockpit.add_device("bad-1"), own_cockpit.add_device("air-1")
    topics = subscribe(*["+"] * 900_000)

    def flood(line: Line) -> None:
        line.enter(login(bad.username, bad.password))
        line.send(topics)

    assert refused(own_cockpit, flood) < 5
    began = time.monotonic()
    own_cockpit.publish(good, "telemetry", {"pm2_5": 3})
    assert time.monotonic() - began < 5


def test_a_device_whose_messages_cannot_be_stored_is_not_read_on(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    bad = own_cockpit.add_device("bad-1")
    devices = psutil.Process(own_cockpit.processes[1].pid)
    database = sqlite3.connect(f"{own_cockpit.data}/cockpit.db", isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    before = devices.memory_info().rss
    with Line(own_cockpit.mqtt, timeout=1) as line:
        line.enter(login(bad.username, bad.password))
        big = publish(f"{bad.topic}/telemetry", b'{"values": {"x": "' + b"x" * 3_000_000 + b'"}}', 1)
        with pytest.raises(TimeoutError):
            line.send(*[big] * 100)
        assert devices.memory_info().rss - before < 100 << 20
    database.execute("ROLLBACK")
    database.close()


def test_all_that_came_in_one_go_is_taken_and_a_proper_end_is_no_loss(cockpit: Cockpit) -> None:
    air = cockpit.add_device("air-brief")
    for number in range(10):
        told = f'{{"ts": {1_764_000_000_000 + number}, "values": {{"pm2_5": {number}}}}}'
        connect = login(air.username, air.password, will=f"{air.topic}/status")
        with Line(cockpit.mqtt) as line:
            line.send(connect, publish(f"{air.topic}/telemetry", told), LEAVE)
            line.socket.shutdown(1)
            until(lambda number=number: stored(cockpit, "air-brief") == number + 1, 5)
    with sqlite3.connect(f"{cockpit.data}/cockpit.db") as database:
        query = "SELECT count(*) FROM device_connection WHERE device_id = 'air-brief'"
        assert database.execute(query).fetchone() == (0,), "no last will was said"


def test_a_message_of_qos_2_is_stored_once_however_often_it_comes(cockpit: Cockpit) -> None:
    air = cockpit.add_device("air-twice")
    connect = login(air.username, air.password, clean=False)
    message = publish(f"{air.topic}/telemetry", '{"values": {"pm2_5": 7}}', 2, number=9)
    again = bytes([message[0] | 8]) + message[1:]
    for sent in (message, again, again):
        with Line(cockpit.mqtt) as line:
            line.enter(connect)
            line.send(sent)
            assert line.read() == (0x50, b"\x00\x09")
    with Line(cockpit.mqtt) as line:
        line.enter(connect)
        for _ in range(2):
            line.send(packet(0x62, b"\x00\x09"))
            assert line.read() == (0x70, b"\x00\x09"), "each release is answered"
    assert stored(cockpit, "air-twice") == 1


def sounded(cockpit: Cockpit, siren: Credentials) -> str:
    """Have a siren sound; the id of the command."""
    told = ("device", "command", siren.device, "sound", "--param", "seconds=5")
    return str(cockpit.answer(*told)["command"])


def test_a_command_comes_as_a_new_message_at_the_lesser_qos_until_it_is_acknowledged(cockpit: Cockpit) -> None:
    siren = cockpit.add_device("siren-1", "siren")
    connect = login(siren.username, siren.password, clean=False)
    with Line(cockpit.mqtt) as line:
        line.enter(connect)
        line.send(subscribe(f"{siren.topic}/command", qos=2))
        assert line.read() == (0x90, b"\x00\x07\x01"), "at most once and acknowledged"
        line.send(LEAVE)
    sounded(cockpit, siren)
    until(lambda: cockpit.get("/api/v1/heling/devices/siren-1/commands")["commands"][0]["state"] == "sent", 10)
    for is_again in (False, True):
        with Line(cockpit.mqtt) as line:
            assert line.enter(connect), "its session was kept"
            kind, _ = line.read()
            assert kind & 0x01 == 0, "not retained"
            assert kind & 0x06 == 0x02, "QoS 1"
            assert bool(kind & 0x08) is is_again


def test_a_device_whose_line_breaks_while_a_command_waits_for_it_is_offline(cockpit: Cockpit) -> None:
    siren = cockpit.add_device("siren-2", "siren")
    status = f"{siren.topic}/status"
    connect = login(siren.username, siren.password, clean=False, will=status)
    with Line(cockpit.mqtt) as line:
        line.enter(connect)
        line.send(subscribe(f"{siren.topic}/command"), publish(status, "online", 1))
        until(lambda: is_online(cockpit, "siren-2"), 5)
        sounded(cockpit, siren)
        while line.read()[0] & 0xF0 != 0x30:
            pass
    until(lambda: not is_online(cockpit, "siren-2"), 5)
    with Line(cockpit.mqtt) as line:
        line.enter(connect)
        line.send(publish(status, "online", 1))
        until(lambda: is_online(cockpit, "siren-2"), 5)
    until(lambda: not is_online(cockpit, "siren-2"), 5)


def test_a_session_that_begins_after_one_that_ended_with_its_line_is_kept(cockpit: Cockpit) -> None:
    siren = cockpit.add_device("siren-3", "siren")
    with Line(cockpit.mqtt) as line:
        line.enter(login(siren.username, siren.password, clean=True))
        line.send(LEAVE)
    with Line(cockpit.mqtt) as line:
        assert not line.enter(login(siren.username, siren.password, clean=False)), "nothing was kept of the first"
        line.send(subscribe(f"{siren.topic}/command"))
        line.read()
        line.send(LEAVE)
    time.sleep(2.5)
    with Line(cockpit.mqtt) as line:
        assert line.enter(login(siren.username, siren.password, clean=False))


def test_a_command_that_only_the_broker_had_goes_again_after_it_was_killed(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    siren = own_cockpit.add_device("siren-1", "siren")
    connect = login(siren.username, siren.password, clean=False)
    with Line(own_cockpit.mqtt) as line:
        line.enter(connect)
        line.send(subscribe(f"{siren.topic}/command"))
        line.read()
        line.send(LEAVE)
    command = sounded(own_cockpit, siren)
    until(lambda: own_cockpit.get("/api/v1/heling/devices/siren-1/commands")["commands"][0]["state"] == "sent", 10)
    devices = own_cockpit.processes[1].pid
    own_cockpit.processes[1].kill()
    until(lambda: devices not in {one.pid for one in own_cockpit.processes}, 10)
    until(lambda: httpx.get(f"{own_cockpit.url}/readyz").status_code == 200, 20, 0.2)
    with Line(own_cockpit.mqtt) as line:
        assert not line.enter(connect), "the broker remembers nothing"
        line.send(subscribe(f"{siren.topic}/command"))
        line.read()
        assert command.encode() in line.read()[1]
