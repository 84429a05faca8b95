"""What cannot be done on the device side, said to whoever asked for it."""


class RegistryError(ValueError):
    """A device that cannot be registered or found, with what, where and why."""


class GatewayRing(RegistryError):
    """A device that would stand behind itself."""


class RegistryFaults(ValueError):
    """Devices of a list that cannot be registered: ``faults`` are (index in the list, why)."""

    def __init__(self, faults: list[tuple[int, str]]) -> None:
        super().__init__(f"{len(faults)} devices cannot be registered")
        self.faults = faults


class RecordingError(ValueError):
    """A recording that cannot be played, with what, where and why."""


class CommandError(ValueError):
    """A command that a device cannot be given, with what and why."""


class CodecError(ValueError):
    """A codec that cannot be used, with which and why."""


class WordError(ValueError):
    """A word that cannot mean a metric, with which and why."""
