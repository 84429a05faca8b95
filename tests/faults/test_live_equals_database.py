"""What a screen has put together of frames is what the database says at the end, record by record.

Four ingesters share random work and are killed in turn; the line of all of them, and of the pages, to the broker is
cut. The length is of LIVE_SECONDS, what is drawn of LIVE_SEED.
"""

import contextlib
import os
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, func, select

from cockpit import tokens
from layers.grid_events.queries import TALLY
from layers.grid_events.rules import open_states
from layers.grid_events.tables import grid_event, grid_event_present
from layers.visitors.inside import inside
from sensors.devices import registry
from sensors.devices.credentials import hash_secret, new_secret
from sensors.tables import quarantine, reading, series
from store.engine import open_engine
from store.instant import MILLISECOND, now
from tests import prepared
from tests.faults import equality
from tests.faults.line import Line
from tests.faults.screen import Screen, State
from tests.faults.work import AREAS, NOT_NUMBERED, Lines, Speaker, Work
from tests.ingesters import begin, runs
from tests.mosquitto import SERVICE, Mosquitto
from tests.running import Cockpit, until

SECONDS = float(os.environ.get("LIVE_SECONDS", "25"))
SEED = int(os.environ.get("LIVE_SEED", str(time.time_ns() % 1_000_000)))
RATE = 120
INGESTERS = 4
DEVICES = 200
GATES = 9
SITES = ("fangyan", "centre", "square")
KILL_EVERY_S = (2.0, 5.0)
CUT_EVERY_S = 40.0
"""The first time after a quarter of it. The broker itself goes on: Mosquitto 2.0 forgets shared subscriptions."""
CUT_S = (0.0, 2.0)
STORED_S = 40.0
QUIET_S = 4.0
TOLD_S = 1.0
"""What the database has is on the screens by then."""
TOLD = 30
"""Differences that are named of each kind."""
SHORT_INTERVAL_S = 1.0
"""Those that grow stale while they are watched do so after three of these."""


@dataclass
class Town:
    """A broker, a database, ingesters that share the work, and pages; all in processes of their own."""

    cockpit: Cockpit
    broker: Mosquitto
    line: Line
    engine: Engine
    devices: Lines
    ingesters: list[prepared.Process] = field(default_factory=list)

    def kill(self, number: int) -> None:
        """One is killed; another takes its place, and is waited for."""
        self.ingesters[number].kill()
        self.ingesters[number].wait(10)
        self.ingesters[number] = runs(begin(self.cockpit, "--shared"))

    def stop(self) -> None:
        """End everything."""
        for one in self.ingesters:
            one.kill()
            one.wait(10)
        self.cockpit.stop()
        self.devices.close()
        self.line.cut()
        self.broker.stop()
        self.engine.dispose()


def register(engine: Engine) -> list[Speaker]:
    """Devices in all areas and in none, behind gateways and not, replayed and real, gates at each site."""
    speakers = [Speaker(f"gate-{n}", "gate") for n in range(GATES)] + [Speaker(f"air-{n}") for n in range(DEVICES)]
    new = []
    for number, one in enumerate(speakers):
        lon, lat = AREAS[number % len(AREAS)] if number % 7 else (None, None)
        new.append(
            registry.Device(
                id=one.id,
                community="heling",
                kind=one.kind,
                name=one.id,
                raw_lon=lon,
                raw_lat=lat,
                site=SITES[number % len(SITES)] if one.kind == "gate" else None,
                interval_s=SHORT_INTERVAL_S if number % 5 == 4 and one.kind == "air" else 3_600.0,
                source="回放" if number % 11 == 10 else None,
                gateway=f"gw-{number % INGESTERS}" if number % 3 == 0 else None,
            )
        )
    registry.add_all(engine, new)
    return speakers


@pytest.fixture
def town(own_cockpit: Cockpit, postgres_database: str, tmp_path: Path) -> Iterator[Town]:
    own_cockpit.settings["COCKPIT_DATABASE_URL"] = postgres_database
    gateways = {f"gw-{n}": own_cockpit.add_device(f"gw-{n}", "gateway").password for n in range(INGESTERS)}
    (tmp_path / "mosquitto").mkdir()
    broker = Mosquitto(tmp_path / "mosquitto")
    secret = new_secret()
    hashes = {name: hash_secret(one) for name, one in {SERVICE: secret, **gateways}.items()}
    broker.start(hashes, "".join(f"user {name}\ntopic write cim/v1/heling/#\n" for name in gateways))
    line = Line(broker.port)
    line.start()
    own_cockpit.settings["COCKPIT_MQTT_URL"] = f"mqtt://{SERVICE}:{secret}@127.0.0.1:{line.port}"
    made = Town(own_cockpit, broker, line, open_engine(postgres_database), Lines(broker.port, gateways))
    made.ingesters = [begin(made.cockpit, "--shared") for _ in range(INGESTERS)]
    for one in made.ingesters:
        runs(one)
    own_cockpit.start(command="web")
    yield made
    made.stop()


