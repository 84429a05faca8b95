"""Structs of msgspec, made ready before threads share them.

msgspec keeps what it knows of a class with the class, from its first use on, and fills it in while others may look
already. A second thread that comes in the same moment reads what is not there yet, and the process ends with a
segmentation fault (version 0.22).
"""

from collections.abc import Iterator

import msgspec


def make_ready() -> None:
    """Have msgspec look at every Struct that is known by now; to be called before the threads that use them begin."""
    for struct in _below(msgspec.Struct):
        msgspec.json.Decoder(struct)


def _below(struct: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for one in struct.__subclasses__():
        yield one
        yield from _below(one)
