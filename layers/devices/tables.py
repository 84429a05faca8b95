"""The devices' tables stand in sensors.tables: the registry and the readings are below all layers."""

from sensors.tables import device, device_state, latest, reading

__all__ = ["device", "device_state", "latest", "reading"]
