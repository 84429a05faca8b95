"""What was acknowledged is stored, whatever happens to the process."""

import json
import signal
import sqlite3
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt

from tests.running import SPAN, Cockpit, until

PARTS, PART = 3, 800
START = 1_790_000_000_000


def test_a_kill_in_mid_stream_loses_nothing_that_was_acknowledged(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    air = own_cockpit.add_device("air-kill")
    # paho numbers its messages from 1; nothing else is published by this client.
    acknowledged: set[int] = set()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "stream", clean_session=False)
    client.username_pw_set(air.username, air.password)
    client.reconnect_delay_set(1, 1)
    client.max_inflight_messages_set(50)
    client.on_publish = lambda _client, _data, mid, _code, _properties: acknowledged.add(mid - 1)
    client.connect("127.0.0.1", own_cockpit.mqtt)
    client.loop_start()
    for part in range(PARTS):
        for number in range(part * PART, (part + 1) * PART):
            client.publish(f"{air.topic}/telemetry", json.dumps({"ts": START + number, "values": {"o3": number}}), 1)
            time.sleep(0.0003)
        enough = part * PART + PART // 8
        until(lambda least=enough: len(acknowledged) > least)
        own_cockpit.stop(signal.SIGKILL)
        safe = set(acknowledged)
        own_cockpit.start()
        assert safe <= set(own_cockpit.numbers("air-kill", "o3", **SPAN))

    # The sender keeps what nobody acknowledged and sends it again: in the end each is there, and once.
    until(lambda: len(acknowledged) == PARTS * PART, 30)
    client.loop_stop()
    client.disconnect()
    assert set(own_cockpit.numbers("air-kill", "o3", **SPAN)) == set(range(PARTS * PART))
    assert own_cockpit.stop() == 0
    with sqlite3.connect(own_cockpit.folder / "data" / "cockpit.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        [(count,)] = database.execute("SELECT count(*) FROM reading").fetchall()
    assert count == PARTS * PART


def test_a_locked_database_delays_the_acknowledgement_and_loses_nothing(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    air = own_cockpit.add_device("air-lock")
    lock = sqlite3.connect(own_cockpit.folder / "data" / "cockpit.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    done: list[int] = []
    sender = threading.Thread(target=lambda: done.append(own_cockpit.publish(air, "telemetry", {"pm2_5": 21})))
    sender.start()
    time.sleep(1.5)
    assert done == []
    lock.execute("ROLLBACK")
    lock.close()
    sender.join(10)
    assert done == [0]
    assert own_cockpit.readings("air-lock", "pm2_5")[0]["value"] == 21


def test_what_was_known_is_there_after_a_restart(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    air = own_cockpit.add_device("air-again", lon=120.1905, lat=28.9285)
    own_cockpit.publish(air, "telemetry", {"pm2_5": 8})
    assert own_cockpit.stop(signal.SIGINT) == 0
    own_cockpit.start()
    properties = own_cockpit.get("/api/v1/heling/devices/air-again")["properties"]
    assert properties["latest"]["pm2_5"]["value"] == 8
    assert own_cockpit.publish(air, "telemetry", {"pm2_5": 9}) == 0, "its credentials still hold"


def test_a_backup_is_whole(cockpit: Cockpit, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    assert cockpit.answer("db", "backup", str(target))["bytes"] > 0
    again = cockpit.run("db", "backup", str(target))
    assert again.returncode == 2
    assert "exists already" in again.stderr
