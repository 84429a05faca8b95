"""Compression, once for what never changes: a large script costs more to compress than all else of a page."""

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEVEL = 6
LEVEL_ONCE = 9
MINIMUM_BYTES = 800
MOST_KEPT = 128


class Compression:
    """ASGI middleware; answers that say of themselves that they never change are kept as they went out."""

    def __init__(self, app: ASGIApp) -> None:
        self._each = GZipMiddleware(app, minimum_size=MINIMUM_BYTES, compresslevel=LEVEL)
        self._once = GZipMiddleware(app, minimum_size=MINIMUM_BYTES, compresslevel=LEVEL_ONCE)
        self._kept: dict[tuple[str, bool], list[Message]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].endswith((".js", ".css")):
            await self._each(scope, receive, send)
            return
        key = (scope["path"], "gzip" in Headers(scope=scope).get("accept-encoding", ""))
        kept = self._kept.get(key)
        if kept is None:
            kept = []

            async def keep(message: Message) -> None:
                kept.append(message)

            await self._once(scope, receive, keep)
            if _never_changes(kept[0]) and len(self._kept) < MOST_KEPT:
                self._kept[key] = kept
        for message in kept:
            await send(message)


def _never_changes(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return start["status"] == 200 and "max-age=31536000" in headers.get("cache-control", "")
