"""What a codec is (`sensors.codecs.installed` finds those that there are).

A codec that recognises its own payloads needs no word from anybody: a device that is registered
without a codec may send any of them. One that does not is named when the device is registered.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection

from sensors.bus.message import Message
from sensors.codecs.sample import Sample
from sensors.commands.commands import Response
from sensors.devices.registry import Device
from sensors.refusal import Refused
from store.instant import Instant


@dataclass(frozen=True, kw_only=True)
class JsonCodec:
    """A codec of JSON payloads on a device's ``telemetry`` topic.

    ``read`` takes the decoded JSON, the time of arrival and the device's id. ``recognises`` tells a
    payload of this codec by its shape; None where it cannot be told. Of several that recognise a
    payload the one of the lowest ``order`` reads it.
    """

    code: str
    name: str
    name_en: str
    read: Callable[[Any, Instant, str], list[Sample]]
    recognises: Callable[[Any], bool] | None = None
    order: int = 50


@dataclass(slots=True)
class Said:
    """What a message said of one device: samples, whether it is connected, an answer, a report for a layer.

    ``fault`` is why a part of the message could not be taken, where the rest is.
    """

    device: Device
    samples: Sequence[Sample] = ()
    connected: bool | None = None
    response: Response | None = None
    report: tuple[str, Any] | None = None
    fault: Refused | None = None


class Session(Protocol):
    """A protocol with topics and state of its own, as an ingester keeps it."""

    def take(self, connection: Connection, message: Message, device_of: "DeviceOf") -> Iterable[Said]:
        """Read a message below the protocol's root; raises `Refused` where it cannot be taken."""

    def store(self, connection: Connection) -> None:
        """Write what the session must know after a restart, in the ingest's transaction."""

    def forget(self) -> None:
        """Read its state again: what it took was not committed."""

    def requests(self) -> list[tuple[str, bytes]]:
        """(topic, payload) to publish once the transaction is committed; told once."""


DeviceOf = Callable[[str, str], Device]
"""(community, id) -> the registered device; raises `Refused` where there is none."""


@dataclass(frozen=True, kw_only=True)
class ProtocolCodec:
    """A protocol whose messages come on topics of its own, below ``root``.

    ``writes`` answers the topics that an edge node may publish on: (its id, its community, the ids
    of the devices behind it). ``reads`` those that it may subscribe to.
    """

    code: str
    name: str
    name_en: str
    root: str
    open: Callable[[], Session]
    writes: Callable[[str, str, Iterable[str]], list[str]]
    reads: Callable[[str, str, Iterable[str]], list[str]]
    order: int = 50
