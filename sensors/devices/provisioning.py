"""What a new device is checked for beside its own database: ids of another, and codecs that are not installed."""

from collections.abc import Collection, Sequence

from sensors.devices import registry
from sensors.devices.kinds import kind
from sensors.devices.registry import Device
from sensors.errors import RegistryError, RegistryFaults
from store.databases import Databases


def check_new(databases: Databases, known_codecs: Collection[str], devices: Sequence[Device]) -> None:
    """Let pass devices that may be registered, as far as one database cannot see it.

    Raises
    ------
    RegistryError
        Of a single device.
    RegistryFaults
        Of several: every fault, with the device's place among them.
    """
    wanted = {device.id for device in devices}
    faults = [
        (index, unknown_codec(device.codec, known_codecs))
        for index, device in enumerate(devices)
        if device.codec is not None and device.codec not in known_codecs
    ]
    for engine in databases.all:
        with engine.connect() as connection:
            taken = {found.id: found.community for found in registry.read_all(connection, ids=wanted)}
        faults += [
            (index, f"device {device.id!r} is registered already, in {taken[device.id]!r}; ids are never used twice")
            for index, device in enumerate(devices)
            if device.id in taken and databases.of(device.community) is not engine
        ]
    if faults:
        raise RegistryFaults(faults) if len(devices) > 1 else RegistryError(faults[0][1])


def unknown_codec(codec: str, known: Collection[str]) -> str:
    """That a codec is not installed, in words."""
    return f"codec {codec!r} is not one of {', '.join(known)}"


def notes(device: Device) -> list[str]:
    """What whoever registers a device should hear at once: a gate that counts nowhere, or stands nowhere."""
    found: list[str] = []
    if kind(device.kind).people_a_minute is not None:
        if device.site is None:
            found.append(f"{device.id} counts for no site: its people are shown nowhere until it has one")
        if device.lon is None and device.raw_lon is None and device.room is None:
            found.append(f"{device.id} has no position: no map shows it until it has one")
    return found
