"""An area changes when a device in it reports."""

from typing import Any

from sqlalchemy import Connection

from layers.areas import queries
from sensors.batch import Batch, Message
from sensors.refusal import Reason, Refused
from sensors.registry import Device
from sensors.summary import SHOWN


class AreasFeed:
    """Touches the areas whose devices sent something new."""

    layer = "areas"
    channels: frozenset[str] = frozenset()

    def decode(self, message: Message, device: Device) -> Any:
        """Areas take no channel."""
        raise Refused(Reason.BAD_TOPIC, f"areas take no messages ({message.topic}, {device.id})")

    def store(self, connection: Connection, batch: Batch) -> None:
        """Note the areas of new observations."""
        for device_id in {o.device for o in batch.new if o.metric in SHOWN}:
            device = batch.devices[device_id]
            if device.area is not None:
                batch.touch(self.layer, device.community, device.area)
        # One that moved leaves the mean of one area and comes into that of another.
        for device_id, before in batch.elsewhere.items():
            for area in {before.area, batch.devices[device_id].area} - {None}:
                batch.touch(self.layer, before.community, str(area))
        # Who is gone, or back, changes the mean without a reading.
        for device_id in batch.connected:
            device = batch.devices[device_id]
            if device.area is not None:
                batch.touch(self.layer, device.community, device.area)

    def records(self, connection: Connection, community: str, keys: set[str]) -> dict[str, Any]:
        """The touched areas as they now stand."""
        return queries.records(connection, community, keys, None)
