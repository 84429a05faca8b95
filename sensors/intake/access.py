"""Who may publish and subscribe what: one answer for every broker.

A right is an exact topic: a device's own channels and commands; for a gateway also those of the
devices behind it, and the topics that protocols with a root of their own give to an edge node.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sensors import topics
from sensors.codecs.installed import Codecs
from sensors.devices.kept_registry import Registry
from sensors.devices.registry import Device
from store.instant import now


@dataclass(frozen=True, slots=True)
class Rights:
    """The topics that a user may publish on, and those that it may subscribe to."""

    writes: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()


NONE = Rights()


def rights(devices: Iterable[Device], codecs: Codecs) -> dict[str, Rights]:
    """The rights of every registered device that is let in now, by user name."""
    at = now()
    active = [device for device in devices if device.is_let_in(at)]
    behind: dict[str, list[str]] = {device.id: [] for device in active}
    spoken_for: dict[str, list[Device]] = {device.id: [device] for device in active}
    for device in active:
        if device.gateway in behind:
            behind[device.gateway].append(device.id)
            spoken_for[device.gateway].append(device)
    found: dict[str, Rights] = {}
    for device in active:
        writes = [topic for one in spoken_for[device.id] for topic in topics.channels(one.community, one.id)]
        reads = [topics.command(one.community, one.id) for one in spoken_for[device.id]]
        for protocol in codecs.protocols.values():
            writes += protocol.writes(device.id, device.community, behind[device.id])
            reads += protocol.reads(device.id, device.community, behind[device.id])
        found[device.id] = Rights(frozenset(writes), frozenset(reads))
    return found


def service_reads(codecs: Codecs) -> list[str]:
    """What the cockpit itself subscribes to."""
    return [topics.DEVICE_FILTER, topics.LIVE_FILTER, *(f"{root}/#" for root in codecs.protocols)]


def service_writes(codecs: Codecs) -> list[str]:
    """What the cockpit itself publishes on: deltas, commands, and what protocols ask of edge nodes."""
    asked = [f for protocol in codecs.protocols.values() for f in protocol.reads("+", "+", ["+"])]
    return [topics.LIVE_FILTER, topics.command("+", "+"), *asked]


class Access:
    """The rights as the embedded broker asks for them: worked out again when the registry changed."""

    def __init__(self, registry: Registry, codecs: Codecs) -> None:
        self._registry = registry
        self._codecs = codecs
        self._version = -1
        self._rights: dict[str, Rights] = {}

    def of(self, username: str) -> Rights:
        """The rights of a user; none where it is not registered, or revoked."""
        version = self._registry.version
        if version != self._version:
            self._rights = rights(self._registry.devices, self._codecs)
            self._version = version
        return self._rights.get(username, NONE)
