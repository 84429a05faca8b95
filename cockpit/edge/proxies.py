"""What proxies before us say, of a chain of them too: who is behind them, by which scheme, and below which path."""

from collections.abc import Sequence
from typing import Any, cast

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from cockpit.serving.problems import answer
from layers.problem import Problem

FOR, PROTO = "x-forwarded-for", "x-forwarded-proto"
PREFIXES = ("x-forwarded-prefix", "x-script-name")
ROOT = ("", "/")


class Proxies:
    """ASGI middleware: takes the word of ``trusted`` addresses and networks, of nobody else.

    Pages, scripts and cookies are at the root of a host; a proxy that says that it passes us on below a path is
    answered by why that will not do, before a page without its scripts puzzles somebody.
    """

    def __init__(self, app: ASGIApp, trusted: Sequence[str]) -> None:
        self._app = app
        self._heeded = ProxyHeadersMiddleware(cast(Any, app), list(trusted)) if trusted else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        prefix = _prefix(scope)
        if prefix not in ROOT:
            await _refuse(prefix, scope, receive, send)
        elif self._heeded is None:
            await self._app(scope, receive, send)
        else:
            heeded = cast(ASGIApp, self._heeded)
            await heeded(_with_one_scheme(scope, self._heeded), receive, send)


def _prefix(scope: Scope) -> str:
    headers = Headers(scope=scope)
    return next((headers[name].strip() for name in PREFIXES if name in headers), "")


async def _refuse(prefix: str, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": "not below a path"})
        return
    detail = f"a proxy passes the cockpit on below {prefix[:80]!r}: it is served at the root of a host name only"
    await answer(Problem(400, "not below a path", detail))(scope, receive, send)


def _with_one_scheme(scope: Scope, heeded: ProxyHeadersMiddleware) -> Scope:
    """With the scheme by which the outermost trusted proxy was reached, where several added theirs one after the other.

    Each adds whom and what it saw, so the schemes stand beside the addresses: that of the first untrusted address
    counts, and what stands before it may be anybody's.
    """
    headers = Headers(scope=scope)
    schemes = _listed(headers, PROTO)
    if len(schemes) < 2:
        return scope
    addresses = _listed(headers, FOR)
    known = next((at for at in range(len(addresses), 0, -1) if addresses[at - 1] not in heeded.trusted_hosts), 1)
    from_the_end = len(addresses) - known + 1
    scheme = schemes[-min(from_the_end, len(schemes))]
    kept = [(name, value) for name, value in scope["headers"] if name != PROTO.encode()]
    return {**scope, "headers": [*kept, (PROTO.encode(), scheme.encode("latin-1"))]}


def _listed(headers: Headers, name: str) -> list[str]:
    return [one.strip() for one in ",".join(headers.getlist(name)).split(",") if one.strip()]
