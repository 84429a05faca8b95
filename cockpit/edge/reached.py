"""By which address people reach us: what links begin with, which pages are ours, and what proxies say of it."""

from urllib.parse import urlsplit

from starlette.datastructures import URL
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from cockpit.edge.addresses import FORWARDED, is_local

OWN_PORTS = {"http": 80, "https": 443}
WEB = {"ws": "http", "wss": "https"}
PUBLIC = "public_url"
"""Where a request has it, in its state."""

_said: list[str] = []
_agreed = False


def said_otherwise() -> str | None:
    """By which address the newest request came that a proxy passed on, where none came by the public one."""
    return _said[0] if _said and not _agreed else None


class Reached:
    """ASGI middleware, behind the one that heeds proxies: each request knows the public address, where one is set."""

    def __init__(self, app: ASGIApp, public: str | None) -> None:
        self._app = app
        self._public = origin_of(public) if public is not None else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._public is not None and scope["type"] in ("http", "websocket"):
            scope.setdefault("state", {})[PUBLIC] = self._public
            self._note(HTTPConnection(scope))
        await self._app(scope, receive, send)

    def _note(self, asked: HTTPConnection) -> None:
        global _agreed
        if _agreed or not any(name in asked.headers for name in FORWARDED):
            return
        scheme = WEB.get(asked.url.scheme, asked.url.scheme)
        said = origin_of(f"{scheme}://{asked.headers.get('host', '')}")
        if said == self._public:
            _agreed = True
        elif said:
            # Others know us by other names, and anybody can make one up: one alone tells nothing.
            _said[:] = [said]


def address(asked: HTTPConnection) -> URL:
    """What was asked for, as whoever asked reaches it: at the public address, where one is set.

    Who asks on this machine itself, and not through a proxy on it, is led on to where it asked.
    """
    public = getattr(asked.state, PUBLIC, None)
    if public is None or is_local(asked):
        return asked.url
    scheme, _, netloc = public.partition("://")
    return asked.url.replace(scheme=scheme, netloc=netloc)


def is_ours(asked: HTTPConnection, page: str) -> bool:
    """Whether a page (of Origin or Referer) is ours: of the host that was asked, or of the public address."""
    origin = origin_of(page)
    if not origin:
        return False
    host = origin_of(f"{origin.partition('://')[0]}://{asked.headers.get('host', '')}")
    return origin in (host, getattr(asked.state, PUBLIC, None))


def origin_of(address: str) -> str:
    """The origin of an address as browsers write it (RFC 6454), without the scheme's own port; empty for none."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return ""
    if not parts.scheme or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    own = port is None or port == OWN_PORTS.get(parts.scheme)
    return f"{parts.scheme}://{host}{'' if own else f':{port}'}"
