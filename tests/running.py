"""A cockpit as a user runs it: the command in a process of its own, real clients around it."""

import asyncio
import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TypeVar

import httpx
import psutil
from playwright.sync_api import Page

from cockpit import tokens
from cockpit.people import sessions, users
from cockpit.people.identify import SESSION
from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.topics import base
from store.engine import open_engine, writing
from store.instant import DAY, format_rfc3339, now
from store.migrate import upgrade
from tests import empty, prepared

COMMAND = Path(sys.executable).parent / "cockpit"
BUSY_S = 10.0
"""So long a busy server is asked again."""
START_S = 40
Result = TypeVar("Result")
CHROMIUM = "/usr/bin/chromium-headless-shell"
"""Chromium without a window of its own, whose tab strip would be drawn by the processor too."""
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    # The browser's own calls home; the pages' requests are watched by the tests.
    "--disable-background-networking",
]

SPAN = {"from": format_rfc3339(now() - 180 * DAY), "to": format_rfc3339(now() + 180 * DAY)}
"""A period around today, no longer than a stranger may ask for."""


def strip(code: str, name: str, west: float, east: float, **more: Any) -> dict[str, Any]:
    """A grid of a survey from 28.92 to 28.94 degrees north."""
    ring = [[west, 28.92], [east, 28.92], [east, 28.94], [west, 28.94], [west, 28.92]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"code": code, "name": name} | more, "geometry": shape}


PORTS = 4000
"""Ports of a worker of the tests, of which each has its own, all below those that the system gives to clients."""
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 5
_next_port = itertools.cycle(range(11_000 + _worker * PORTS, 11_000 + (_worker + 1) * PORTS))
for _ in range(os.getpid() % PORTS):
    next(_next_port)


def free_port() -> int:
    """A loopback port that nobody listens on, and that no client is given in the meantime."""
    for port in itertools.islice(_next_port, PORTS):
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise OSError("no free port on loopback")


def until(condition: Callable[[], Any], seconds: float = 10, every: float = 0.02) -> Any:
    """Wait for something to become true; returns it, or fails with what it last was."""
    deadline = time.monotonic() + seconds
    while True:
        last = condition()
        if last:
            return last
        assert time.monotonic() < deadline, f"not within {seconds} s; last: {last!r}"
        time.sleep(every)


