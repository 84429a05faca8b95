"""A Mosquitto that asks its clients for a certificate of the town's own authority, beside the password."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.running import Cockpit, Credentials, free_port, until


def write(folder: Path, name: str, certificate: trustme.LeafCert) -> tuple[Path, Path]:
    """A certificate with its chain, and its key, as files."""
    chain, key = folder / f"{name}.pem", folder / f"{name}.key"
    chain.write_bytes(b"".join(part.bytes() for part in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(key)
    return chain, key


@pytest.fixture
def town(own_cockpit: Cockpit, tmp_path: Path) -> Iterator[tuple[Cockpit, subprocess.Popen[bytes]]]:
    authority = trustme.CA(organization_name="方岩镇")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server, server_key = write(tmp_path, "server", authority.issue_cert("127.0.0.1"))
    ours, our_key = write(tmp_path, "cockpit", authority.issue_cert("cockpit@fangyan.example"))
    write(tmp_path, "device", authority.issue_cert("air-01@fangyan.example"))
    write(tmp_path, "stranger", trustme.CA().issue_cert("air-01@elsewhere.example"))
    own_cockpit.mqtt = free_port()
    own_cockpit.add_device("known")
    options = ["--port", str(own_cockpit.mqtt), "--certificate", str(server), "--key", str(server_key)]
    options += ["--clients-ca", str(tmp_path / "ca.pem")]
    made = own_cockpit.answer("broker", "config", str(tmp_path / "mosquitto"), *options)
    settings = tmp_path / "mosquitto" / "mosquitto.conf"
    settings.write_text(settings.read_text() + f"user root\nlog_dest file {tmp_path}/mosquitto.log\n")
    own_cockpit.settings |= {
        "COCKPIT_MQTT_URL": made["url"],
        "COCKPIT_MQTT_CA": str(tmp_path / "ca.pem"),
        "COCKPIT_MQTT_CERTIFICATE": str(ours),
        "COCKPIT_MQTT_KEY": str(our_key),
    }
    broker = subprocess.Popen(["/usr/sbin/mosquitto", "-c", settings], stderr=subprocess.DEVNULL)
    yield own_cockpit, broker
    own_cockpit.stop()
    broker.terminate()
    broker.wait(10)


def publish(cockpit: Cockpit, folder: Path, who: Credentials, certificate: str | None) -> int:
    """Publish by mosquitto_pub with a certificate, or with none."""
    options = {"cafile": str(folder / "ca.pem")}
    if certificate is not None:
        options |= {"cert": str(folder / f"{certificate}.pem"), "key": str(folder / f"{certificate}.key")}
    return cockpit.publish(who, "telemetry", {"pm2_5": 35}, **options)


def test_a_device_needs_a_certificate_of_the_town_and_its_own_password(
    town: tuple[Cockpit, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    cockpit, broker = town
    air = cockpit.add_device("air-01")
    # The password file is written anew with the device in it; Mosquitto reads it when it is told to.
    folder = tmp_path / "mosquitto"
    again = [
        *("--port", str(cockpit.mqtt), "--certificate", str(tmp_path / "server.pem")),
        *("--key", str(tmp_path / "server.key"), "--clients-ca", str(tmp_path / "ca.pem")),
    ]
    cockpit.answer("broker", "config", str(folder), *again)
    broker.send_signal(signal.SIGHUP)
    cockpit.start()
    assert publish(cockpit, tmp_path, air, None) != 0
    assert publish(cockpit, tmp_path, air, "stranger") != 0
    assert publish(cockpit, tmp_path, Credentials("air-01", "air-01", "guess", air.topic), "device") != 0
    assert until(lambda: publish(cockpit, tmp_path, air, "device") == 0)
    until(lambda: [r["value"] for r in cockpit.readings("air-01", "pm2_5")] == [35])


def test_a_missing_certificate_of_ours_is_named(own_cockpit: Cockpit) -> None:
    own_cockpit.settings |= {"COCKPIT_MQTT_URL": "mqtts://u:s@127.0.0.1:1", "COCKPIT_MQTT_CERTIFICATE": "gone.pem"}
    done = own_cockpit.run("ingest")
    assert (done.returncode, done.stderr) == (2, "cockpit: COCKPIT_MQTT_CERTIFICATE: no file 'gone.pem'\n")
