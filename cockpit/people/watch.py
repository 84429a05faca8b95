"""Channels end with what let them in; and when a credential was last used is noted, away from the requests.

One look for all: a counter says whether anything ended, and one question each says which of the sessions,
tokens and displays in use are still good, and until when.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from threading import Lock

import structlog
from anyio import to_thread
from sqlalchemy import Engine
from starlette.types import ASGIApp, Receive, Scope, Send

from cockpit import tokens
from cockpit.people import attempts, displays, sessions
from cockpit.people.credentials import REVISION, Credential, Identity
from store import revision
from store.engine import writing
from store.instant import MINUTE, Instant, now
from store.why import first_line

log = structlog.get_logger(__name__)

LOOK_S = 0.4
SUM_EVERY = MINUTE
USED_EVERY = 5 * MINUTE
"""How exactly it is known when a credential was last used."""
ENDED_CLOSE = 4001
ENDS = {"session": sessions.ends, "token": tokens.ends, "display": displays.ends}
"""kind -> (connection, hashes) -> when each of them that is good ends; none where it does not end by itself."""
NOTES = {"session": sessions.note_use, "token": tokens.note_use}

LAST_EVENT = b"event: ended\ndata: what let you in has ended\n\n"
"""What `ENDED_CLOSE` says of a WebSocket, to one who hears by server-sent events (HTML, section 9.2.6)."""


class Watch:
    """What stays open in this process, by the credential that let it in."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._held: dict[Credential, set[asyncio.Event]] = defaultdict(set)
        self._seen: int | None = None
        self._next: Instant = 0
        self._summed: Instant = 0
        self._uses: dict[Credential, Instant] = {}
        self._noted: dict[Credential, Instant] = {}
        self._lock = Lock()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look, in the running loop."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End; what was used and is not noted yet is noted now."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(Exception):
            await to_thread.run_sync(self._note)

    def used(self, found: Identity) -> None:
        """A credential was used just now; in any thread."""
        moment = now()
        with self._lock:
            last = max(found.used or 0, self._noted.get(found.credential, 0))
            if found.credential.kind in NOTES and last < moment - USED_EVERY:
                self._uses[found.credential] = moment

    async def serve(self, held: Credential, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Run a channel until it ends by itself, or what let it in does."""
        with self._holding(held) as ended:
            running = asyncio.ensure_future(app(scope, receive, send))
            waiting = asyncio.ensure_future(ended.wait())
            try:
                await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiting.cancel()
                is_over = running.done()
                if not is_over:
                    running.cancel()
                await asyncio.gather(running, waiting, return_exceptions=True)
        if is_over:
            running.result()
        else:
            await _close(scope, send)

    @contextlib.contextmanager
    def _holding(self, held: Credential) -> Iterator[asyncio.Event]:
        ended = asyncio.Event()
        self._held[held].add(ended)
        self._next = 0  # it may have ended since it was asked for
        try:
            yield ended
        finally:
            self._held[held].discard(ended)
            if not self._held[held]:
                del self._held[held]

    async def _run(self) -> None:
        is_away = False
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self._look()
                is_away = False
            except Exception as error:  # noqa: BLE001 - the database may be away; what is open stays so meanwhile
                if not is_away:
                    log.error("credentials_not_looked_at", error=first_line(error))
                is_away = True

    async def _look(self) -> None:
        if self._uses:
            await to_thread.run_sync(self._note)
        if now() > self._summed + SUM_EVERY:
            self._summed = now()
            await to_thread.run_sync(self._tell_attempts)
        if not self._held:
            return
        seen = await to_thread.run_sync(revision.total, [self._engine], REVISION)
        if seen == self._seen and now() < self._next:
            return
        self._next = 2**62
        held = list(self._held)
        try:
            good = await to_thread.run_sync(self._good, held)
        except BaseException:
            self._next = 0  # not known: asked again at the next look
            raise
        self._seen = seen
        self._next = min([self._next, *(until for until in good.values() if until is not None)])
        for credential in held:
            if credential not in good:
                for ended in self._held.get(credential, ()):
                    ended.set()

    def _good(self, held: Iterable[Credential]) -> dict[Credential, Instant | None]:
        found: dict[Credential, Instant | None] = {}
        with self._engine.connect() as connection:
            for kind, hashes in _by_kind(held).items():
                ends = ENDS[kind](connection, hashes)
                found |= {Credential(kind, one): until for one, until in ends.items()}  # type: ignore[arg-type]
        return found

    def _tell_attempts(self) -> None:
        with self._engine.connect() as connection:
            is_any = attempts.is_anything_untold(connection)
        if is_any:
            with writing(self._engine) as connection:
                attempts.tell_rest(connection)

    def _note(self) -> None:
        with self._lock:
            uses, self._uses = self._uses, {}
        if not uses:
            return
        with writing(self._engine) as connection:
            for kind, hashes in _by_kind(uses).items():
                NOTES[kind](connection, {one: uses[Credential(kind, one)] for one in hashes})  # type: ignore[arg-type]
        with self._lock:
            recent = now() - USED_EVERY
            self._noted = {one: at for one, at in (self._noted | uses).items() if at > recent}


def _by_kind(credentials: Iterable[Credential]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in credentials:
        found.setdefault(one.kind, []).append(one.token_hash)
    return found


async def _close(scope: Scope, send: Send) -> None:
    # Whoever is there may have gone in the same moment.
    with contextlib.suppress(Exception):
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": ENDED_CLOSE, "reason": "what let you in has ended"})
        else:
            await send({"type": "http.response.body", "body": LAST_EVENT, "more_body": False})
