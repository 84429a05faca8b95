"""Devices whose clock is wrong: found by how far their times lie from ours, and how steadily.

A message can come late, never early: so of a device's recent messages the one least behind tells most
about its clock. A clock that is wrong is wrong by the same amount from message to message, as its time
runs as fast as ours; times that are sent again after an outage catch up with ours. So the two are told
apart, and data that were filled in late are not blamed on the clock.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import Connection, delete, select

from sensors.quality import CLOCK_TOLERANCE
from sensors.tables import device_clock
from store.bulk import upsert_all
from store.instant import SECOND, Instant

log = structlog.get_logger(__name__)

KEPT = 20
ENOUGH = 3
LEAST_SPAN = 30 * SECOND
STEADY = 1 * SECOND
STEADY_SHARE = 0.2
"""How far offsets may lie apart, as a share of the time that they span: data sent again run far ahead of it."""
FORGIVEN_AFTER = 3
"""So many messages in a row without a time of the device's own, over `LEAST_SPAN`: it sends none any more."""
SAME = 10 * SECOND
"""A change of the estimate below this is not told again."""


@dataclass(slots=True)
class Clock:
    """The newest messages of a device: when each came, and how far its time lay ahead (microseconds)."""

    seen: deque[tuple[Instant, int]] = field(default_factory=lambda: deque(maxlen=KEPT))
    without: int = 0
    without_since: Instant = 0

    def see_none(self, received: Instant) -> bool:
        """Take note of a message without a time of the device's own; returns whether it stopped sending any."""
        if self.without == 0:
            self.without_since = received
        self.without += 1
        return self.without >= FORGIVEN_AFTER and received - self.without_since >= LEAST_SPAN

    def see(self, ts: Instant, received: Instant) -> None:
        """Take note of a message's newest time."""
        self.without = 0
        offset = ts - received
        if abs(offset) <= CLOCK_TOLERANCE:
            self.seen.clear()
        self.seen.append((received, offset))

    @property
    def offset(self) -> int | None:
        """How far the clock is ahead, in microseconds; None while it is right, or nobody can tell."""
        if len(self.seen) < ENOUGH:
            return None
        span = self.seen[-1][0] - self.seen[0][0]
        if span < LEAST_SPAN:
            return None
        offsets = [offset for _, offset in self.seen]
        best = max(offsets)
        is_steady = best - min(offsets) <= max(STEADY, STEADY_SHARE * span)
        return best if is_steady and abs(best) > CLOCK_TOLERANCE else None

    @property
    def is_right(self) -> bool:
        """Whether its newest message had the right time."""
        return bool(self.seen) and abs(self.seen[-1][1]) <= CLOCK_TOLERANCE


class Clocks:
    """The clocks of all devices, as an ingester sees them."""

    def __init__(self) -> None:
        self._clocks: dict[str, Clock] = {}
        self._wrong: dict[str, int] | None = None
        self._changed: dict[str, int | None] = {}

    def load(self, connection: Connection) -> None:
        """Know what was found before."""
        if self._wrong is None:
            query = select(device_clock.c.device_id, device_clock.c.offset)
            self._wrong = {row.device_id: row.offset for row in connection.execute(query)}

    def see(self, device: str, ts: Instant | None, received: Instant) -> bool:
        """Take note of a message's newest time; returns whether the device's clock is wrong.

        None is a message without a time of the device's own. One that was wrong and sends none any more is
        forgiven: its readings have our time.
        """
        known = self._wrong if self._wrong is not None else {}
        if ts is None and device not in known:
            return False
        clock = self._clocks.get(device)
        if clock is None:
            clock = self._clocks[device] = Clock()
        if ts is None:
            if clock.see_none(received):
                del known[device]
                self._changed[device] = None
            return device in known
        clock.see(ts, received)
        if clock.is_right:
            if device in known:
                del known[device]
                self._changed[device] = None
            return False
        offset = clock.offset
        if offset is not None and abs(offset - known.get(device, 0)) > SAME:
            known[device] = offset
            self._changed[device] = offset
        return device in known

    def store(self, connection: Connection, at: Instant) -> dict[str, int | None]:
        """Keep what was found, in the ingest's transaction; returns device -> offset, None where it is right again."""
        changed = sorted(self._changed.items())
        rows = [
            {"device_id": device, "offset": offset, "found": at} for device, offset in changed if offset is not None
        ]
        upsert_all(connection, device_clock, rows, _replaced)
        right = [device for device, offset in changed if offset is None]
        if right:
            connection.execute(delete(device_clock).where(device_clock.c.device_id.in_(right)))
        return dict(self._changed)

    def committed(self) -> None:
        """The transaction is committed: tell the log."""
        for device, offset in self._changed.items():
            if offset is None:
                log.info("clock_right_again", device=device)
            else:
                log.warning("clock_wrong", device=device, ahead_s=round(offset / SECOND, 1))
        self._changed = {}


def _replaced(insert: Any) -> Any:
    changed = {name: insert.excluded[name] for name in ("offset", "found")}
    return insert.on_conflict_do_update(index_elements=["device_id"], set_=changed)
