"""Faults of ingesters, broker and database, on Mosquitto and PostgreSQL."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import text

from sensors.devices.credentials import hash_secret, new_secret
from store.engine import open_engine
from tests import prepared
from tests.faults.disk import fill, small_disk
from tests.faults.stream import METRIC, SECONDS, Stream
from tests.ingesters import begin, runs
from tests.mosquitto import SERVICE, Mosquitto
from tests.postgres import Postgres
from tests.running import Cockpit, Credentials, until

DEVICE = "air-faults"
PAUSE_S = min(10.0, SECONDS)
DISK_BYTES = 256 << 20


@dataclass
class Town:
    """A broker, a database, ingesters as processes of their own, and one busy device."""

    cockpit: Cockpit
    broker: Mosquitto
    database: Postgres
    device: Credentials
    ingesters: list[prepared.Process] = field(default_factory=list)

    def ingest(self, *options: str) -> prepared.Process:
        """Start one more ingester; returns when it runs, or stands by."""
        self.ingesters.append(begin(self.cockpit, *options))
        return runs(self.ingesters[-1])

    def stream(self) -> Stream:
        """Let the device publish."""
        return Stream(self.device, self.broker.port, mqtt5=True)

    def numbers(self) -> list[int]:
        """The numbers that are stored, in order, each as often as it is."""
        query = "SELECT r.value FROM reading r JOIN series s ON s.id = r.series_id WHERE s.metric = :m ORDER BY 1"
        engine = open_engine(self.database.url)
        try:
            with engine.connect() as connection:
                return [int(value) for value in connection.scalars(text(query), {"m": METRIC})]
        finally:
            engine.dispose()

    def assert_all_stored(self, sent: int, seconds: float = 40) -> None:
        """Nothing is missing and nothing is double, in the readings and in the hourly sums."""
        until(lambda: len(self.numbers()) >= sent, seconds, 0.3)
        assert self.numbers() == list(range(sent))
        engine = open_engine(self.database.url)
        with engine.connect() as connection:
            [(count, total)] = connection.execute(text("SELECT sum(n), sum(total) FROM reading_hour"))
            refused = connection.scalar(text("SELECT count(*) FROM quarantine"))
        engine.dispose()
        assert (count, total, refused) == (sent, sum(range(sent)), 0)


@contextmanager
def running_town(cockpit: Cockpit, folder: Path, database: Postgres) -> Iterator[Town]:
    """A town around a cockpit, with its database where the test wants it."""
    database.create()
    (folder / "mosquitto").mkdir()
    broker = Mosquitto(folder / "mosquitto")
    cockpit.settings["COCKPIT_DATABASE_URL"] = database.url
    device = cockpit.add_device(DEVICE)
    secret = new_secret()
    broker.start({SERVICE: hash_secret(secret), DEVICE: hash_secret(device.password)})
    cockpit.settings["COCKPIT_MQTT_URL"] = broker.url(secret)
    made = Town(cockpit, broker, database, device)
    yield made
    for one in made.ingesters:
        one.kill()
        one.wait()
    broker.stop()
    database.stop("immediate")


@pytest.fixture
def town(own_cockpit: Cockpit, tmp_path: Path) -> Iterator[Town]:
    with running_town(own_cockpit, tmp_path, Postgres(tmp_path / "postgres")) as made:
        yield made


def test_the_only_ingester_is_killed_and_comes_back(town: Town) -> None:
    first = town.ingest()
    stream = town.stream()
    stream.part(0.4)
    first.kill()
    first.wait()
    stream.part(0.6)
    town.ingest()
    town.assert_all_stored(stream.finish())


@pytest.mark.parametrize("options", [(), ("--shared",)])
def test_one_of_two_ingesters_is_killed_and_the_other_goes_on(town: Town, options: tuple[str, ...]) -> None:
    first = town.ingest(*options)
    town.ingest(*options)
    stream = town.stream()
    stream.part(0.5)
    first.kill()
    first.wait()
    town.assert_all_stored(stream.finish())


@pytest.mark.parametrize("options", [(), ("--shared",)])
def test_ingesters_come_and_go_while_the_stream_goes_on(town: Town, options: tuple[str, ...]) -> None:
    first = town.ingest(*options)
    stream = town.stream()
    stream.part(0.3)
    town.ingest(*options)
    stream.part(0.6)
    first.terminate()
    assert first.wait(20) == 0
    town.assert_all_stored(stream.finish())


def test_the_broker_restarts(town: Town) -> None:
    town.ingest()
    stream = town.stream()
    stream.part(0.4)
    town.broker.stop()
    time.sleep(1)
    town.broker.launch()
    town.assert_all_stored(stream.finish())


def test_the_database_crashes_and_comes_back(town: Town) -> None:
    town.ingest()
    stream = town.stream()
    stream.part(0.4)
    town.database.stop("immediate")
    stream.part(0.6)
    town.database.start()
    town.assert_all_stored(stream.finish())


def test_the_database_hangs_for_a_while(town: Town) -> None:
    town.ingest()
    stream = town.stream()
    stream.part(0.4)
    town.database.signal(signal.SIGSTOP)
    time.sleep(PAUSE_S)
    town.database.signal(signal.SIGCONT)
    town.assert_all_stored(stream.finish())


def test_the_databases_disk_is_full_for_a_while(own_cockpit: Cockpit, tmp_path: Path) -> None:
    with (
        small_disk(tmp_path / "disk", DISK_BYTES) as disk,
        running_town(own_cockpit, tmp_path, Postgres(disk / "postgres")) as town,
    ):
        town.ingest()
        stream = town.stream()
        stream.part(0.2)
        filler = fill(disk, 100_000)
        log = town.cockpit.folder / "ingest.log"
        until(lambda: "No space left on device" in log.read_text() or not town.database.is_up, SECONDS + 30)
        filler.unlink()
        if not town.database.is_up:
            # It ends itself where its log cannot be written, and comes back with what was committed.
            town.database.start()
        town.assert_all_stored(stream.finish())
