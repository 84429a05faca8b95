"""Timers of alarms across a kill, and one alarm however many ingesters raise it."""

import json
import signal
import time
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import Engine, func, select

from layers.alarms import rulebook
from layers.alarms.rules import Rule
from layers.alarms.tables import alarm, alarm_step, alarm_watch
from layers.roles import Actor
from sensors.devices import registry
from sensors.devices.credentials import hash_secret, new_secret
from sensors.devices.registry import Device
from store.engine import open_engine, writing
from store.instant import MILLISECOND, SECOND, Instant, now
from tests.ingesters import begin, runs
from tests.mosquitto import SERVICE, Mosquitto
from tests.running import Cockpit, until

DELAY_S = 8
SETTLED_S = 15
"""After a start what waited is heard first; a timer that ended meanwhile is seen to have ended by then."""
DEVICES, REPEATS = 20, 5
DESK = Actor("desk", "manager", "user")


def keep(engine: Engine, **more: Any) -> None:
    """A rule over fine dust."""
    body: dict[str, Any] = {"code": "test.dust", "name": "粉尘", "metric": "pm2_5", "op": ">", "value": 100.0}
    with writing(engine) as connection:
        rulebook.keep(connection, "heling", Rule(**body | more), DESK)


def raised(engine: Engine) -> dict[str, list[Instant]]:
    """When the rule was raised, by device: each step."""
    query = select(alarm.c.subject, alarm_step.c.at).join(alarm_step, alarm_step.c.alarm_id == alarm.c.id)
    found: dict[str, list[Instant]] = {}
    with engine.connect() as connection:
        rows = connection.execute(query.where(alarm.c.rule == "test.dust", alarm_step.c.event == "raise"))
        for subject, at in rows:
            found.setdefault(subject, []).append(at)
    return found


def waiting(engine: Engine) -> int:
    """How many timers were begun."""
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).where(alarm_watch.c.rule == "test.dust")) or 0


def test_a_timer_goes_on_over_a_kill_and_ends_at_its_time_unless_the_value_came_back(own_cockpit: Cockpit) -> None:
    stays, back = (own_cockpit.add_device(code) for code in ("air-stays", "air-back"))
    engine = open_engine(f"sqlite:///{own_cockpit.data}/cockpit.db")
    keep(engine, on_delay_s=float(DELAY_S))
    own_cockpit.start()
    began = now() // MILLISECOND * MILLISECOND

    def say(who: Any, value: float, after: float) -> None:
        at = began + round(after * SECOND)
        assert own_cockpit.publish(who, "telemetry", {"ts": at // MILLISECOND, "values": {"pm2_5": value}}) == 0

    for who in (stays, back):
        say(who, 150, 0)
    own_cockpit.stop(signal.SIGKILL)
    assert raised(engine) == {}
    # It comes back when the time is over already: what counts is what was said, and for when.
    until(lambda: now() > began + (DELAY_S + 1) * SECOND, DELAY_S + 5, 0.2)
    own_cockpit.start()
    say(back, 50, DELAY_S / 2)
    until(lambda: raised(engine), SETTLED_S + 5, 0.2)
    time.sleep(3)  # one that came back would have been raised beside it
    assert raised(engine) == {"air-stays": [began + DELAY_S * SECOND]}
    say(stays, 50, DELAY_S + 10)
    with engine.connect() as connection:
        rows = connection.execute(select(alarm.c.subject, alarm.c.returned).where(alarm.c.rule == "test.dust"))
        assert [tuple(row) for row in rows] == [("air-stays", began + (DELAY_S + 10) * SECOND)]
    engine.dispose()


@pytest.mark.thorough
def test_two_ingesters_that_share_the_work_raise_one_alarm_for_each_device(
    own_cockpit: Cockpit, postgres_database: str, tmp_path: Path
) -> None:
    own_cockpit.settings["COCKPIT_DATABASE_URL"] = postgres_database
    gateway = own_cockpit.add_device("gw", "gateway")
    engine = open_engine(postgres_database)
    codes = [f"air-{n}" for n in range(DEVICES)]
    registry.add_all(
        engine, [Device(id=code, community="heling", kind="air", name=code, gateway="gw") for code in codes]
    )
    keep(engine, on_delay_s=2.0)
    (tmp_path / "mosquitto").mkdir()
    broker, secret = Mosquitto(tmp_path / "mosquitto"), new_secret()
    broker.start(
        {SERVICE: hash_secret(secret), "gw": hash_secret(gateway.password)}, "user gw\ntopic write cim/v1/heling/#\n"
    )
    own_cockpit.settings["COCKPIT_MQTT_URL"] = broker.url(secret)
    ingesters = [runs(begin(own_cockpit, "--shared")) for _ in range(2)]
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "gw")
    client.username_pw_set("gw", gateway.password)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    try:
        until(client.is_connected)
        first: dict[str, Instant] = {}
        for turn in range(REPEATS):
            for code in codes:
                at = now() // MILLISECOND
                first.setdefault(code, at * MILLISECOND)
                body = {"ts": at, "values": {"pm2_5": 150 + turn}}
                client.publish(f"cim/v1/heling/{code}/telemetry", json.dumps(body), qos=1)
            # The first is to be the first: what two hear at once may be stored in either order.
            until(lambda: waiting(engine) == DEVICES, 10, 0.1)
        until(lambda: len(raised(engine)) == DEVICES, 30, 0.2)
        time.sleep(2)
        assert raised(engine) == {code: [at + 2 * SECOND] for code, at in first.items()}
    finally:
        client.disconnect()
        client.loop_stop()
        for one in ingesters:
            one.kill()
            one.wait(10)
        broker.stop()
        engine.dispose()
