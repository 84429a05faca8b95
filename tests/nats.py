"""A real NATS cluster of the tests' own: three servers on free loopback ports, started as an operator does."""

import os
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.running import COMMAND, Cockpit, free_port, until

SCRIPT = Path(__file__).parents[1] / "deploy" / "nats-cluster.sh"
NODES = 3


@dataclass
class Cluster:
    """The cluster that deploy/nats-cluster.sh starts from a cockpit's registry."""

    cockpit: Cockpit
    port: int = field(default_factory=lambda: three_free_ports())
    process: subprocess.Popen[str] | None = None

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self.cockpit.folder / "cluster"

    @property
    def ports(self) -> list[int]:
        """Where the nodes listen for MQTT."""
        return [self.port + number for number in range(NODES)]

    def start(self) -> str:
        """Start it; returns what COCKPIT_MQTT_URL is for it."""
        ports = {"MQTT_PORT": self.port, "ROUTE_PORT": three_free_ports(), "CLIENT_PORT": three_free_ports()}
        environment = self.cockpit.environment | {name: str(port) for name, port in ports.items()}
        self.process = subprocess.Popen(
            [SCRIPT, self.folder],
            cwd=self.cockpit.folder,
            env=environment | {"COCKPIT": str(COMMAND)},
            stdout=subprocess.PIPE,
            stderr=(self.cockpit.folder / "cluster.log").open("w"),
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.process.stdout.readline()
        url = self.process.stdout.readline().partition("=")[2].split()[0]
        until(self._has_a_leader, 30, 0.2)
        return url

    def _has_a_leader(self) -> bool:
        logs = [self.folder / f"node-{number + 1}.log" for number in range(NODES)]
        return any(log.exists() and "JetStream cluster new metadata leader" in log.read_text() for log in logs)

    def kill(self, number: int) -> None:
        """Kill a node, which has no time to say good-bye."""
        os.kill(int((self.folder / f"node-{number + 1}.pid").read_text()), signal.SIGKILL)

    def stop(self) -> None:
        """End all of it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)


def three_free_ports() -> int:
    """The first of three loopback ports in a row that nobody listens on."""
    while True:
        first, second, third = free_port(), free_port(), free_port()
        if (second, third) == (first + 1, first + 2):
            return first
