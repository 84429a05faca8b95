"""Bodies of requests: how large each may be, how slow, and how many of them are in memory at one time."""

import asyncio
import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from cockpit.edge.refusal import Refused, busy
from store import budgets

LARGER = (
    (re.compile(r"/api/v1/[^/]+/events/[^/]+/photos/?"), "photo_bytes"),
    (re.compile(r"/api/v1/[^/]+/registers/media/[^/]+/photo/?"), "photo_bytes"),
    (re.compile(r"/api/v1/[^/]+/ground/[^/]+/?"), "survey_bytes"),
    (re.compile(r"/api/v1/[^/]+/registers/[^/]+/import/?"), "table_bytes"),
    (re.compile(r"/_dash-update-component"), "page_body_bytes"),
)
"""What may be larger than ``body_bytes``, and by which budget."""

ESCAPED_BACKSLASH = b"\\\\"
PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
HALF = re.compile(rb"\\u[dD][89a-fA-F]")


def most_bytes(path: str) -> int:
    """How large the body of a request to this path may be."""
    name = next((budget for pattern, budget in LARGER if pattern.fullmatch(path)), "body_bytes")
    found: int = getattr(budgets.current(), name)
    return found


class Bodies:
    """All bodies that are being taken in by this process."""

    def __init__(self) -> None:
        self._held = 0

    def bounded(self, scope: Scope, receive: Receive, aside: Callable[[], AbstractAsyncContextManager[None]]) -> "Body":
        """A request's `receive` that keeps to the budgets. ``aside`` is entered while the body comes in.

        Raises
        ------
        Refused
            413 at once where the request says itself that it is too large, 400 where it does not say it in a number.
        """
        most = most_bytes(scope["path"])
        told = Headers(scope=scope).get("content-length")
        if told is not None:
            if not told.isdecimal():
                raise Refused(400, "bad request", f"Content-Length {told[:40]!r} is no number")
            _check(int(told), most)
        return Body(self, receive, most, aside)

    def take(self, size: int) -> None:
        """Count bytes that are held now; 503 where all together are too many."""
        if self._held + size > budgets.current().bodies_megabytes * budgets.MIB:
            raise busy("too much is being sent in by others")
        self._held += size

    def give_back(self, size: int) -> None:
        """They are held no longer."""
        self._held -= size


class Body:
    """One body, read whole when it is first asked for, and then given in one piece."""

    def __init__(
        self,
        bodies: Bodies,
        receive: Receive,
        most: int,
        aside: Callable[[], AbstractAsyncContextManager[None]],
    ) -> None:
        self._bodies = bodies
        self._receive = receive
        self._most = most
        self._aside = aside
        self._is_read = False
        self._held = 0

    async def receive(self) -> Message:
        """The body; after it what the server has to say (that the client has gone)."""
        if self._is_read:
            return await self._receive()
        self._is_read = True
        async with self._aside():
            return await self._whole()

    def close(self) -> None:
        """The request is over."""
        self._bodies.give_back(self._held)
        self._held = 0

    async def _whole(self) -> Message:
        numbers = budgets.current()
        clock = asyncio.get_running_loop().time
        began = clock()
        content = bytearray()
        while True:
            # Whoever sends much has the time for it, whoever sends little has not.
            due = began + numbers.body_seconds + len(content) / numbers.body_bytes_a_second
            try:
                async with asyncio.timeout_at(due):
                    message = await self._receive()
            except TimeoutError:
                raise Refused(408, "too slow", f"{len(content)} bytes in {clock() - began:.0f} s") from None
            if message["type"] != "http.request":
                return message
            piece = message.get("body", b"")
            _check(len(content) + len(piece), self._most)
            self._bodies.take(len(piece))
            self._held += len(piece)
            content += piece
            if not message.get("more_body", False):
                return {"type": "http.request", "body": bytes(content), "more_body": False}


def _check(size: int, most: int) -> None:
    if size > most:
        raise Refused(413, "too large", f"more than {most} bytes")


def check_text(body: bytes) -> None:
    """Refuse JSON with a character that no database of ours keeps: NUL, or half a surrogate pair.

    Raises
    ------
    Refused
        400, naming it.
    """
    if b"\x00" in body:
        raise Refused(400, "bad request", "the body holds a NUL character (U+0000)")
    if b"\\u" not in body:
        return
    text = body.replace(ESCAPED_BACKSLASH, b"")
    if b"\\u0000" in text:
        raise Refused(400, "bad request", "the body holds a NUL character (\\u0000)")
    if HALF.search(PAIR.sub(b"", text)):
        raise Refused(400, "bad request", "the body holds half of a surrogate pair (\\ud800 to \\udfff)")