def run_async(work: Coroutine[Any, Any, Result]) -> Result:
    """Run it in a loop of a thread of its own: the driver of the tests' browser has one running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@dataclass
class Credentials:
    """What ``cockpit device add --json`` prints."""

    device: str
    username: str
    password: str
    topic: str


@dataclass
class Cockpit:
    """One running cockpit with its own data folder and ports."""

    folder: Path
    http: int = field(default_factory=free_port)
    mqtt: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | prepared.Process | None = None
    command: list[str | Path] = field(default_factory=lambda: [COMMAND])

    @property
    def url(self) -> str:
        """The root of its pages."""
        return f"http://127.0.0.1:{self.http}"

    @property
    def environment(self) -> dict[str, str]:
        """Its settings, in nobody else's environment."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("COCKPIT_")}
        own = {
            "COCKPIT_HTTP_PORT": str(self.http),
            "COCKPIT_MQTT_PORT": str(self.mqtt),
            "COCKPIT_DATA_DIR": str(self.folder / "data"),
            # Receivers of tests are on this machine.
            "COCKPIT_WEBHOOK_NETWORKS": '["127.0.0.0/8"]',
        }
        return clean | own | self.settings

    @property
    def data(self) -> Path:
        """Its data folder."""
        return Path(self.settings.get("COCKPIT_DATA_DIR", self.folder / "data"))

    @property
    def log(self) -> str:
        """What it logged so far."""
        return (self.folder / "log").read_text(encoding="utf-8")

    def start(self, *arguments: str, command: str = "up") -> "Cockpit":
        """Start it and wait until it is ready."""
        self._give()
        with (self.folder / "log").open("a") as log:
            if self.command == [COMMAND]:
                given = [command, *arguments]
                self.process = prepared.start(given, self.folder, self.environment, subprocess.PIPE, log)
            else:
                self.process = subprocess.Popen(
                    [*self.command, command, *arguments],
                    cwd=self.folder,
                    env=self.environment,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                )
        until(self.is_ready, START_S, 0.05)
        return self

    def _give(self) -> None:
        # Migrations have tests of their own; at the start of each cockpit they would take half a second.
        kept = self.data / "cockpit.db"
        if not kept.exists() and "COCKPIT_DATABASE_URL" not in self.settings:
            self.data.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(empty.sqlite())

    def is_ready(self) -> bool:
        """Whether it answers that it is; fails where its process has ended."""
        assert self.process is not None
        assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.log}"
        asked = http.client.HTTPConnection("127.0.0.1", self.http, timeout=5)
        try:
            asked.request("GET", "/readyz")
            return asked.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            asked.close()

    @property
    def processes(self) -> list[psutil.Process]:
        """What was started, and what it began in turn: of ``up`` what takes from devices, then what serves pages."""
        assert self.process is not None
        first = psutil.Process(self.process.pid)
        return [first, *sorted(first.children(), key=lambda one: one.create_time())]

    def hang(self) -> None:
        """It answers nobody any more, and lets go of nothing."""
        for one in self.processes:
            one.suspend()

    def go_on(self) -> None:
        """As before it hung."""
        for one in self.processes:
            one.resume()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait; returns the exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(number)
        code = self.process.wait(timeout=20)
        self.process = None
        return code

    def run(self, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run another command with the same settings, and something on its standard input."""
        if self.command == [COMMAND]:
            return self._run_prepared([str(one) for one in arguments], given or "")
        return subprocess.run(
            [*self.command, *arguments],
            cwd=self.folder,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def _run_prepared(self, arguments: list[str], given: str) -> subprocess.CompletedProcess[str]:
        with TemporaryFile("w+") as stdin, TemporaryFile("w+") as stdout, TemporaryFile("w+") as stderr:
            stdin.write(given)
            stdin.seek(0)
            process = prepared.start(arguments, self.folder, self.environment, stdout, stderr, stdin)
            code = process.wait(timeout=60)
            told = [stream.seek(0) or stream.read() for stream in (stdout, stderr)]
        return subprocess.CompletedProcess([*self.command, *arguments], code, *told)

    def answer(self, *arguments: str) -> Any:
        """Run a command with ``--json`` and read its one line."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("\n") == 1
        return json.loads(done.stdout)

    def add_device(self, device: str, kind: str = "air", **options: Any) -> Credentials:
        """Register a device of heling as the command does, without a process for each."""
        renamed = {"lon": "raw_lon", "lat": "raw_lat", "interval": "interval_s"}
        given = {renamed.get(name, name): value for name, value in options.items()}
        new = Device(id=device, community="heling", kind=kind, **{"name": f"{kind} {device}"} | given)
        self._give()
        engine = open_engine(self.settings.get("COCKPIT_DATABASE_URL") or f"sqlite:///{self.data}/cockpit.db")
        try:
            upgrade(engine)
            return Credentials(device, device, registry.add(engine, new), base("heling", device))
        finally:
            engine.dispose()

    def add_by_command(self, device: str, kind: str = "air", community: str = "heling", **options: Any) -> Credentials:
        """Register a device by the command; options are those of the command."""
        given = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        made = self.answer("device", "add", "--community", community, "--id", device, "--kind", kind, *given)
        return Credentials(**made)

    def add_user(self, name: str, role: str, *communities: str) -> str:
        """Somebody with a session; returns the value of its cookie."""
        engine = open_engine(self.settings.get("COCKPIT_DATABASE_URL") or f"sqlite:///{self.data}/cockpit.db")
        try:
            with writing(engine) as connection:
                users.add(connection, name, role, communities or ("*",), "tests")
                return sessions.start(connection, name)
        finally:
            engine.dispose()

    def sign_in(self, page: Page, name: str, role: str, *communities: str) -> None:
        """Let a page's browser be signed in as somebody new."""
        page.context.add_cookies([self.cookie(self.add_user(name, role, *communities))])

    def cookie(self, session: str) -> Any:
        """A session as a browser keeps it."""
        return {"name": SESSION, "value": session, "url": self.url}

    def import_grids(self, *grids: dict[str, Any]) -> None:
        """Import a survey of heling's grids by the command; each is a `strip`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        survey = self.folder / "grids.geojson"
        survey.write_text(json.dumps({"type": "FeatureCollection", "features": grids}), encoding="utf-8")
        self.answer("geo", "import", str(survey), "--community", "heling", "--kind", "grids")

    @cached_property
    def steward(self) -> dict[str, str]:
        """What a steward of all communities sends with each request."""
        engine = open_engine(self.settings.get("COCKPIT_DATABASE_URL") or f"sqlite:///{self.data}/cockpit.db")
        try:
            token = tokens.add(engine, "the tests' steward", "steward", ["*"], 1, "tests")
        finally:
            engine.dispose()
        return {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **query: Any) -> Any:
        """The JSON at an address of the API, as a stranger; the quarantine answers a steward only."""
        who = self.steward if path.endswith("/quarantine") else {}
        until_s = time.monotonic() + BUSY_S
        answer = httpx.get(f"{self.url}{path}", params=query, headers=who)
        # A busy server says to come again, and whoever is told so does.
        while answer.status_code == 503 and "Retry-After" in answer.headers and time.monotonic() < until_s:
            time.sleep(0.2)
            answer = httpx.get(f"{self.url}{path}", params=query, headers=who)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def readings(self, device: str, metric: str, **query: Any) -> list[dict[str, Any]]:
        """The readings of a device, newest first."""
        return self.get(f"/api/v1/heling/devices/{device}/readings", metric=metric, **query)["readings"]

    def numbers(self, device: str, metric: str, **query: Any) -> list[int]:
        """All values of a metric that are stored, oldest first, page by page."""
        found: list[int] = []
        cursor: dict[str, str] = {}
        while True:
            path = f"/api/v1/heling/devices/{device}/readings"
            page = self.get(path, metric=metric, limit=1000, **query, **cursor)
            found += [int(reading["value"]) for reading in page["readings"]]
            if page["next_cursor"] is None:
                return found[::-1]
            cursor = {"cursor": page["next_cursor"]}

    def publish(self, who: Credentials, channel: str, payload: Any, *, topic: str | None = None, **more: str) -> int:
        """Publish by Debian's mosquitto_pub at QoS 1; returns its exit code: 0 once it was acknowledged."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
        target = topic or f"{who.topic}/{channel}"
        command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.mqtt), "-q", "1", "-t", target]
        command.append("-s" if body else "-n")
        command += ["-u", who.username, "-P", who.password]
        command += [part for name, value in more.items() for part in (f"--{name.replace('_', '-')}", value)]
        return subprocess.run(command, input=body, capture_output=True, timeout=30).returncode
