"""A community's state at a past time, moved on through it: it costs what changed, not how much there is.

It is read once; from there on each layer says how its records moved (`layers.course.Moves`), and what follows from
them is kept by difference as on the live channel. At the end of each step it is what `at` answers for that time.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection

from cockpit.live.frames import frame
from cockpit.live.room import Kept, State, derive
from layers.course import Span, Told
from layers.declare import layers
from sensors.bus.merging import changes, placed
from store.instant import MILLISECOND, MINUTE, Instant

FIRST: Instant = MINUTE
"""What is read of the past in one piece to begin with; how much that brings says how long the next may be."""


class Course:
    """A community's state at ``at``, which `advance` moves on."""

    def __init__(self, connection: Connection, community: str, at: Instant) -> None:
        self.community = community
        self.at = at
        self.state: State = {
            layer.code: layer.records(connection, community, None, at) for layer in layers() if layer.moves is not None
        }
        self._moves = {layer.code: layer.moves(community) for layer in layers() if layer.moves is not None}
        self._derived: Kept = derive(community, self.state, at)
        self._seq = 0
        self._piece = FIRST
        self.read = time.monotonic()

    @property
    def records(self) -> int:
        """How many records it keeps."""
        return sum(len(records) for records in self.state.values())

    def snapshot(self) -> msgspec.Raw:
        """All that is known, as the live channel's snapshot says it."""
        return self._frame("snapshot", self.state)

    def advance(
        self,
        connection: Connection,
        until: Instant,
        step: Instant,
        most: int,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> list[msgspec.Raw]:
        """Move on to a time, or to the end of the step before it in which more than ``most`` records changed.

        It ends with a step, too, after which it is not wanted that it goes on.

        Returns
        -------
        list
            A delta for each step in which something changed, with the time of its end.
        """
        frames: list[msgspec.Raw] = []
        told = 0
        goes_on = True
        while self.at < until and told < most and goes_on:
            span = Span(self.at, min(until, self._piece_end(step)), step)
            count = 0
            for changed in self._steps(connection, span):
                if changed:
                    count += sum(len(records) for records in changed.values())
                    frames.append(self._frame("delta", changed))
                goes_on = is_wanted()
                if not goes_on:
                    break
            told += count
            # So that no answer is much longer than it may be, and none asks the database more often than it must.
            self._piece = self._piece * 2 if count * 4 < most else max(step, self._piece // 2)
        return frames

    def _piece_end(self, step: Instant) -> Instant:
        """Where the next piece ends: with a step."""
        end = self.at + max(step, self._piece)
        return end - end % step

    def _steps(self, connection: Connection, span: Span) -> Iterator[dict[str, Told]]:
        """For each step of a span what changed: layer -> key -> what of the record is known otherwise."""
        moving = [(code, moves(connection, self.state[code], span)) for code, moves in self._moves.items()]
        for end in span.ends:
            changed: dict[str, Told] = {}
            for code, moves in moving:
                self._put(code, next(moves), changed)
            for _, derived in self._derived:
                for key in changed.get(derived.follows, {}):
                    derived.put(key, self.state[derived.follows].get(key), end // MILLISECOND)
            for code, derived in self._derived:
                self._put(code, derived.changed(end // MILLISECOND), changed)
            self.at = end
            yield changed

    def _put(self, layer: str, told: Mapping[str, dict[str, Any] | None], changed: dict[str, Told]) -> None:
        known = self.state.setdefault(layer, {})
        for key, record in told.items():
            before = known.get(key)
            if record is None:
                if before is not None:
                    del known[key]
                    changed.setdefault(layer, {})[key] = None
                continue
            after = placed(before, record)
            differs = changes(before, after, record)
            known[key] = after
            if differs:
                changed.setdefault(layer, {})[key] = differs

    def _frame(self, kind: str, told: Any) -> msgspec.Raw:
        made = frame(kind, self.community, self._seq, now=self.at // MILLISECOND, layers=told)
        self._seq += 1
        return msgspec.Raw(made.text.encode())
