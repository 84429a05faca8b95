"""What screens are told adds up to what the database holds, whatever is sent and however it is split and mixed."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from cockpit.live import LiveHub
from cockpit.live.room import Room, derive
from layers.declare import feeds, layers
from layers.grid_events import queries, write
from layers.grid_events.report import read
from layers.roles import Actor
from sensors.bus.merging import STAMPS
from sensors.bus.message import Message
from sensors.codecs.installed import codecs
from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.intake.announce import Announcer
from sensors.intake.writer import Writer
from store.databases import Databases
from store.engine import open_engine, writing
from store.instant import MILLISECOND, SECOND, now
from tests.listened import Listened

PLACES = [(120.187, 28.927), (120.203, 28.931), (120.5, 29.5)]
KINDS = {"air": "pm2_5", "gate": "enter", "siren": "noise", "smoke": "smoke"}


def devices(engine: Engine) -> list[str]:
    """Twelve devices of four kinds, some replayed, here and there."""
    ids = []
    for number in range(12):
        kind = list(KINDS)[number % 4]
        lon, lat = PLACES[number % 3]
        source = "回放" if number % 5 == 0 else None
        where = {"raw_lon": lon, "raw_lat": lat, "interval_s": 60, "source": source}
        new = Device(id=f"d{number}", community="heling", kind=kind, name=f"{kind} {number}", **where)  # type: ignore[arg-type]
        registry.add(engine, new)
        ids.append(new.id)
    return ids


def message(chance: random.Random, ids: list[str], at: int) -> Message:
    """Anything that a device may send: readings in any order, doubles, nonsense, words on its connection, events."""
    number = chance.randrange(len(ids))
    metric = list(KINDS.values())[number % 4]
    topic, retained = f"cim/v1/heling/{ids[number]}", chance.random() < 0.1
    what = chance.random()
    if what < 0.1:
        return Message(f"{topic}/status", chance.choice([b"online", b"offline", b"maybe"]), at)
    if what < 0.15:
        body: Any = {"id": str(chance.randrange(5)), "title": "路灯", "category": "facility.lighting"}
        return Message(f"{topic}/event", json.dumps(body).encode(), at)
    value: Any = True if metric == "smoke" else chance.choice([chance.randrange(90), chance.random() * 90, 1e9, "x"])
    # Ahead of its arrival, and ahead of all clocks; none where the end of what is believed may pass in mid-test.
    ahead = [-1_800_000, -7_200_000]
    ts = at // MILLISECOND - chance.choice([0, 0, 0, 1_000, 61_000, 600_000, *ahead])
    values = {metric: value, "lon": 120.19, "lat": 28.93} if what > 0.95 else {metric: value}
    return Message(f"{topic}/telemetry", json.dumps({"ts": ts, "values": values}).encode(), at, retained)


def of_now(state: dict[str, Any]) -> dict[str, Any]:
    """Without what moves with the clock alone, or with what was said of others."""
    for records in state.values():
        for record in records.values():
            record.pop("rev", None)
    for layer, key in (("areas", None), ("devices", "*")):
        for name, record in state[layer].items():
            if key in (None, name):
                for mean in record["metrics"].values():
                    mean["value"] = round(mean["value"], 9)
                    if mean["n"] == 0:
                        del mean["stale_at"]
    return state


@pytest.mark.parametrize("seed", range(8))
def test_what_was_told_is_what_is_stored(engine: Engine, seed: int) -> None:
    chance = random.Random(seed)
    ids = devices(engine)
    hub = LiveHub(Databases(engine))
    room = Room("heling")

    begun = hub._read("heling")
    room.put(begun, derive("heling", begun))
    writers = [Writer(engine, feeds(), codecs()) for _ in range(2)]

    def tell(changed: Any, parts: Any = None) -> None:
        # As the bus has it: what is not JSON does not come through.
        for community in changed | (parts or {}):
            sent = json.loads(json.dumps([changed.get(community, {}), (parts or {}).get(community, {})]))
            room.take(*sent)

    announcer = Announcer(engine, feeds(), Listened(tell))
    at = now() - 3_600 * SECOND
    screen: dict[str, dict[str, Any]] = json.loads(json.dumps(room.state))
    for _ in range(8):
        batch_of = []
        for _ in range(chance.randrange(1, 8)):
            at += chance.randrange(30) * SECOND
            batch_of.append(message(chance, ids, at))
        writer = chance.choice(writers)
        batch = writer.decode(batch_of)
        writer.store(batch)
        announcer.take(batch)
        if chance.random() < 0.7:
            announcer._announce()
            show(room, screen)
    announcer._announce()
    show(room, screen)
    with engine.connect() as connection:
        read_back = {layer.code: layer.records(connection, "heling", None, None) for layer in layers()}
    kept, stored = (of_now(json.loads(json.dumps(one))) for one in (room.state, read_back))
    for layer, records in stored.items():
        for key, record in records.items():
            assert kept[layer][key] == record, (layer, key)
        assert kept[layer].keys() == records.keys()
    shown = of_now(screen)
    for layer in ("areas", "devices", "visitors"):
        for key, record in stored[layer].items():
            assert without_stamps(shown[layer][key]) == without_stamps(record), (layer, key)


def without_stamps(record: dict[str, Any]) -> dict[str, Any]:
    """What pages are told of."""
    return {name: value for name, value in record.items() if name not in STAMPS}


def show(room: Room, screen: dict[str, dict[str, Any]]) -> None:
    """A frame, as a page takes it."""
    for told in room.deltas():
        for layer, records in json.loads(told.text)["layers"].items():
            for key, record in records.items():
                screen[layer][key] = as_a_page_does(screen[layer].get(key), record)


def test_what_was_read_before_and_is_told_after_is_not_believed(engine: Engine) -> None:
    manager = Actor("m", "manager")
    with writing(engine) as connection:
        report = read(json.dumps({"id": "1", "title": "路灯"}).encode(), now())
        first, second = (write.file(connection, "heling", write.Reporter(f"d{n}"), report)[0] for n in range(2))

    def step(event: str) -> dict[str, Any]:
        with writing(engine) as connection:
            write.advance(connection, "heling", event, write.Wanted(to="declined"), manager, ())
        with engine.connect() as connection:
            return queries.records(connection, "heling", {event, queries.TALLY})

    early, late = step(first), step(second)
    room = Room("heling")
    room.put({"grid_events": {}})
    room.take({"grid_events": late})
    room.take({"grid_events": early})
    assert room.state is not None
    assert room.state["grid_events"][queries.TALLY]["open"] == 0
    assert room.state["grid_events"].keys() == {first, second, queries.TALLY}


def as_a_page_does(known: dict[str, Any] | None, record: dict[str, Any]) -> dict[str, Any]:
    """assets/js/10-live.js."""
    if known is None:
        return record
    one = known | record
    for name in ("latest", "metrics"):
        if name in known and name in record:
            one[name] = {key: value for key, value in (known[name] | record[name]).items() if value is not None}
    if "latest" in record:
        one["suspect"] = any(said[2] == "suspect" for said in one["latest"].values())
    return one


def test_what_the_shell_tells_is_kept_while_the_shared_database_is_away(engine: Engine, tmp_path: Path) -> None:
    away = open_engine(f"sqlite:///{tmp_path / 'nowhere' / 'cockpit.db'}")
    told = {"1": {"curtain": True}}
    hub = LiveHub(Databases(engine), {"displays": lambda _connection, _community: told})
    room = Room("heling")
    room.put(hub._read_further(room))
    assert room.state == {"displays": told}
    cut_off = LiveHub(Databases(away, {"heling": engine}), {"displays": lambda _connection, _community: {}})
    assert cut_off._read_further(room) == {"displays": told}
