"""A real Mosquitto of the tests' own: a free loopback port, a temporary folder."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from sensors.topics import DEVICE_FILTER, LIVE_FILTER
from tests.running import free_port, until

SERVICE = "cockpit"
ACL = f"""\
user {SERVICE}
topic read {DEVICE_FILTER}
topic readwrite {LIVE_FILTER}
pattern write cim/v1/+/%u/telemetry
pattern write cim/v1/+/%u/event
pattern write cim/v1/+/%u/status
"""


@dataclass
class Mosquitto:
    """Debian's broker with a service account; devices bring the hashes of the registry."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def url(self, secret: str) -> str:
        """What COCKPIT_MQTT_URL is for this broker."""
        return f"mqtt://{SERVICE}:{secret}@127.0.0.1:{self.port}"

    def start(self, hashes: dict[str, str], more_acl: str = "") -> None:
        """Write its files and start it; ``hashes`` maps user names to ``$7$`` hashes."""
        passwords, acl, settings = (self.folder / name for name in ("passwords", "acl", "mosquitto.conf"))
        for path in (passwords, acl):
            path.touch(0o600)
        passwords.write_text("".join(f"{user}:{hashed}\n" for user, hashed in hashes.items()))
        acl.write_text(ACL + more_acl)
        settings.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\nacl_file {acl}\n"
            f"user root\nlog_dest file {self.folder / 'log'}\nmax_queued_messages 1000000\n"
            f"persistence true\npersistence_location {self.folder}/\n"
        )
        self.launch()

    def launch(self) -> None:
        """Start it with the files that it has, and with the sessions that it kept."""
        settings = self.folder / "mosquitto.conf"
        (self.folder / "log").unlink(missing_ok=True)
        self.process = subprocess.Popen(["/usr/sbin/mosquitto", "-c", str(settings)], stderr=subprocess.DEVNULL)
        until(lambda: "running" in (self.folder / "log").read_text() if (self.folder / "log").exists() else False)

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
