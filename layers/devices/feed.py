"""A device changes with every message that it sends."""

from typing import Any

from sqlalchemy import Connection

from layers.devices import queries
from sensors.batch import Batch, Message
from sensors.refusal import Reason, Refused
from sensors.registry import Device
from sensors.summary import SHOWN


class DevicesFeed:
    """Touches the devices that were heard, and the environment as a whole."""

    layer = "devices"
    channels: frozenset[str] = frozenset()

    def decode(self, message: Message, device: Device) -> Any:
        """Telemetry and status are read by the ingest itself."""
        raise Refused(Reason.BAD_TOPIC, f"devices take no further channel ({message.topic}, {device.id})")

    def store(self, connection: Connection, batch: Batch) -> None:
        """Note the devices of the batch."""
        for device in batch.devices.values():
            batch.touch(self.layer, device.community, device.id)
        # A clock that was found wrong is told too; the device is one of these.
        measured = {o.device for o in batch.new if o.metric in SHOWN} | batch.connected.keys() | batch.elsewhere.keys()
        for community in {batch.devices[device].community for device in measured}:
            batch.touch(self.layer, community, queries.ENVIRONMENT)

    def records(self, connection: Connection, community: str, keys: set[str]) -> dict[str, Any]:
        """The touched devices as they now stand."""
        return queries.records(connection, community, keys, None)
