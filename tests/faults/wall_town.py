"""A small town whose wall is watched: a Mosquitto, a cockpit, a line from the browser to it, devices that talk."""

import random
import shutil
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec

from cockpit import tokens
from sensors.devices.credentials import hash_secret, new_secret
from store.engine import open_engine
from tests.faults.line import Line
from tests.faults.work import AREAS, Lines
from tests.mosquitto import SERVICE, Mosquitto
from tests.running import COMMAND, Cockpit, until

ROOT = Path(__file__).parents[2]
PROGRAM = ("cockpit", "geo", "layers", "sensors", "store")
GATEWAY = "gw-0"
STATIONS = 8
LEVELS = (12, 80, 120, 240)
"""PM2.5 in each of its levels."""
PLACE = {"lon": 120.1975, "lat": 28.93}
EVENTS_KEPT = 6
SPEED_S = 0.1


@dataclass
class Town:
    """All of it; `say` lets something happen that the wall must show."""

    cockpit: Cockpit
    broker: Mosquitto
    line: Line
    lines: Lines
    next_version: Path
    headers: dict[str, str]
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    said: int = 0
    is_next: bool = False

    @property
    def address(self) -> str:
        """Where the browser finds the wall: behind the line."""
        return f"http://127.0.0.1:{self.line.port}/wall/heling"

    def say(self) -> None:
        """Each area takes another colour, a device leaves or returns, people pass, an event or an alarm begins."""
        self.said += 1
        for number in range(STATIONS):
            self._publish(f"air-{number}", "telemetry", {"pm2_5": self.chance.choice(LEVELS)})
        self._publish("air-0", "status", self.chance.choice(["online", "offline"]))
        self._publish("gate-0", "telemetry", {"enter": self.chance.randint(1, 4), "leave": self.chance.randint(0, 3)})
        if self.said % 5 == 0:
            event = {"id": str(time.time_ns()), "category": "facility.lighting", "title": "路灯不亮"}
            severity = self.chance.choice(["minor", "major", "critical"])
            self._publish("air-1", "event", event | {"severity": severity})
        self._publish("smoke-0", "telemetry", {"smoke": self.said % 7 == 0})

    def _publish(self, device: str, channel: str, content: object) -> None:
        payload = content.encode() if isinstance(content, str) else msgspec.json.encode(content)
        self.lines.say(0, device, channel, payload)

    def tidy(self) -> None:
        """Somebody at a desk ends what has stood long enough, as people do over months."""
        with httpx.Client(base_url=f"{self.cockpit.url}/api/v1/heling", headers=self.headers, timeout=10) as desk:
            events = desk.get("/events", params={"state": "open", "limit": 100}).json()["features"]
            for event in events[EVENTS_KEPT:]:
                desk.post(f"/events/{event['properties']['id']}/transitions", json={"to": "void", "note": "查无此事"})
            for alarm in desk.get("/alarms", params={"state": "open"}).json()["alarms"]:
                for deed in {"acknowledge", "reset"} & set(alarm["possible"]):
                    desk.post(f"/alarms/{alarm['id']}/{deed}", json={"note": "已核实"})

    def work(self, seconds: float) -> None:
        """Let the town talk for so long, then wait until the broker has all of it."""
        until_then = time.monotonic() + seconds
        while time.monotonic() < until_then:
            self.say()
            time.sleep(SPEED_S)
        self.lines.wait()
        self.tidy()

    def kill(self) -> None:
        """Everything of the cockpit is gone at once."""
        processes = self.cockpit.processes
        self.cockpit.stop(signal.SIGKILL)
        until(lambda: not any(one.is_running() and one.status() != "zombie" for one in processes))

    def kill_pages(self) -> None:
        """The process that serves pages is gone; who began it begins it again."""
        self.cockpit.processes[-1].kill()

    def begin(self) -> None:
        """Start the cockpit, of the version that is in use."""
        self.cockpit.command = [sys.executable, "-m", "cockpit"] if self.is_next else [COMMAND]
        self.cockpit.settings["PYTHONPATH"] = str(self.next_version) if self.is_next else ""
        self.cockpit.start()

    def renew(self) -> None:
        """Stop it, and start another version."""
        self.cockpit.stop()
        self.is_next = not self.is_next

    def stop(self) -> None:
        """End everything."""
        self.lines.close()
        self.cockpit.stop()
        self.line.cut()
        self.broker.stop()


def begun(cockpit: Cockpit, folder: Path) -> Town:
    """A town that runs, with the places of its devices."""
    secret = new_secret()
    gateway = cockpit.add_device(GATEWAY, "gateway").password
    hashes = {SERVICE: hash_secret(secret), GATEWAY: hash_secret(gateway)}
    for number in range(STATIONS):
        lon, lat = AREAS[number % len(AREAS)]
        # Each on a spot of its own: what stands on one spot is drawn apart, without a dot that tells its status.
        cockpit.add_device(f"air-{number}", lon=lon + 0.0004 * (number // len(AREAS)), lat=lat, interval=3600)
    cockpit.add_device("gate-0", "gate", site="fangyan", lon=120.2075, lat=28.9368, interval=3600)
    cockpit.add_device("smoke-0", "smoke", interval=3600, **PLACE)
    (folder / "mosquitto").mkdir()
    broker = Mosquitto(folder / "mosquitto")
    broker.start(hashes, f"user {GATEWAY}\ntopic write cim/v1/heling/#\n")
    cockpit.settings |= {"COCKPIT_MQTT_URL": broker.url(secret), "COCKPIT_LOG_LEVEL": "warning"}
    engine = open_engine(f"sqlite:///{cockpit.data}/cockpit.db")
    token = tokens.add(engine, "desk", "manager", ["*"], 1, "tests")
    engine.dispose()
    line = Line(cockpit.http)
    line.start()
    headers = {"Authorization": f"Bearer {token}"}
    town = Town(cockpit, broker, line, Lines(broker.port, {GATEWAY: gateway}), _next_version(folder), headers)
    town.begin()
    return town


def _next_version(folder: Path) -> Path:
    """The same program with another style sheet: to a page another version."""
    made = folder / "next"
    made.mkdir()
    for name in PROGRAM:
        (made / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "assets", made / "assets")
    (made / "assets" / "css" / "99-next.css").write_text("/* another version */\n")
    return made
