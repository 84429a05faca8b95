"""What a codec is, and how codecs are found: the entry-point group ``cockpit.codecs``.

A codec that recognises its own payloads needs no word from anybody: a device that is registered
without a codec may send any of them. One that does not is named when the device is registered.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection

from sensors.batch import Message
from sensors.codecs.sample import Sample, checked, type_name
from sensors.commands import Response
from sensors.errors import CodecError
from sensors.jsonin import decode as decode_json
from sensors.refusal import Reason, Refused
from sensors.registry import Device
from store.instant import Instant

ENTRY_POINTS = "cockpit.codecs"


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


@dataclass(frozen=True)
class Codecs:
    """The codecs of this installation."""

    json: dict[str, JsonCodec] = field(default_factory=dict)
    protocols: dict[str, ProtocolCodec] = field(default_factory=dict)

    def decode(self, payload: bytes, arrived: Instant, device: str, code: str | None) -> list[Sample]:
        """Read a ``telemetry`` payload by the codec that the device declared, or by the one that recognises it.

        Raises
        ------
        Refused
            If it cannot be read, or carries no finite value.
        """
        content = decode_json(payload)
        return checked(self._codec_for(content, code).read(content, arrived, device))

    def _codec_for(self, content: Any, code: str | None) -> JsonCodec:
        if code is not None:
            declared = self.json.get(code)
            if declared is None:
                raise Refused(Reason.UNKNOWN_CODEC, f"codec {code!r} is not installed here")
            return declared
        for codec in self.json.values():
            if codec.recognises is not None and codec.recognises(content):
                return codec
        raise Refused(Reason.WRONG_SHAPE, f"expected an object or a list, got {type_name(content)}")


@cache
def codecs(folder: Path | None = None) -> Codecs:
    """Every installed codec, and the mappings of a folder; those that recognise payloads in their order.

    Raises
    ------
    CodecError
        If a plug-in or a mapping file is faulty, with which and why.
    """
    json: list[JsonCodec] = []
    protocols: list[ProtocolCodec] = []
    for point in entry_points(group=ENTRY_POINTS):
        found = point.load()
        for codec in found() if callable(found) else [found]:
            (json if isinstance(codec, JsonCodec) else protocols).append(codec)
    if folder is not None:
        # Here, not above: a mapping is made of what this module declares.
        from sensors.codecs.mapping import read_folder

        json += read_folder(folder)
    codes = [codec.code for codec in json] + [codec.code for codec in protocols]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise CodecError(f"{twice[0]!r}: two codecs have this name")
    json.sort(key=lambda codec: codec.order)
    return Codecs({codec.code: codec for codec in json}, {codec.root: codec for codec in protocols})
