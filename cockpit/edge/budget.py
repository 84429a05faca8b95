"""The one middleware that bounds what a request may take, before anything of it is worked on."""

import re
from urllib.parse import unquote_to_bytes

from prometheus_client import Counter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cockpit.edge.bodies import LARGER, Bodies, Body, check_text
from cockpit.edge.entry import Entries, Entry
from cockpit.edge.questions import Questions, has_credentials
from cockpit.edge.refusal import Refused
from store import budgets

TURNED_AWAY = Counter("cockpit_requests_turned_away_total", "Requests that asked for more than there is", ["status"])

PAST_THE_LINE = re.compile(
    r"/healthz|/readyz|/metrics|/live/.*|/assets/.*|/_dash-component-suites/.*|/_favicon\.ico|/phone[.-].*"
)
"""What must answer when nothing else does, and what costs next to nothing."""


class Budget:
    """ASGI middleware against requests that are too large, too slow, too frequent, or too many at once."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._entries = Entries()
        self._bodies = Bodies()
        self._questions = Questions()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._channel(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        place = self._entries.entry(
            scope, is_known=self._questions.knows(scope), has_credentials=has_credentials(scope)
        )
        scope.setdefault("state", {}).update(step_out=place.stepped_out, as_stranger=place.as_stranger)
        try:
            _check_head(scope)
            self._check_pace(scope)
            body = self._bodies.bounded(scope, receive, place.stepped_out)
        except Refused as refused:
            await _turn_away(refused, scope, receive, send)
            return
        try:
            await self._answer(scope, body, place, send)
        finally:
            place.give_back()
            body.close()

    async def _answer(self, scope: Scope, body: Body, place: Entry, send: Send) -> None:
        refusal: Refused | None = None
        has_begun = False

        async def send_on(message: Message) -> None:
            nonlocal has_begun
            if refusal is not None and not has_begun:
                return  # whatever was made of a body that was not read
            has_begun = True
            # The answer is made. Whoever is slow to take it holds up nobody.
            place.give_back()
            await send(message)

        async def receive_on() -> Message:
            nonlocal refusal
            try:
                message = await body.receive()
                if message["type"] == "http.request" and _is_text(scope):
                    check_text(message["body"])
            except Refused as refused:
                refusal = refused
                raise
            return message

        try:
            if not PAST_THE_LINE.fullmatch(scope["path"]):
                await place.take()
            await self._app(scope, receive_on, send_on)
        except Refused as refused:
            refusal = refused
        if refusal is not None and not has_begun:
            await _turn_away(refusal, scope, body.receive, send)
        if scope.get("state", {}).get("actor") is not None:
            self._questions.was_signed_in(scope)

    async def _channel(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            _check_head(scope)
            self._check_pace(scope)
        except Refused as refused:
            TURNED_AWAY.labels(refused.status_code).inc()
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": refused.detail[:100]})
            return
        await self._app(scope, receive, send)

    def _check_pace(self, scope: Scope) -> None:
        wait_s = self._questions.wait_s(scope)
        if wait_s:
            raise Refused(429, "too many questions", f"ask again in {wait_s} s, or sign in", retry_after=wait_s)


def _check_head(scope: Scope) -> None:
    numbers = budgets.current()
    path = scope.get("raw_path") or scope["path"].encode()
    query = scope.get("query_string", b"")
    if len(path) + len(query) > numbers.url_bytes:
        raise Refused(414, "address too long", f"more than {numbers.url_bytes} bytes")
    if sum(len(name) + len(value) for name, value in scope["headers"]) > numbers.header_bytes:
        raise Refused(431, "headers too large", f"more than {numbers.header_bytes} bytes")
    for where, part in (("path", path), ("query", query)):
        if b"\x00" in unquote_to_bytes(part):
            raise Refused(400, "bad request", f"the {where} holds a NUL character (%00)")


def _is_text(scope: Scope) -> bool:
    """Whether a body is text that we keep, and not a file."""
    return all(name == "page_body_bytes" or not pattern.fullmatch(scope["path"]) for pattern, name in LARGER)


async def _turn_away(refused: Refused, scope: Scope, receive: Receive, send: Send) -> None:
    TURNED_AWAY.labels(refused.status_code).inc()
    await refused.answer()(scope, receive, send)
