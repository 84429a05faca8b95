"""When a room is to be filled: of records of which there are more than it names, the next ones by rank are read.

The live channel tells what changed. That a record is among the first now, since others have ended or its own time has
come, no message tells. So what is named is counted against the tally, which every change tells, and the database is
asked only where that says that others are there.
"""

import time
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection

from layers.declare import Records, layers
from layers.first import First, named, open_in

State = Mapping[str, Mapping[str, Any]]


@cache
def _filled() -> Mapping[str, tuple[First, Records]]:
    return {layer.code: (layer.first, layer.records) for layer in layers() if layer.first is not None}


class Filling:
    """A question of what is missing: what has ended since it was begun, whatever it answers."""

    def __init__(self) -> None:
        self.ended: set[tuple[str, str]] = set()


class Looked:
    """What a room's layers were when they were last filled, and when that was."""

    def __init__(self) -> None:
        self._at: dict[str, tuple[float, tuple[int, int]]] = {}

    def due(self, state: State, rises_s: float) -> dict[str, set[str]]:
        """Of each layer that is to be filled now what it names.

        At once where it is short of some; where it leaves some out, and where it was filled in vain, after a while:
        what grew late has risen by then, and a tally that is wrong costs no more.
        """
        found = {}
        for code, (first, _) in _filled().items():
            records = state.get(code, {})
            is_short, leaves_out = first.is_short(records), first.leaves_out(records)
            if is_short or leaves_out:
                last, was = self._at.get(code, (float("-inf"), None))
                is_news = is_short and was != _counts(records)
                if is_news or time.monotonic() >= last + rises_s:
                    found[code] = named(records)
        return found

    def note(self, state: State, codes: Collection[str]) -> None:
        """These were filled."""
        moment = time.monotonic()
        self._at |= {code: (moment, _counts(state.get(code, {}))) for code in codes}


def _counts(records: Mapping[str, Any]) -> tuple[int, int]:
    return len(named(records)), open_in(records)


def missing(connection: Connection, community: str, there: Mapping[str, set[str]]) -> dict[str, dict[str, Any]]:
    """Of each of these layers the first by rank that are not there: which those are, then just these whole."""
    found = {}
    for code, names in there.items():
        first, records = _filled()[code]
        wanted = set(first.keys(connection, community, None)) - names
        if wanted:
            read = records(connection, community, wanted, None)
            still = named(read)
            found[code] = {key: record for key, record in read.items() if key in still}
    return found
