"""Who sent a message is a part of it for ever: playing back makes nobody's words another's."""

import json

from sqlalchemy import Engine, text

from layers.declare import feeds
from sensors import quarantine, registry
from sensors.batch import Message
from sensors.codecs.declare import codecs
from sensors.playback import ANOTHERS, play_back
from sensors.quarantine import Filter
from sensors.writer import Writer
from store.engine import writing
from store.instant import now
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
    assert played(engine, number) == (False, ANOTHERS)
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
