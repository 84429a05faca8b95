"""A device changes with every message that it sends; what a batch brought is what screens are told."""

from typing import Any

from sqlalchemy import Connection

from layers.devices import queries
from sensors.bus.message import Message
from sensors.devices.registry import Device
from sensors.intake.batch import Batch, Parts
from sensors.quality import NOT_LIVE
from sensors.readings.columns import Series, Value
from sensors.readings.history import value_of
from sensors.refusal import Reason, Refused
from store.instant import MILLISECOND, Instant


class DevicesFeed:
    """Tells what the devices of a batch said; only what came of commands is read back."""

    layer = "devices"
    tells_parts = True
    channels: frozenset[str] = frozenset()

    def decode(self, message: Message, device: Device) -> Any:
        """Telemetry and status are read by the ingest itself."""
        raise Refused(Reason.BAD_TOPIC, f"devices take no further channel ({message.topic}, {device.id})")

    def store(self, connection: Connection, batch: Batch) -> None:
        """Note the devices that answered a command."""
        for device in batch.answered:
            batch.touch(self.layer, batch.devices[device].community, device)

    def committed(self) -> None:
        """Nothing is kept between batches."""

    def due(self) -> Instant | None:
        """Nothing comes about by time alone."""
        return None

    def said(self, batch: Batch) -> Parts:
        """Readings, when a device was heard and whether it is there, where it stands, how its clock goes."""
        parts: Parts = {}
        for device in batch.devices.values():
            parts.setdefault(device.community, {})[device.id] = self._of_device(batch, device)
        new = batch.new
        for series, begin, end in new.runs():
            # Of several the newest, and what was said live before what was not, as the database keeps it.
            place = next((one for one in range(end - 1, begin - 1, -1) if new.live[one]), end - 1)
            latest = parts[batch.devices[series.device].community][series.device].setdefault("latest", {})
            quality = new.quality[place] if new.live[place] else new.quality[place] | NOT_LIVE
            latest[series.metric] = queries.entry(new.ts[place], _as_kept(series, new.values[place]), quality)
        return {community: {key: part for key, part in found.items() if part} for community, found in parts.items()}

    @staticmethod
    def _of_device(batch: Batch, device: Device) -> dict[str, Any]:
        part: dict[str, Any] = {}
        seen = batch.seen.get(device.id)
        connected, at = batch.connected.get(device.id, (True, seen or 0))
        if seen is not None and connected:
            part["last_seen"] = seen // MILLISECOND
        if (seen is not None and connected) or device.id in batch.connected:
            part |= {"connected": connected, "connected_at": queries.milliseconds(at)}
        if device.id in batch.clocks:
            offset = batch.clocks[device.id]
            part["clock_offset"] = None if offset is None else offset // MILLISECOND
        if device.id in batch.elsewhere:
            [where] = queries.where_of(device.community, [device])
            part |= {"area": device.area, "lon": device.lon, "lat": device.lat, **where}
            if device.position_ts is not None:
                part["position_ts"] = queries.milliseconds(device.position_ts)
        return part

    def records(self, connection: Connection, community: str, keys: set[str]) -> dict[str, Any]:
        """What became of the commands of the touched devices."""
        return queries.given(connection, keys)


def _as_kept(series: Series, value: Value) -> Value:
    """The value as it is read back: a truth among numbers is a number, a number among truths a truth."""
    if isinstance(value, str):
        return value
    return value_of(series.kind, float(value), None)
