"""Of open records, of which there may be thousands, screens are given the first by rank: which these are, now or then.

Which they are moves with what comes and goes and, where a rank is of time, by time alone. Whoever shows them (the live
channel, the replay of a past day) counts what is named against the tally, and asks for the keys by rank only where
that says that there are others.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from store.instant import Instant

TALLY = "*"
"""The key of the counts over all of a layer's records that are open, these under ``open``."""
Record = Mapping[str, Any] | None
"""What is known of a key; None: it is gone."""
Read = Callable[[Connection, str, set[str], Instant], Mapping[str, dict[str, Any] | None]]
"""(connection, community, keys, at) -> key -> record, of those that are open then."""


@dataclass(frozen=True, kw_only=True)
class First:
    """How many of a layer screens are given, and which: ``keys`` are the first by rank, in one order for all."""

    most: Callable[[], int]
    keys: Callable[[Connection, str, Instant | None], list[str]]

    def is_short(self, records: Mapping[str, Record]) -> bool:
        """Whether fewer are named than a screen may be given, and the tally says that there are more."""
        return len(named(records)) < min(self.most(), open_in(records))

    def leaves_out(self, records: Mapping[str, Record]) -> bool:
        """Whether there are more than a screen is given: one that is not named may by now come before one that is."""
        return open_in(records) > self.most()

    def beside(
        self, connection: Connection, community: str, known: Mapping[str, Record], read: Read, at: Instant
    ) -> dict[str, dict[str, Any] | None]:
        """What is to be told besides to whom all this is known, so that just the first are named.

        Where all that are open are known and none is too many nothing is asked; else only what is missing is read.
        """
        there = named(known)
        if len(there) == open_in(known) and not self.leaves_out(known):
            return {}
        first = set(self.keys(connection, community, at))
        missing = first - there
        found = read(connection, community, missing, at) if missing else {}
        return dict.fromkeys(there - first) | {key: one for key, one in found.items() if one is not None}


def named(records: Mapping[str, Record]) -> set[str]:
    """Which of them are open; a record that does not say so is there only while it is."""
    return set(_named(records))


def _named(records: Mapping[str, Record]) -> Iterator[str]:
    for key, record in records.items():
        if key != TALLY and record is not None and record.get("open", True):
            yield key


def open_in(records: Mapping[str, Record]) -> int:
    """How many are open, by the tally."""
    return int((records.get(TALLY) or {}).get("open", 0))
