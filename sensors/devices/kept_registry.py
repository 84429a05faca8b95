"""The registry as a process keeps it: in memory, read again when the revision moved."""

import threading
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from sensors.devices import credentials
from sensors.devices.registry import REVISION, Device, read_all
from store import revision


@dataclass(slots=True)
class Shelf:
    """What a database holds of the registry, as last read."""

    engine: Engine
    revision: int = -1
    devices: dict[str, Device] = field(default_factory=dict)
    error: SQLAlchemyError | None = None
    reading: threading.Lock = field(default_factory=threading.Lock)


class Registry:
    """The devices of one or several databases; where one is away, what was last read of it stands."""

    def __init__(self, *engines: Engine) -> None:
        self._shelves = [Shelf(engine) for engine in engines]
        self._lock = threading.Lock()
        self._version = 0
        self._devices: dict[str, Device] = {}

    def refresh(self, connection: Connection | None = None) -> bool:
        """Read what changed; returns whether anything did. A connection is of the only database.

        Raises
        ------
        SQLAlchemyError
            If a database cannot be read; the others were.
        """
        changed = [self._read(shelf, connection) for shelf in self._shelves]
        error = next((shelf.error for shelf in self._shelves if shelf.error is not None), None)
        if error is not None:
            raise error
        return any(changed)

    def refresh_of(self, engine: Engine) -> bool:
        """As `refresh`, of one database only: one that hangs keeps nobody from the others."""
        [shelf] = [one for one in self._shelves if one.engine is engine]
        changed = self._read(shelf, None)
        if shelf.error is not None:
            raise shelf.error
        return changed

    @property
    def engines(self) -> list[Engine]:
        """The databases."""
        return [shelf.engine for shelf in self._shelves]

    def home_of(self, username: str) -> Engine | None:
        """The database in which a device stands, as last read; None where it is in none."""
        return next((shelf.engine for shelf in self._shelves if username in shelf.devices), None)

    def _read(self, shelf: Shelf, connection: Connection | None) -> bool:
        with shelf.reading:
            try:
                with nullcontext(connection) if connection is not None else shelf.engine.connect() as reading:
                    at = revision.current(reading, REVISION)
                    is_new = at != shelf.revision
                    found = {one.id: one for one in read_all(reading)} if is_new else {}
            except SQLAlchemyError as error:
                shelf.error = error
                return False
            with self._lock:
                if is_new:
                    shelf.devices = found
                    self._devices = {code: one for each in self._shelves for code, one in each.devices.items()}
                    self._version += 1
                shelf.revision, shelf.error = at, None
            return is_new

    @property
    def version(self) -> int:
        """Raised whenever something changed."""
        return self._version

    @property
    def devices(self) -> list[Device]:
        """Every device as last read, the revoked ones too."""
        return list(self._devices.values())

    def get(self, device_id: str) -> Device | None:
        """A device as last read, revoked or not."""
        return self._devices.get(device_id)

    def keep(self, moved: Iterable[Device]) -> None:
        """Know where devices are now; what moves raises no revision."""
        with self._lock:
            for device in moved:
                for shelf in self._shelves:
                    if device.id in shelf.devices:
                        shelf.devices[device.id] = self._devices[device.id] = device

    def active(self, community: str) -> list[Device]:
        """The devices of a community that are not revoked."""
        return [found for found in self._devices.values() if found.community == community and not found.revoked]

    def authenticate(self, username: str, secret: str) -> Device | None:
        """The device whose credentials these are, as last read; None for wrong, unknown and revoked ones.

        Raises
        ------
        SQLAlchemyError
            If the database that it may stand in could not be read.
        """
        found = self._devices.get(username)
        for shelf in self._shelves:
            if shelf.error is not None and (found is None or username in shelf.devices):
                raise shelf.error
        if found is None or found.revoked or not credentials.verify(secret, found.secret_hash):
            return None
        return found
