"""Security headers on every response: nothing from outside, nothing framed elsewhere, nothing guessed.

And no answer is kept by a browser that does not say how long: on the way back it would take one from its cache, however
old; and a page's layout of another page, since that is asked for at one address for all.
"""

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'self'",
    # Plotly and React set style attributes.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    # MapLibre runs its tiles in a worker made from a blob.
    "worker-src 'self' blob:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    # A page of ours shows two maps side by side.
    "frame-ancestors 'self'",
)


class SecurityHeaders:
    """ASGI middleware that adds the headers to each HTTP response."""

    def __init__(self, app: ASGIApp, script_hashes: Sequence[str]) -> None:
        self._app = app
        policy = (*POLICY, f"script-src 'self' {' '.join(script_hashes)}")
        self._headers = {
            "Content-Security-Policy": "; ".join(policy),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                if "json" in headers.get("Content-Type", ""):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)
