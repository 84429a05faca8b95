"""Everything twice (deploy/many.sh): the primary is killed, its standby takes its place, nothing told is lost."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from store.engine import open_engine
from tests.faults import stream
from tests.faults.screen import Screen
from tests.faults.stream import METRIC, Stream
from tests.nats import three_free_ports
from tests.running import COMMAND, Cockpit, until

SCRIPT = Path(__file__).parents[2] / "deploy" / "many.sh"
SECONDS = 30
"""That devices and people are at work."""
RATE_EACH = 20
BACK_S = 30
"""Within which walls must be back."""


@dataclass
class Many:
    """What the script starts, in a folder."""

    folder: Path
    database: int = field(default_factory=three_free_ports)
    mqtt: int = field(default_factory=three_free_ports)
    web: int = field(default_factory=three_free_ports)
    settings: dict[str, str] = field(default_factory=dict)

    def run(self, command: str, seconds: float = 180) -> str:
        """Run a command of the script; returns what it tells."""
        ports = {"DATABASE_PORT": self.database, "MQTT_PORT": self.mqtt, "WEB_PORT": self.web}
        ports |= {"ROUTE_PORT": three_free_ports(), "CLIENT_PORT": three_free_ports()}
        environment = os.environ | {name: str(port) for name, port in ports.items()} | {"COCKPIT": str(COMMAND)}
        done = subprocess.run(
            [SCRIPT, command, self.folder], env=environment, capture_output=True, text=True, timeout=seconds
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        """Start it; the settings are those that it tells."""
        told = next(line for line in self.run("start").splitlines() if line.startswith("settings"))
        self.settings = dict(part.split("=", 1) for part in told.replace("'", "").split()[1:])

    def kill_primary(self) -> None:
        """Kill the database that takes writes, which has no time to say good-bye."""
        node = (self.folder / "primary").read_text().strip()
        os.kill(int((self.folder / "db" / node / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Many]:
    for parent in list(tmp_path.parents)[:-2]:  # pytest's own folders are closed to the databases' user
        parent.chmod(parent.stat().st_mode | 0o011)
    tmp_path.chmod(0o755)
    made = Many(tmp_path / "many")
    try:
        made.start()
        monkeypatch.setenv("PGPASSFILE", made.settings["PGPASSFILE"])
        monkeypatch.setattr(stream, "SECONDS", SECONDS)
        yield made
    finally:
        made.run("stop")


class Reporter:
    """Reports events to both web processes in turn, again and again, and knows which were taken."""

    def __init__(self, many: Many, who: dict[str, str]) -> None:
        self.taken: set[str] = set()
        self._ended = threading.Event()
        self._ports, self._who = [many.web, many.web + 1], who
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        number = 0
        with httpx.Client(headers=self._who, timeout=10) as client:
            while not self._ended.wait(0.2):
                number += 1
                url = f"http://127.0.0.1:{self._ports[number % 2]}/api/v1/heling/events"
                event = {"id": f"many-{number}", "title": f"路灯不亮 {number}", "category": "other"}
                try:
                    answer = client.post(url, json=event)
                except httpx.TransportError:
                    continue
                if answer.status_code == 201:
                    self.taken.add(answer.json()["id"])

    def finish(self) -> set[str]:
        """Report no more; the numbers of those that were taken."""
        self._ended.set()
        self._thread.join(20)
        return self.taken


@pytest.mark.thorough
def test_the_primary_is_killed_and_walls_are_back_in_time_with_all_that_was_told(many: Many, tmp_path: Path) -> None:
    cockpit = Cockpit(tmp_path, http=many.web, settings=dict(many.settings))
    device = cockpit.add_device("air-01")
    nodes = [many.mqtt, many.mqtt + 1, many.mqtt + 2]
    screens = [Screen(many.web + number) for number in range(2)]
    reporter = Reporter(many, cockpit.steward)
    numbers = Stream(device, nodes[0], rate=RATE_EACH, others=nodes[1:])
    until(lambda: all(shown(screen) > 0 for screen in screens), 30)
    numbers.part(0.3)
    killed = time.monotonic()
    many.kill_primary()
    told_before = len(reporter.taken)
    assert told_before > 0
    many.run("promote")
    promoted = time.monotonic() - killed
    newest = numbers.sent
    until(lambda: all(shown(screen) >= newest for screen in screens), BACK_S, 0.05)
    back = time.monotonic() - killed
    until(lambda: len(reporter.taken) > told_before, BACK_S)
    written = time.monotonic() - killed
    print(
        f"\npromoted after {promoted:.1f} s, both walls back after {back:.1f} s, a report taken after {written:.1f} s"
    )
    assert back < BACK_S
    many.run("standby")
    assert "is sync" in many.run("status")
    sent, taken = numbers.finish(90), reporter.finish()
    until(lambda: len(stored(many)) >= sent, 60, 0.3)
    assert stored(many) == list(range(sent)), "nothing is missing and nothing double"
    assert taken <= set(events(many))
    for screen in screens:
        until(lambda screen=screen: shown(screen) == sent - 1)
        screen.close()


def shown(screen: Screen) -> int:
    """The device's newest number on a screen."""
    _, layers = screen.shown()
    latest = layers.get("devices", {}).get("air-01", {}).get("latest", {}).get(METRIC)
    return -1 if latest is None else int(latest[1])


def stored(many: Many) -> list[int]:
    """The numbers that are stored, each as often as it is."""
    return [int(value) for value in asked(many, "SELECT value FROM reading ORDER BY value")]


def events(many: Many) -> list[str]:
    """The events that are stored."""
    return [str(value) for value in asked(many, "SELECT id FROM grid_event")]


def asked(many: Many, query: str) -> list[object]:
    """The first column of what the database that takes writes answers."""
    engine = open_engine(many.settings["COCKPIT_DATABASE_URL"])
    try:
        with engine.connect() as connection:
            return list(connection.scalars(text(query)))
    finally:
        engine.dispose()
