"""How much of what is archived is looked up for late readings while others wait to be stored.

Each series of an archived month is a piece of a file to be read, some milliseconds of a core; a device whose secret is
known could ask for thousands of them with one message. What is beyond the allowance waits in the quarantine, whole, and
is taken again by itself (`sensors.intake.playback.take_again`), where nobody waits for it.
"""

import time
from collections.abc import Sequence

from sqlalchemy import Connection

from sensors.codecs.declare import Said
from sensors.readings.archive import parts
from sensors.refusal import Reason, Refused
from store.instant import Instant
from store.partitions import bounds, month_of

MOST = 1_000.0
"""Series of months at once, after a while in which none were asked for."""
A_SECOND = 50.0

Place = tuple[str, str, Instant]


class Allowance:
    """What is left of it, and for which series of which months it was spent in the batch in work."""

    def __init__(self) -> None:
        self._left, self._at = MOST, time.monotonic()
        self._months: frozenset[Instant] | None = None
        self._spent: set[Place] = set()

    def begin(self) -> None:
        """A new batch: what is late in it together is looked up together."""
        at = time.monotonic()
        self._left, self._at = min(MOST, self._left + A_SECOND * (at - self._at)), at
        self._months = None
        self._spent = set()

    def spend(self, connection: Connection, read: Sequence[Said]) -> None:
        """Spend what looking up a message takes.

        Raises
        ------
        Refused
            If so much is not left.
        """
        hot = parts.hot_by_clock()
        late = [(said.device.id, one) for said in read for one in said.samples if one.ts < hot]
        if not late:
            return
        if self._months is None:
            self._months = frozenset(one.month for one in parts.read(connection))
        places = {
            (device, metric, month)
            for device, one in late
            if (month := bounds(month_of(one.ts))[0]) in self._months
            for metric in one.values
        } - self._spent
        if len(places) > self._left:
            why = f"{len(places)} series of archived months; it is taken again by itself within the hour"
            raise Refused(Reason.PAST_AT_ONCE, why)
        self._left -= len(places)
        self._spent |= places
