"""Each request by an id of its own: in every line of the log, in the answer's head, and in what is told of an error."""

import ipaddress
import re
import secrets
import time
from collections.abc import Sequence

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cockpit.edge.addresses import FORWARDED
from layers.problem import request_id

HEADER = "X-Request-Id"
KNOWN = re.compile(r"[A-Za-z0-9._-]{8,64}")
"""What of a proxy's ids is taken over; another one could not be told from what a log says itself."""
SECONDS = Histogram(
    "cockpit_request_seconds",
    "Seconds until a request was answered, by the first digit of its status; live channels are left out",
    ["status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
UNNAMED = Counter("cockpit_unnamed_proxy_total", "Requests with a proxy's word, from an address that is not trusted")
LIVE = "/live/"


_unnamed: list[str] = []


def unnamed_proxy() -> str | None:
    """The newest address that passed on requests of others, and is not among those that are trusted."""
    return _unnamed[0] if _unnamed else None


class RequestIds:
    """ASGI middleware, the outermost: it sees who connects, before a proxy's word on who is behind it is taken."""

    def __init__(self, app: ASGIApp, trusted: Sequence[str]) -> None:
        self._app = app
        self._trusted = [ipaddress.ip_network(one) for one in trusted]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        number = self._number(scope)
        # Not taken back at the end: the server logs an error after this returned, in the same task.
        structlog.contextvars.bind_contextvars(request=number)
        request_id.set(number)
        begun, status = time.perf_counter(), 500

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = number
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        finally:
            if scope["type"] == "http" and not scope["path"].startswith(LIVE):
                SECONDS.labels(f"{status // 100}xx").observe(time.perf_counter() - begun)

    def _number(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        if self._is_trusted(scope):
            given = headers.get(HEADER, "")
            if KNOWN.fullmatch(given):
                return given
        elif any(name in headers for name in FORWARDED):
            UNNAMED.inc()
            _unnamed[:] = [(scope.get("client") or ("",))[0]]
        return secrets.token_hex(16)

    def _is_trusted(self, scope: Scope) -> bool:
        if not self._trusted or not scope.get("client"):
            return False
        try:
            address = ipaddress.ip_address(scope["client"][0])
        except ValueError:
            return False
        return any(address in network for network in self._trusted)