@dataclass
class Trouble:
    """Kills while the work goes on, and now and then a cut of the line to the broker."""

    town: Town
    chance: random.Random
    kills: int = 0
    failed: BaseException | None = None
    enough: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until it is told that it is enough."""
        cut_at = time.monotonic() + CUT_EVERY_S / 4
        try:
            while not self.enough.wait(self.chance.uniform(*KILL_EVERY_S)):
                if time.monotonic() > cut_at:
                    cut_at += CUT_EVERY_S
                    self.town.line.cut()
                    time.sleep(self.chance.uniform(*CUT_S))
                    self.town.line.start()
                self.kill()
        except BaseException as error:  # noqa: BLE001 - told at the end
            self.failed = error

    def kill(self) -> None:
        """One of them, by lot."""
        self.town.kill(self.chance.randrange(INGESTERS))
        self.kills += 1


def everything_is_stored(engine: Engine, work: Work) -> bool:
    """Whether each reading and each event that was sent is there."""
    with engine.connect() as connection:
        numbered = select(func.count()).select_from(reading).join(series, series.c.id == reading.c.series_id)
        readings = connection.scalar(numbered.where(series.c.metric != NOT_NUMBERED))
        of_people = grid_event.c.reporter != "alarm"
        events = connection.scalar(select(func.count()).select_from(grid_event).where(of_people))
    return (readings, events) == (len(work.readings), len(work.events))


def work_on(town: Town, chance: random.Random) -> Work:
    """Let the town work for the time, under kills; returns when all that was said is stored."""
    speakers = register(town.engine)
    token = tokens.add(town.engine, "desk", "manager", ["*"], 1, "tests")
    headers = {"Authorization": f"Bearer {token}"}
    trouble = Trouble(town, random.Random(chance.random()))
    thread = threading.Thread(target=trouble.run)
    with httpx.Client(base_url=f"{town.cockpit.url}/api/v1/heling", headers=headers, timeout=30) as desk:
        work = Work(chance, speakers, town.devices, desk)
        thread.start()
        work.run(SECONDS, RATE)
    trouble.enough.set()
    thread.join(60)
    if trouble.failed is not None:
        raise trouble.failed
    # One more in the very moment in which the last word is said: what it had not told, nobody else will.
    work.end()
    trouble.kill()
    town.devices.wait()
    with contextlib.suppress(AssertionError):  # what is missing is told by its name in the end
        until(lambda: everything_is_stored(town.engine, work), STORED_S, 0.2)
    print(f"{work.messages} messages, {len(work.readings)} readings, {len(work.events)} events, {work.steps} steps,")
    print(f"{trouble.kills} kills")
    return work


def differing_counts(town: Town, work: Work, shown: State) -> list[str]:
    """The sums over everything, each worked out from the tables."""
    with town.engine.connect() as connection:
        present = grid_event_present.c
        query = (
            select(present.state, func.count().label("n"))
            .where(present.state.in_(open_states()))
            .group_by(present.state)
        )
        by_state = {row.state: row.n for row in connection.execute(query)}
        people = {site: round(inside(connection, "heling", site, now(), None).people) for site in SITES}
        said = connection.execute(
            select(series.c.device_id, series.c.metric, reading.c.ts).join(reading, reading.c.series_id == series.c.id)
        )
        stored = {(row.device_id, row.metric, row.ts // MILLISECOND) for row in said if row.metric != NOT_NUMBERED}
        reported = connection.execute(select(grid_event.c.reporter, grid_event.c.reporter_ref))
        # What alarms opened by themselves nobody reported.
        events = {(row.reporter, row.reporter_ref) for row in reported if row.reporter != "alarm"}
        refused = connection.scalar(select(func.count()).select_from(quarantine))
    tally = shown["grid_events"][TALLY]
    compared: dict[str, tuple[Any, Any]] = {
        "open events": (tally["open"], sum(by_state.values())),
        "open events by state": ({state: n for state, n in tally["by_state"].items() if n}, by_state),
        "people inside": ({site: shown["visitors"][site]["inside"] for site in SITES}, people),
        "readings not stored": (work.readings - stored, set()),
        "readings never sent": (stored - work.readings, set()),
        "events": (events ^ work.events, set()),
        "refused": (refused, 0),
    }
    return [f"{name}: {ours!r}, not {theirs!r}" for name, (ours, theirs) in compared.items() if ours != theirs]


def compared(town: Town, work: Work, watching: Screen) -> dict[str, list[str]] | None:
    """In what a screen differs from what it should show; None where it moved meanwhile: devices fall silent by time."""
    coming = Screen(town.cockpit.http)
    _, fresh = coming.shown()
    until(lambda: watching.quiet_s > 1, 30)
    before = watching.page.deltas
    _, shown = watching.shown()
    with town.engine.connect() as connection:
        faults = {
            "a fresh snapshot": equality.differing(shown, fresh),
            "the database's records": equality.differing(shown, equality.stored(connection, shown)),
            "the newest readings": equality.differing_readings(connection, shown),
            "the means": equality.differing_means(connection, shown),
            "the sums": differing_counts(town, work, shown),
        }
    time.sleep(TOLD_S)
    coming.close()
    return faults if watching.page.deltas == before else None


def test_a_screen_that_watched_random_work_under_kills_shows_what_the_database_has(town: Town) -> None:
    print(f"LIVE_SEED={SEED}")
    watching = Screen(town.cockpit.http, is_packed=True)
    work = work_on(town, random.Random(SEED))
    until(lambda: watching.quiet_s > QUIET_S, 60)
    faults = until(lambda: compared(town, work, watching), 60)
    watching.close()
    print(f"{watching.page.deltas} deltas, {watching.page.snapshots} snapshots")
    assert watching.page.deltas > SECONDS
    told = [
        f"differs from {what} in {len(found)}:\n  " + "\n  ".join(found[:TOLD])
        for what, found in faults.items()
        if found
    ]
    assert not told, "\n".join([f"LIVE_SEED={SEED}", *told])
