"""The codecs of this installation: those of the entry-point group ``cockpit.codecs``, and the operator's mappings."""

from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from sensors.codecs.declare import JsonCodec, ProtocolCodec
from sensors.codecs.mapping import read_folder
from sensors.codecs.sample import Sample, checked, type_name
from sensors.errors import CodecError
from sensors.jsonin import decode as decode_json
from sensors.refusal import Reason, Refused
from store.instant import Instant

ENTRY_POINTS = "cockpit.codecs"


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
        json += read_folder(folder)
    codes = [codec.code for codec in json] + [codec.code for codec in protocols]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise CodecError(f"{twice[0]!r}: two codecs have this name")
    json.sort(key=lambda codec: codec.order)
    return Codecs({codec.code: codec for codec in json}, {codec.root: codec for codec in protocols})
