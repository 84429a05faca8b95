"""What cannot be done on the device side, said to whoever asked for it."""


class RegistryError(ValueError):
    """A device that cannot be registered or found, with what, where and why."""


class RecordingError(ValueError):
    """A recording that cannot be played, with what, where and why."""
