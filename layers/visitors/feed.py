"""What gates send becomes a flow of people: entered and left, by message and by hour.

``enter`` and ``leave`` count since the last message. ``enter_total`` and ``leave_total`` are
cumulative: their flow is the difference to the total before, and one that falls is a counter
that began again. A total that arrives late splits the difference that stood in its place.
"""

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Row, select

from layers.visitors import queries
from layers.visitors.tables import gate_flow, gate_flow_hour
from sensors.batch import Batch, Message
from sensors.readings import Observation
from sensors.refusal import Reason, Refused
from sensors.registry import Device
from sensors.tables import reading, series
from store.bulk import is_one_of, upsert_all
from store.engine import KEYS_A_QUERY
from store.instant import HOUR, Instant

COUNTS = {"enter": "entered", "leave": "left"}
TOTALS = {"enter_total": "entered", "leave_total": "left"}

Flows = dict[tuple[str, Instant], dict[str, float]]
"""(device, time) -> column -> people."""


class VisitorsFeed:
    """Keeps the flows of the gates."""

    layer = "visitors"
    channels: frozenset[str] = frozenset()

    def decode(self, message: Message, device: Device) -> Any:
        """Gates report by telemetry."""
        raise Refused(Reason.BAD_TOPIC, f"visitors take no channel ({message.topic}, {device.id})")

    def store(self, connection: Connection, batch: Batch) -> None:
        """Keep the flows of new counts and touch their sites."""
        flows: Flows = defaultdict(dict)
        counted = [o for o in batch.new if o.quality == 0 and not isinstance(o.value, bool | str)]
        for o in counted:
            if o.metric in TOTALS:
                for ts, people in _differences(connection, o):
                    flows[o.device, ts][TOTALS[o.metric]] = people
        for o in counted:
            if o.metric in COUNTS:
                flows[o.device, o.ts][COUNTS[o.metric]] = float(o.value)
        if flows:
            _keep(connection, flows)
        for device_id in {device for device, _ in flows}:
            device = batch.devices[device_id]
            if device.site is not None:
                batch.touch(self.layer, device.community, device.site)

    def records(self, connection: Connection, community: str, keys: set[str]) -> dict[str, Any]:
        """The touched sites as they now stand."""
        return queries.records(connection, community, keys, None)


def _differences(connection: Connection, total: Observation) -> list[tuple[Instant, float]]:
    """The flow at a total, and at the one after it, whose difference it changes."""
    of_series = (
        select(reading.c.ts, reading.c.value)
        .join(series, series.c.id == reading.c.series_id)
        .where(series.c.device_id == total.device, series.c.metric == total.metric, reading.c.quality == 0)
    )
    before = connection.execute(
        of_series.where(reading.c.ts < total.ts).order_by(reading.c.ts.desc()).limit(1)
    ).one_or_none()
    after = connection.execute(of_series.where(reading.c.ts > total.ts).order_by(reading.c.ts).limit(1)).one_or_none()
    value = float(total.value)
    # The first total ever says where the counter stands, not who came.
    found = [(total.ts, 0.0 if before is None else _step(before.value, value))]
    if after is not None:
        found.append((after.ts, _step(value, after.value)))
    return found


def _step(before: float, after: float) -> float:
    return after - before if after >= before else after


def _kept(connection: Connection, keys: list[tuple[str, Instant]]) -> dict[tuple[str, Instant], Row[Any]]:
    found: dict[tuple[str, Instant], Row[Any]] = {}
    for first in range(0, len(keys), KEYS_A_QUERY):
        asked = is_one_of(connection, (gate_flow.c.device_id, gate_flow.c.ts), keys[first : first + KEYS_A_QUERY])
        found |= {(row.device_id, row.ts): row for row in connection.execute(select(gate_flow).where(asked))}
    return found


def _keep(connection: Connection, flows: Flows) -> None:
    kept = _kept(connection, list(flows))
    rows: list[dict[str, Any]] = []
    by_hour: dict[tuple[str, Instant], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for (device, ts), columns in flows.items():
        old = kept.get((device, ts))
        old_entered, old_left = (old.entered, old.left) if old else (0.0, 0.0)
        entered, left = columns.get("entered", old_entered), columns.get("left", old_left)
        rows.append({"device_id": device, "ts": ts, "entered": entered, "left": left})
        hour = by_hour[device, ts - ts % HOUR]
        hour[0] += entered - old_entered
        hour[1] += left - old_left
    upsert_all(connection, gate_flow, sorted(rows, key=lambda row: (row["device_id"], row["ts"])), _replaced)
    sums = [{"device_id": d, "hour": h, "entered": e, "left": gone} for (d, h), (e, gone) in sorted(by_hour.items())]
    upsert_all(connection, gate_flow_hour, sums, _added)


def _replaced(insert: Any) -> Any:
    changed = {name: insert.excluded[name] for name in ("entered", "left")}
    return insert.on_conflict_do_update(index_elements=["device_id", "ts"], set_=changed)


def _added(insert: Any) -> Any:
    sums = {name: gate_flow_hour.c[name] + insert.excluded[name] for name in ("entered", "left")}
    return insert.on_conflict_do_update(index_elements=["device_id", "hour"], set_=sums)
