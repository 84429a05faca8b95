"""What gates send becomes people who passed: the words of each counter, told apart and counted on.

counters.py says which they are, counter.py what is made of them.

In the same transaction the levels of the sites follow (capacity/state.py), and the feeds that come later are told
of each site what its level is (`LEVEL`, the rank) and its share of the capacity (`RATIO`), nought while it is
closed. What time alone brings about, the reset, a new day, a capacity that begins to count, is due at its time;
what a person changed by another process is seen within `LOOK`.
"""

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection

from layers.visitors import queries, sums
from layers.visitors.capacity import state
from layers.visitors.counters import counter_of, counts, gate, row
from layers.visitors.counting import count_on
from layers.visitors.passing_time import Passing
from layers.visitors.steps import Key, alone
from sensors.bus.message import Message
from sensors.devices.registry import Device
from sensors.devices.sites import sites_of
from sensors.intake.batch import Batch, Parts
from sensors.refusal import Reason, Refused
from store.instant import Instant, now

LEVEL, RATIO, RATIO_DAILY = "visitors.level", "visitors.ratio", "visitors.ratio_daily"
"""Figures of a site: the rank of its level, 0 for the lowest; the share of its capacity at one moment, and of a day."""


class VisitorsFeed:
    """Keeps the steps of the counters."""

    layer = "visitors"
    tells_parts = False
    channels: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self._passing = Passing()

    def decode(self, message: Message, device: Device) -> Any:
        """Gates report by telemetry."""
        raise Refused(Reason.BAD_TOPIC, f"visitors take no channel ({message.topic}, {device.id})")

    def store(self, connection: Connection, batch: Batch) -> None:
        """Count on from what was known of each counter, let the levels follow, and touch the sites concerned."""
        said = _said(batch)
        # Time changes what stands at these, so that screens are to be told whether their level changes or not.
        moved = self._passing.sites(connection, batch)
        for community, site in moved:
            batch.touch(self.layer, community, site)
        communities = {of for of, _ in moved} | {batch.devices[device].community for device, _ in said}
        alone(connection, communities)
        sites = moved | (self._count(connection, batch, said) if said else set())
        # After the lock: what somebody counted or decided meanwhile counts.
        moment = now()
        for community in sorted(communities):
            concerned = {site for of, site in sites if of == community}
            for stands in state.follow(connection, community, concerned, moment):
                self._tell(batch, community, stands, moment)

    def _count(
        self, connection: Connection, batch: Batch, said: dict[Key, dict[Instant, dict[str, float]]]
    ) -> set[tuple[str, str]]:
        """Count on; returns (community, site) of what changed."""
        devices = {device: batch.devices[device] for device, _ in said}
        stood = sites_of(connection, devices)
        new = {
            key: [row(devices[key[0]], key[1], ts, told, stood) for ts, told in sorted(moments.items())]
            for key, moments in said.items()
        }
        changes = count_on(connection, new, {device: gate(devices[device]) for device in devices})
        sums.add(connection, changes)
        found = {(change.after.community, change.after.site) for change in changes if change.after.site is not None}
        for community, site in found:
            batch.touch(self.layer, community, site)
        return found

    def _tell(self, batch: Batch, community: str, stands: state.Standing, moment: Instant) -> None:
        if stands.is_new:
            batch.touch(self.layer, community, stands.site)
        figures = ((LEVEL, stands.rank), (RATIO, stands.ratio), (RATIO_DAILY, stands.ratio_daily))
        for metric, value in figures:
            if value is not None:
                # Of a closed site nobody is warned: nobody is let in, and what was told before is over.
                told = 0.0 if stands.is_closed else float(value)
                words = stands.crowd.words if metric == LEVEL and stands.crowd is not None else None
                batch.figure((community, "site", stands.site, metric), moment, told, words)

    def committed(self) -> None:
        """What was looked at for this batch was, and need not be again."""
        self._passing.committed()

    def due(self) -> Instant | None:
        """When the people inside begin again, a day ends, a capacity begins to count, or it is time to look."""
        return self._passing.due

    def said(self, batch: Batch) -> Parts:
        """Nothing: its records are sums over more than a batch."""
        return {}

    def records(self, connection: Connection, community: str, keys: set[str]) -> dict[str, Any]:
        """The touched sites as they now stand."""
        return queries.records(connection, community, keys, None)


def _said(batch: Batch) -> dict[Key, dict[Instant, dict[str, float]]]:
    """counter -> time -> total and single."""
    found: dict[Key, dict[Instant, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for series, begin, end in batch.new.runs():
        counter = counter_of(batch.devices[series.device], series.metric)
        if counter is None:
            continue
        for place in range(begin, end):
            value = batch.new.values[place]
            if counts(value, batch.new.quality[place]):
                found[series.device, counter.code][batch.new.ts[place]][counter.says] = float(value)
    return found
