"""The files of a cluster of NATS servers with an MQTT listener each, written from the registry.

NATS knows secrets by bcrypt only, and topics as subjects: ``/`` is ``.``, ``+`` is ``*``, ``#`` is ``>``.
On SIGHUP a server reads its files again and ends the connections of those that may no longer connect.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensors.brokers.files import Tls, replace
from sensors.codecs.installed import Codecs
from sensors.devices import credentials
from sensors.devices.declared import SERVICE_USER
from sensors.devices.registry import Device
from sensors.intake.access import Rights, rights, service_reads, service_writes

USERS, SERVICE, ROUTE = "users.conf", "service", "route"
REPLICAS = 3
MAX_ACK_PENDING = 2_000
# What NATS itself needs of a client with subscriptions of QoS 1 (NATS documentation, MQTT, "Permissions").
DELIVERIES = "$MQTT.sub.>"


@dataclass(frozen=True)
class Node:
    """Where a server of the cluster listens: for devices, for the others, and for NATS' own clients."""

    name: str
    host: str
    mqtt: int
    route: int
    client: int


def nodes(hosts: Sequence[str], mqtt: int, route: int, client: int) -> list[Node]:
    """A server on each host; several on one host take one port after the other."""
    found: list[Node] = []
    for index, host in enumerate(hosts):
        before = sum(node.host == host for node in found)
        found.append(Node(f"node-{index + 1}", host, mqtt + before, route + before, client + before))
    return found


def write(
    folder: Path, cluster: Sequence[Node], devices: Iterable[Device], codecs: Codecs, tls: Tls | None = None
) -> tuple[str | None, list[str]]:
    """Write ``users.conf`` and a file for each server.

    Returns
    -------
    tuple
        The secret of the service account where it is new, else None; and the devices whose secret was given
        before there was a hash for NATS: they cannot connect until it is rotated.
    """
    folder.mkdir(parents=True, exist_ok=True)
    secret = None
    if not (folder / SERVICE).is_file():
        secret = credentials.new_secret()
        replace(folder / SERVICE, credentials.hash_bcrypt(secret))
    if not (folder / ROUTE).is_file():
        replace(folder / ROUTE, credentials.new_secret())
    known = list(devices)
    hashes = {device.id: device.secret_bcrypt for device in known if device.revoked is None}
    service = Rights(frozenset(service_writes(codecs)), frozenset(service_reads(codecs)))
    users = [_user(SERVICE_USER, (folder / SERVICE).read_text(encoding="utf-8"), service)]
    for user, allowed in sorted(rights(known, codecs).items()):
        hashed = hashes.get(user)
        if hashed is not None:
            users.append(_user(user, hashed, allowed))
    replace(folder / USERS, "authorization: " + json.dumps({"users": users}, indent=1) + "\n")
    route = (folder / ROUTE).read_text(encoding="utf-8")
    for node in cluster:
        replace(folder / f"{node.name}.conf", _server(folder.absolute(), node, cluster, route, tls))
    return secret, sorted(user for user, hashed in hashes.items() if hashed is None)


def _user(name: str, hashed: str, allowed: Rights) -> dict[str, Any]:
    permissions = {
        "publish": _subjects(allowed.writes),
        "subscribe": [*_subjects(allowed.reads), DELIVERIES],
    }
    return {"user": name, "password": hashed, "permissions": permissions}


def _subjects(topics: Iterable[str]) -> list[str]:
    """The same as subjects. A dot in a topic has no subject before NATS 2.10, so Sparkplug B needs that."""
    whole = {"+": "*", "#": ">"}
    named = sorted(topic for topic in topics if "." not in topic)
    return [".".join(whole.get(level, level) for level in topic.split("/")) for topic in named]


def _server(folder: Path, node: Node, cluster: Sequence[Node], route: str, tls: Tls | None) -> str:
    others = [f"nats-route://route:{route}@{one.host}:{one.route}" for one in cluster if one is not node]
    mqtt: dict[str, Any] = {
        "listen": f"{node.host}:{node.mqtt}",
        "stream_replicas": min(REPLICAS, len(cluster)),
        "max_ack_pending": MAX_ACK_PENDING,
    }
    if tls is not None:
        mqtt["tls"] = {"cert_file": str(tls.certificate.absolute()), "key_file": str(tls.key.absolute())}
        if tls.clients_ca is not None:
            mqtt["tls"] |= {"ca_file": str(tls.clients_ca.absolute()), "verify": True}
    parts = {
        "server_name": node.name,
        "listen": f"127.0.0.1:{node.client}",
        "jetstream": {"store_dir": str(folder / node.name)},
        "mqtt": mqtt,
        "cluster": {
            "name": "cockpit",
            "listen": f"{node.host}:{node.route}",
            "authorization": {"user": "route", "password": route},
            "routes": others,
        },
    }
    lines = ["# Written by cockpit broker config; changes here are lost."]
    lines += [f"{name}: {json.dumps(value)}" for name, value in parts.items()]
    return "\n".join([*lines, f"include {USERS}", ""])
