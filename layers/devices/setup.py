"""What sets a device up: its credentials, as text and as a QR code, and what is still to be said of it."""

from typing import Any
from urllib.parse import quote

import segno
from sqlalchemy import Connection, func, select

from layers import words as spoken
from sensors import topics
from sensors.bus.client import BrokerAddress
from sensors.devices import words
from sensors.devices.likely import likely
from sensors.devices.registry import Device
from sensors.metrics import metrics
from sensors.readings import history
from sensors.tables import quarantine
from store.instant import DAY, format_rfc3339, now

LOCAL = ("127.0.0.1", "localhost", "::1")
REFUSED: int = 7 * DAY
"""So far back refused messages are counted."""
REFUSED_TOLD = 5


def credentials(
    broker: BrokerAddress, asked_at: str, device: Device, secret: str, *, is_only_here: bool = False
) -> dict[str, Any]:
    """What a device needs to connect; ``asked_at`` is the host at which the cockpit was asked.

    ``only_here`` says why no other machine gets in: the "broker" listens on this one only, or the "address" is its own.

    ``uri`` is the same as one text, ``qr`` a QR code of it: ``path`` of an SVG, one unit a module, ``size`` its side.
    """
    host = asked_at if broker.host in LOCAL else broker.host
    topic = topics.base(device.community, device.id)
    scheme = "mqtts" if broker.tls else "mqtt"
    bracketed = f"[{host}]" if ":" in host else host
    uri = f"{scheme}://{quote(device.id)}:{quote(secret)}@{bracketed}:{broker.port}/{topic}/telemetry"
    return {
        "device": device.id,
        "username": device.id,
        "password": secret,
        "topic": topic,
        "host": host,
        "port": broker.port,
        "tls": broker.tls,
        "only_here": "broker" if is_only_here else "address" if host in LOCAL else None,
        "uri": uri,
        "qr": qr(uri),
    }


def qr(text: str) -> dict[str, Any]:
    """A text as a QR code with its quiet zone, for an SVG's path."""
    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=4)]
    runs = [f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, module in enumerate(row) if module]
    return {"size": len(rows), "path": "".join(runs)}


def told(connection: Connection, device: Device) -> dict[str, Any]:
    """A device's words, the names that nobody knows, each with what it likely means, and how much was refused."""
    said, known = history.metrics_of(connection, device.id), words.of_device(connection, device)
    meant = {one.key.word for one in known}
    return {
        "words": [
            {
                "word": one.key.word,
                "for": one.key.scope,
                "metric": one.metric,
                "since": format_rfc3339(one.since),
            }
            for one in known
        ],
        "unknown": [
            {"word": name, "likely": likely(name)} for name in said if name not in metrics() and name not in meant
        ],
        "refused": _refused(connection, device),
    }


def _refused(connection: Connection, device: Device) -> dict[str, Any]:
    """How many of its messages were refused lately, and the newest with why, in the language that is spoken."""
    c = quarantine.c
    lately = (c.device == device.id, c.received >= now() - REFUSED)
    count = connection.scalar(select(func.count()).select_from(quarantine).where(*lately)) or 0
    query = select(c.received, c.reason, c.detail).where(*lately).order_by(c.id.desc()).limit(REFUSED_TOLD)
    newest = [
        {"received": format_rfc3339(row.received), "why": spoken.told(f"{row.reason}: {row.detail}")}
        for row in connection.execute(query)
    ]
    return {"count": count, "newest": newest}
