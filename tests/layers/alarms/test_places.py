"""Where an alarm is: everything that tells of it says so, down to the room of a public building; on both databases."""

import json
from types import SimpleNamespace

import msgspec
import pytest
from sqlalchemy import Engine, select

from cockpit.notices import bell, formats
from cockpit.notices.bell import Hearer
from layers.alarms import concerns, queries
from layers.alarms.concerns import AlarmsCondition
from layers.concerns import Then
from layers.grid_events import concerns as event_concerns
from layers.grid_events import queries as events
from layers.grid_events import write
from layers.grid_events.feed import GridEventsFeed
from layers.grid_events.notices import remind
from layers.grid_events.ranks import EventsCondition
from layers.grid_events.report import Report
from layers.grid_events.tables import grid_event
from layers.grid_events.told import properties
from sensors.codecs.installed import codecs
from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.intake.writer import Writer
from store.engine import writing
from store.instant import DAY, now
from store.language import speaking
from store.notices import notice
from tests.layers.alarms.stand import HELING, MANAGER, Stand

STUDY = "邻里中心 · 1 层 · 共享书房"
STUDY_EN = "Neighbourhood centre · Storey 1 · Shared study"


@pytest.fixture
def stand(engine: Engine) -> Stand:
    """A smoke detector in a room, which opens an event, and says that there is smoke."""
    made = Stand(engine)
    registry.add(engine, Device(id="smoke-1", community=HELING, kind="smoke", name="厨房烟感", room="centre-1-study"))
    made.writer = Writer(engine, [made.feed, GridEventsFeed()], codecs())
    made.only()
    made.rule(metric="smoke", op="==", value=1.0, priority="critical", event="facility.lighting")
    made.say((0, "smoke-1", {"smoke": True}))
    return made


def test_an_alarm_says_the_room_wherever_it_is_told(stand: Stand) -> None:
    [alarm] = stand.alarms()
    with stand.engine.connect() as connection:
        live = queries.records(connection, HELING, None)[alarm.id]
        told = queries.told(connection, HELING, [queries.one(connection, HELING, alarm.id, None)])[0]
        then = queries.records(connection, HELING, None, now())[alarm.id]
        looked = concerns.look(connection, HELING, [AlarmsCondition(priority="critical")], Then.of(None))
    for one in (live, told, then):
        assert one is not None
        assert (one["place"], one["place_en"]) == (STUDY, STUDY_EN)
    [standing] = looked.standing
    assert standing is not None
    assert standing.place == (STUDY, STUDY_EN)


def test_a_notice_of_it_says_the_room_in_the_readers_language(stand: Stand) -> None:
    with stand.engine.connect() as connection:
        heard = bell.heard(connection, Hearer(MANAGER, HELING), 10, None)
        row = connection.execute(select(notice).where(notice.c.kind == "alarm.raised")).first()
    places = {(one["kind"], one["place_name"], one["place_name_en"]) for one in heard}
    assert ("alarm.raised", STUDY, STUDY_EN) in places
    robot = msgspec.json.decode(formats.FORMATS["wecom"].write("http://x", None, row, now(), None).body)
    assert STUDY in robot["text"]["content"]
    with speaking("en"):
        robot = msgspec.json.decode(formats.FORMATS["wecom"].write("http://x", None, row, now(), None).body)
    assert STUDY_EN in robot["text"]["content"]
    body = json.loads(formats.FORMATS["json"].write("http://x", None, row, now(), None).body)
    assert (body["data"]["place"], body["data"]["place_en"]) == (STUDY, STUDY_EN)


def test_the_event_that_was_opened_for_it_is_there_too(stand: Stand) -> None:
    with writing(stand.engine) as connection:
        row = connection.execute(events.with_state(HELING, None)).one()
        assert (properties(row)["place"], properties(row)["place_en"]) == (STUDY, STUDY_EN)
        live = events.records(connection, HELING, None)[row.id]
        assert (live["place"], live["place_en"]) == (STUDY, STUDY_EN)
        asked = [EventsCondition(severity=row.severity, overdue=is_late) for is_late in (False, True)]
        looked = event_concerns.look(connection, HELING, asked, Then.of(None)).standing
        assert [one.place for one in looked if one is not None] == [(STUDY, STUDY_EN)]
        assert remind(connection, HELING, row.due)
        spots = set(connection.scalars(select(notice.c.spot)))
    assert spots == {"rooms/centre-1-study"}


def test_an_event_that_a_person_opens_for_an_alarm_is_where_the_alarm_is(engine: Engine) -> None:
    made = Stand(engine)
    registry.add(engine, Device(id="smoke-1", community=HELING, kind="smoke", name="厨房烟感", room="centre-1-study"))
    made.only()
    made.rule(metric="smoke", op="==", value=1.0)
    made.say((0, "smoke-1", {"smoke": True}))
    [alarm] = made.alarms()
    report = Report(
        reference="r", category="other", category_reported=None, severity="minor", title="烟雾", detail="",
        lon=alarm.lon, lat=alarm.lat, occurred=now() - DAY, received=now(), origin=("alarm", alarm.id),
    )  # fmt: skip
    with writing(engine) as connection:
        number, _ = write.report(connection, HELING, write.Reporter("user:li.si"), report)
        assert connection.scalar(select(grid_event.c.spot).where(grid_event.c.id == number)) == "rooms/centre-1-study"


def test_a_device_outdoors_has_its_area_and_an_alarm_of_before_has_what_was_kept(engine: Engine) -> None:
    made = Stand(engine)
    made.device("air-1")
    made.only()
    made.rule()
    made.say((0, "air-1", {"pm2_5": 150}))
    [alarm] = made.alarms()
    assert (alarm.spot, queries.where(alarm)) == ("areas/chenglu", ("橙麓", "Chenglu"))
    of_before = SimpleNamespace(**dict(alarm._mapping) | {"spot": None})
    assert queries.where(of_before) == ("橙麓", "Chenglu")
