"""Frames: encoded once for all who watch, and compressed once for those who ask for it."""

import asyncio
import zlib
from typing import Any

import msgspec

from store.instant import MILLISECOND, now

LEVEL = 1
"""Of zlib: two thirds of what its greatest level saves, for a tenth of its time."""
SMALL = 64 * 1024
"""Characters that are compressed on the way: a tenth of a millisecond, or so."""

_encoder = msgspec.json.Encoder()


class Frame:
    """A frame as JSON, and as the same compressed (RFC 1951) once somebody asks for that."""

    __slots__ = ("_packed", "_packing", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._packed: bytes | None = None
        self._packing: asyncio.Task[bytes] | None = None

    async def packed(self) -> bytes:
        """Compressed, once for all; what is large is so beside the loop, which goes on meanwhile."""
        if self._packed is None:
            if len(self.text) <= SMALL:
                self._packed = _compress(self.text)
            else:
                self._packing = self._packing or asyncio.create_task(asyncio.to_thread(_compress, self.text))
                self._packed = await asyncio.shield(self._packing)
        return self._packed


def frame(kind: str, community: str, seq: int, **content: Any) -> Frame:
    """A frame of a kind, numbered, with the time of now."""
    body = {"type": kind, "seq": seq, "now": now() // MILLISECOND, "community": community, **content}
    return Frame(_encoder.encode(body).decode())


def encoded(content: Any) -> msgspec.Raw:
    """What several frames may hold, encoded once."""
    return msgspec.Raw(_encoder.encode(content))


def _compress(text: str) -> bytes:
    made = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return made.compress(text.encode()) + made.flush()
