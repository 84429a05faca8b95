"""Many devices behind one gateway: registered at once, heard once, then talking at a pace."""

import multiprocessing
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.running import Cockpit, Credentials, until

EPOCH = 1_700_000_000
CHENGLU, YANXIA = (120.1905, 28.9285), (120.2006, 28.9271)
"""Places, each in the area of that name."""
FOR_LONG_S = 3_600
CHANCE = random.Random(1)

Said = dict[str, float]


def stamped(number: int) -> Said:
    """A meter's count is any number: this one says when it was sent."""
    return {"energy": time.time() - EPOCH, "pm2_5": number % 90}


def plain(_number: int) -> Said:
    """One value with a digit, as sensors give them: what follows a pattern would be compressed to nothing."""
    return {"pm2_5": round(CHANCE.uniform(0, 90), 1)}


def register(cockpit: Cockpit, count: int, place: tuple[float, float] = CHENGLU) -> Credentials:
    """Register so many devices, all in one place; returns their gateway."""
    gateway = cockpit.add_device("gw", "gateway")
    cockpit.add_device("d0", lon=place[0], lat=place[1], gateway="gw")
    with sqlite3.connect(f"{cockpit.data}/cockpit.db") as database:
        for table, key in (("device", "id"), ("device_place", "device_id")):
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[1] != key]
            listed = ", ".join(columns)
            database.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
                f"INSERT INTO {table} ({key}, {listed}) SELECT 'd' || i, {listed} FROM n, {table} WHERE {key} = 'd0'",
                (count - 1,),
            )
        database.execute("INSERT INTO revision VALUES ('registry', 9) ON CONFLICT DO UPDATE SET value = value + 9")
    return gateway


@contextmanager
def connected(gateway: Credentials, port: int) -> Iterator[mqtt.Client]:
    """The gateway, connected."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, gateway.device)
    client.username_pw_set(gateway.username, gateway.password)
    client.max_inflight_messages_set(4_000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    until(client.is_connected)
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def let_all_speak(gateway: Credentials, port: int, devices: int) -> None:
    """Each says something once; returns when all of it is stored."""
    with connected(gateway, port) as client:
        sent = [client.publish(_topic(number), msgspec.json.encode(stamped(1)), qos=1) for number in range(devices)]
        for one in sent:
            one.wait_for_publish(120)
            assert one.is_published()


def talk(client: mqtt.Client, devices: int, rate: int, seconds: float, say: Callable[[int], Said] = stamped) -> float:
    """One after the other says something, so many a second; returns the seconds that it took."""
    begun = time.monotonic()
    for number in range(int(rate * seconds)):
        ahead = begun + number / rate - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        client.publish(_topic(number % devices), msgspec.json.encode(say(number)), qos=1)
    return time.monotonic() - begun


@contextmanager
def talking(gateway: Credentials, port: int, devices: int, rate: int) -> Iterator[None]:
    """Meanwhile they talk, from a process of its own."""
    process = multiprocessing.get_context("spawn").Process(target=_talk_on, args=(gateway, port, devices, rate))
    process.start()
    try:
        yield
        assert process.is_alive(), "they talked until the end"
    finally:
        process.terminate()
        process.join()


def _talk_on(gateway: Credentials, port: int, devices: int, rate: int) -> None:
    with connected(gateway, port) as client:
        talk(client, devices, rate, FOR_LONG_S)


def _topic(number: int) -> str:
    return f"cim/v1/heling/d{number}/telemetry"
