"""Who sent a message is a part of it for ever: playing back makes nobody's words another's."""

import json

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from layers.declare import feeds
from layers.visitors.feed import VisitorsFeed
from sensors.bus.message import Message
from sensors.codecs.installed import codecs
from sensors.codecs.sparkplug.payload import DOUBLE, Metric, Payload, encode
from sensors.devices import registry
from sensors.intake import quarantine
from sensors.intake.batch import Batch
from sensors.intake.playback import ANOTHERS, play_back
from sensors.intake.quarantine import Filter
from sensors.intake.writer import Writer
from store.engine import writing
from store.instant import HOUR, now
from tests.database import add


def refused_by_broker(engine: Engine, sender: str, device: str) -> int:
    """What the embedded broker hands over of a publish that it does not permit; the number of the refusal."""
    topic = f"cockpit/refused/{sender}/cim/v1/heling/{device}/telemetry"
    writer = Writer(engine, feeds(), codecs())
    batch = writer.decode([Message(topic, json.dumps({"pm2_5": 66}).encode(), now())])
    writer.store(batch)
    with engine.connect() as connection:
        [newest] = quarantine.find(connection, Filter(), 1)
    assert (newest.sender, newest.device) == (sender, device)
    return int(newest.id)


def played(engine: Engine, number: int) -> tuple[bool, str]:
    """Whether it is stored now, and why not."""
    [outcome] = play_back(engine, feeds(), codecs(), [number])
    return outcome.stored, outcome.why


def test_what_was_sent_in_anothers_name_stays_so_when_the_other_is_registered_later(engine: Engine) -> None:
    add(engine, "air-01")
    number = refused_by_broker(engine, "air-01", "air-02")
    assert played(engine, number) == (False, "unknown_device: no device 'air-02' is registered")
    add(engine, "air-02")
    assert played(engine, number) == (False, ANOTHERS), "registering air-02 vouches for nothing that air-01 said"


def test_what_was_sent_in_the_name_of_a_revoked_device_stays_so_too(engine: Engine) -> None:
    add(engine, "air-01")
    add(engine, "air-02")
    registry.revoke(engine, "air-02")
    number = refused_by_broker(engine, "air-01", "air-02")
    add(engine, "gw-1", "gateway")
    with writing(engine) as connection:
        connection.execute(text("UPDATE device SET revoked = NULL, gateway = 'gw-1' WHERE id = 'air-02'"))
    assert played(engine, number) == (False, ANOTHERS)


def test_a_gateway_that_is_registered_for_the_device_since_spoke_for_it(engine: Engine) -> None:
    add(engine, "gw-1", "gateway")
    number = refused_by_broker(engine, "gw-1", "smoke-1")
    add(engine, "smoke-1", "smoke", gateway="gw-1")
    assert played(engine, number) == (True, "")


def test_a_message_that_cannot_be_stored_holds_up_no_other(engine: Engine) -> None:
    class Refusing(VisitorsFeed):
        def store(self, connection: Connection, batch: Batch) -> None:
            if any(o.value == 13 for o in batch.new):
                raise IntegrityError("INSERT", {}, Exception("no"))

    writer = Writer(engine, feeds(), codecs())
    for value in (12, 13, 14):
        sent = Message("cim/v1/heling/air-01/telemetry", json.dumps({"pm2_5": value}).encode(), now())
        writer.store(writer.decode([sent]))
    with engine.connect() as connection:
        numbers = [row.id for row in quarantine.find(connection, Filter(), 10)]
    add(engine, "air-01")
    outcomes = play_back(engine, [Refusing()], codecs(), numbers)
    assert [outcome.stored for outcome in sorted(outcomes, key=lambda one: one.id)] == [True, False, True]
    with engine.connect() as connection:
        [left] = quarantine.find(connection, Filter(), 10)
        assert b"13" in left.beginning


def test_an_old_birth_takes_no_newer_ones_place(engine: Engine) -> None:
    topic, at = "spBv1.0/heling/{}/gw-01", now()

    def birth(ts: int, *names: str) -> bytes:
        named = [Metric(name, alias, ts // 1000, DOUBLE, 1.0) for alias, name in enumerate(names, 1)]
        return encode(Payload(ts // 1000, 0, named))

    writer = Writer(engine, feeds(), codecs())
    early, late = at - 2 * HOUR, at - HOUR
    writer.store(writer.decode([Message(topic.format("NBIRTH"), birth(early, "temperature", "humidity"), early)]))
    with engine.connect() as connection:
        [refused] = quarantine.find(connection, Filter(), 1)
    add(engine, "gw-01", "gateway")
    writer.store(writer.decode([Message(topic.format("NBIRTH"), birth(late, "humidity", "temperature"), late)]))
    assert played(engine, int(refused.id)) == (True, "")
    restarted = Writer(engine, feeds(), codecs())
    data = encode(Payload(at // 1000, 1, [Metric(None, 1, at // 1000, DOUBLE, 55.5)]))
    said = restarted.decode([Message(topic.format("NDATA"), data, at)])
    assert [(o.metric, o.value) for o in said.observations] == [("humidity", 55.5)]
