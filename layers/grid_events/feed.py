"""Events that devices report become grid events, each once."""

from typing import Any

from sqlalchemy import Connection

from geo import whereabouts
from layers.grid_events import queries, write
from layers.grid_events.report import Report, read
from sensors.bus.message import Message
from sensors.devices.registry import Device
from sensors.intake.batch import Batch, Parts
from sensors.topics import Channel
from store.instant import Instant


class GridEventsFeed:
    """Takes the ``event`` channel."""

    layer = "grid_events"
    tells_parts = False
    channels: frozenset[str] = frozenset({Channel.EVENT})

    def decode(self, message: Message, device: Device) -> Report:
        """Read a report; where it names no place, the device's own counts."""
        return read(message.payload, message.received)

    def store(self, connection: Connection, batch: Batch) -> None:
        """File what is new; the same id from the same device changes nothing."""
        for device, report in batch.reports.get(self.layer, ()):
            reporter = write.Reporter(
                device.id, device.id, device.source, device.lon, device.lat, _spot(device, report)
            )
            event_id, is_new = write.file(connection, device.community, reporter, report)
            if is_new:
                batch.touch(self.layer, device.community, event_id)
                batch.touch(self.layer, device.community, queries.TALLY)

        for filing in batch.filings:
            event_id, is_new = write.file_for(connection, filing, batch.at)
            if is_new:
                batch.touch(self.layer, filing.community, event_id)
                batch.touch(self.layer, filing.community, queries.TALLY)

    def committed(self) -> None:
        """Nothing is kept between batches."""

    def due(self) -> Instant | None:
        """Nothing comes about by time alone."""
        return None

    def said(self, batch: Batch) -> Parts:
        """Nothing: its records are sums over more than a batch."""
        return {}

    def records(self, connection: Connection, community: str, keys: set[str]) -> dict[str, Any]:
        """The touched events as they now stand."""
        return queries.records(connection, community, keys, None)


def _spot(device: Device, report: Report) -> str | None:
    """The place of a device, down to the room that it is registered in; not where its report names another one."""
    if report.lon is not None:
        return None
    return whereabouts.spot(device.community, device.lon, device.lat, room=device.room, site=device.site)
