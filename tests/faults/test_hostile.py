"""A hundred thousand hostile payloads crash nothing, and each is stored or in the quarantine."""

import json
import os
from collections.abc import Iterator
from typing import Any

import httpx
import paho.mqtt.client as mqtt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import Engine, func, select

from layers.declare import feeds
from layers.grid_events.tables import grid_event
from sensors.bus.message import Message
from sensors.codecs.installed import codecs
from sensors.intake.batch import Batch
from sensors.intake.writer import Writer
from sensors.tables import quarantine, reading
from store.instant import now
from tests.database import add
from tests.faults.hostile import EVENT, TELEMETRY, payloads
from tests.running import Cockpit, until

COUNT = int(os.environ.get("HOSTILE_COUNT", "30000"))
"""make faults has a hundred thousand."""
AT_ONCE = 500
SENT = 2_000
DEVICES = [("gw-01", "gateway", {}), ("siren-01", "siren", {}), ("air-01", "air", {})]
DEVICES += [("air-02", "air", {"gateway": "gw-01"}), ("gate-01", "gate", {"codec": "milesight-people-counter"})]


class Taken:
    """Messages that a writer took, and what of each must be found afterwards."""

    def __init__(self, engine: Engine) -> None:
        for code, kind, more in DEVICES:
            add(engine, code, kind, **more)
        self.engine = engine
        self.writer = Writer(engine, feeds(), codecs())
        self.refused = 0
        self.readings: set[tuple[str, str, int]] = set()

    def take(self, messages: list[tuple[str, bytes]]) -> Batch:
        """Take messages in one transaction; each that was not refused left something in the batch."""
        at = now()
        made = [Message(topic, payload, at, mid=i) for i, (topic, payload) in enumerate(messages)]
        batch = self.writer.decode(made)
        self.writer.store(batch)
        self.refused += len(batch.refusals)
        self.readings |= {(o.device, o.metric, o.ts) for o in batch.observations}
        assert len({refusal.mid for refusal in batch.refusals}) == len(batch.refusals), "refused once"
        return batch

    def assert_all_found(self) -> None:
        """The tables have what the batches had."""
        with self.engine.connect() as connection:
            assert connection.scalar(select(func.count()).select_from(quarantine)) == self.refused
            assert connection.scalar(select(func.count()).select_from(reading)) == len(self.readings)


@pytest.fixture
def taken(engine: Engine) -> Iterator[Taken]:
    made = Taken(engine)
    yield made
    made.assert_all_found()


def test_tens_of_thousands_of_broken_payloads_are_stored_or_refused(taken: Taken) -> None:
    waiting: list[tuple[str, bytes]] = []
    # A fifth of them on the second database: what a codec makes of a payload does not depend on it.
    count = COUNT if taken.engine.dialect.name == "sqlite" else COUNT // 5
    for one in payloads(count, seed=20261124):
        waiting.append(one)
        if len(waiting) == AT_ONCE:
            taken.take(waiting)
            waiting = []
    assert taken.refused > count / 10
    assert len(taken.readings) > count / 100
    with taken.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(grid_event))
        # No codec of ours may fail in a way that it does not tell itself.
        reasons = set(connection.scalars(select(quarantine.c.reason).distinct()))
    assert "codec_failed" not in reasons
    assert "not_storable" not in reasons


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=20), inner, max_size=5),
    max_leaves=20,
)
SHAPED = st.fixed_dictionaries({}, optional={"ts": JSON, "values": JSON, "n": JSON, "v": JSON, "lon": JSON, "id": JSON})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from([TELEMETRY, EVENT]), JSON | SHAPED | st.lists(SHAPED)), max_size=8))
def test_any_json_whatever_is_stored_or_refused(taken: Taken, messages: list[tuple[str, Any]]) -> None:
    batch = taken.take([(topic, json.dumps(content).encode()) for topic, content in messages])
    told = len(batch.refusals) + len(batch.reports["grid_events"])
    assert told <= len(messages)
    assert told == len(messages) or batch.observations


def test_a_running_cockpit_takes_them_from_a_broker_and_goes_on(own_cockpit: Cockpit) -> None:
    own_cockpit.start()
    air = own_cockpit.add_device("air-01")
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "hostile")
    client.username_pw_set(air.username, air.password)
    client.max_inflight_messages_set(500)
    client.connect("127.0.0.1", own_cockpit.mqtt)
    client.loop_start()
    bad = [payload for topic, payload in payloads(20 * SENT, seed=7) if topic == TELEMETRY][:SENT]
    sent = [client.publish(TELEMETRY, payload, qos=1) for payload in bad]
    until(lambda: all(one.is_published() for one in sent), 60)
    assert client.publish(TELEMETRY, b'{"pm2_5": 12}', qos=1).wait_for_publish(10) is None
    until(lambda: own_cockpit.readings("air-01", "pm2_5")[0]["value"] == 12)
    assert httpx.get(f"{own_cockpit.url}/readyz").status_code == 200
    metrics = httpx.get(f"{own_cockpit.url}/metrics").text
    assert f"cockpit_messages_received_total {SENT + 1}.0" in metrics
    assert "Traceback" not in own_cockpit.log
    client.disconnect()
    client.loop_stop()
