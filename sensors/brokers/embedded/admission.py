"""Who is let in at the embedded broker, with what answer, and whether that still holds."""

import asyncio
import secrets
import time
from collections.abc import Collection
from functools import partial

import structlog
from amqtt.mqtt.connack import CONNECTION_ACCEPTED, NOT_AUTHORIZED, SERVER_UNAVAILABLE
from amqtt.session import Session
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from sensors.brokers.embedded.connection import SERVICE
from sensors.codecs.installed import Codecs
from sensors.devices.kept_registry import Registry
from sensors.intake.access import Access, Rights
from sensors.shared import Shared
from sensors.topics import of_connection
from store.why import first_line

log = structlog.get_logger(__name__)

REGISTRY_WAIT_S = 3.0
REFUSED_S, REFUSED_TOLD, REFUSED_A_LINE = 10.0, 20, 1_000
"""Of the refusals within ten seconds the first ones are told, then one of so many."""
NAME_SHOWN = 64
HEARD_FOR_S, HEARD_AT_MOST = 600.0, 100
"""So long nothing more is told of a device that was not let in, and of so many in that time: strangers guess names."""


class Admission:
    """The registry as the broker's authority, asked in its event loop; no device is let in where ``is_closed``."""

    def __init__(self, registry: Registry, codecs: Codecs, service_secret: str, *, is_closed: bool = False) -> None:
        self._is_closed = is_closed
        self._registry = registry
        self._access = Access(registry, codecs)
        self._service_secret = service_secret
        self._readers = {engine: Shared(partial(self._read, engine)) for engine in registry.engines}
        self._refused, self._refused_since = 0, 0.0
        self._heard: dict[str, float] = {}

    async def answer_to(self, session: Session, remote: str) -> object:
        """The CONNACK that somebody gets: of who is known to be nobody another than of whom nothing can be known."""
        answer = await self._answer_to(session)
        if answer != CONNECTION_ACCEPTED:
            self._tell_refused(session.username or "", remote, answer)
        return answer

    def topic_to_tell(self, session: Session, answer: object) -> str | None:
        """Where ingest hears that a known device was not let in for its secret; None where there is nothing to tell."""
        device = self._registry.get(session.username or "")
        has_right_secret = session.admitted_by is not None
        if answer != NOT_AUTHORIZED or has_right_secret or device is None or device.revoked is not None:
            return None
        moment = time.monotonic()
        self._heard = {name: since for name, since in self._heard.items() if moment - since < HEARD_FOR_S}
        if device.id in self._heard or len(self._heard) >= HEARD_AT_MOST:
            return None
        self._heard[device.id] = moment
        return of_connection(device.community, device.id)

    def holds_for(self, session: Session) -> bool:
        """Whether what a session was let in with is still good."""
        device = self._registry.get(session.username or "")
        valid = None if device is None or device.revoked else device.secret_hash
        return session.username == SERVICE or (valid is not None and valid == session.admitted_by)

    def rights_of(self, username: str) -> Rights:
        """The topics that a device may publish on and subscribe to."""
        return self._access.of(username)

    async def look(self, seconds: float) -> int:
        """Read what changed, for so long at most; a number that is another one where something did."""
        await asyncio.wait(self._asked(self._readers.values()), timeout=seconds)
        # Whoever read it, and whatever of it could not be read.
        return self._registry.version

    async def _answer_to(self, session: Session) -> object:
        username, password = session.username or "", session.password or ""
        if username == SERVICE:
            is_ours = secrets.compare_digest(password.encode(), self._service_secret.encode())
            return CONNECTION_ACCEPTED if is_ours else NOT_AUTHORIZED
        # A device that hears so keeps what it has, and comes again.
        if self._is_closed or not await self._has_read_of(username):
            return SERVER_UNAVAILABLE
        try:
            known = self._registry.authenticate(username, password)
        except SQLAlchemyError as error:
            log.error("registry_not_read", error=first_line(error))
            return SERVER_UNAVAILABLE
        if known is None:
            return NOT_AUTHORIZED
        # Those that it came with, not those that hold when at last it is in.
        session.admitted_by = known.secret_hash
        if session.will_flag and session.will_topic not in self.rights_of(username).writes:
            log.warning("will_not_permitted", username=username, topic=session.will_topic)
            return NOT_AUTHORIZED
        return CONNECTION_ACCEPTED

    async def _has_read_of(self, username: str) -> bool:
        """Ask the registry anew for somebody; False where the database that would know them does not answer."""
        # In threads: while one waits for a database that hangs, the others are served, and so are other databases'.
        home = self._registry.home_of(username)
        readers = [self._readers[home]] if home is not None else self._readers.values()
        _, late = await asyncio.wait(self._asked(readers), timeout=REGISTRY_WAIT_S)
        if late and (home is not None or self._registry.home_of(username) is None):
            log.error("registry_not_read", error=f"no answer within {REGISTRY_WAIT_S:g} s")
            return False
        return True

    def _asked(self, readers: Collection[Shared[None]]) -> list[asyncio.Task[None]]:
        return [reader.asked() for reader in readers]

    def _read(self, engine: Engine) -> None:
        """Read a database's part of the registry, in a thread; where it is away, the registry knows and says so."""
        try:
            self._registry.refresh_of(engine)
        except Exception as error:  # noqa: BLE001 - the database may be away; the broker stays
            log.error("registry_not_read", error=first_line(error))

    def _tell_refused(self, username: str, remote: str, answer: object) -> None:
        """Log who was refused; of many at once how many, since a stranger's tries are no reason to fill a disk."""
        self._refused += 1
        if time.monotonic() - self._refused_since > REFUSED_S:
            self._refused, self._refused_since = 1, time.monotonic()
        if self._refused <= REFUSED_TOLD or self._refused % REFUSED_A_LINE == 0:
            shown, number = username[:NAME_SHOWN], self._refused
            log.warning("connection_refused", username=shown, remote=remote, answer=answer, within_10_s=number)
