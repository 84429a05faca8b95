"""The table of permissions enforced: before a route, a page or a channel runs, and before a body is read.

Whoever asks is found out once, and stands in the request's state from there on. Which row counts is answered
by the router's own patterns, so that no way of writing an address leads past it.
"""

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import cache, wraps
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI
from fastapi.routing import APIWebSocketRoute, RouteContext, iter_route_contexts
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import HTTPConnection
from starlette.routing import Match, Mount, WebSocketRoute, compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cockpit.edge.addresses import is_local
from cockpit.people.credentials import Identity
from cockpit.people.identify import CREDENTIALS, Identify, renewed_display
from cockpit.people.watch import Watch
from cockpit.serving.refusals import refuse
from geo.communities import communities
from layers.access import Circumstances, Rule, Rules, check, of_package
from layers.declare import layers
from layers.problem import Problem
from layers.roles import DISPLAY, Actor

FRAMES = ("/", "{path:path}")
"""Templates of the routes that answer with a page's frame; which page it is, its own row says."""
ANY_PAGE = "PAGE *"
ASKED_AT_ONCE = 4
"""So many threads find out who asks: two rows by their keys each, and the connection is given back."""
AWAY_S = 2
BEAT = "POST /api/v1/{community}/displays/heartbeat"
HARMLESS = Rule(stranger="always")
"""Of an address that no route answers: 404 and 405 tell nobody anything."""

_asking: ContextVar[Actor | None] = ContextVar("asking", default=None)
_reading_open: ContextVar[bool] = ContextVar("reading_open", default=False)


@cache
def table() -> Rules:
    """Every row: the shell's own and those of all layers."""
    found = dict(of_package("cockpit", prefix=""))
    for layer in layers():
        found |= layer.access
    return found


def routes_of(server: FastAPI) -> Iterator[tuple[list[str], RouteContext]]:
    """Every route of the application, in the order in which it is asked, with the keys of its rows."""
    for context in iter_route_contexts(server.router.routes):
        route, path = context.original_route, context.path
        if isinstance(route, Mount):
            yield [f"MOUNT {path}"], context
        elif isinstance(route, WebSocketRoute | APIWebSocketRoute):
            yield [f"WS {path}"], context
        else:
            methods = {"GET" if method == "HEAD" else method for method in context.methods or ()}
            yield [f"{method} {path}" for method in sorted(methods)], context


class Matched(NamedTuple):
    """What a request asks for: the key of its row, and what the path names."""

    key: str | None
    parameters: dict[str, Any]


def asking() -> Actor | None:
    """Who asks for the page that is being laid out; None: nobody signed in."""
    return _asking.get()


def page_of(path: str) -> Matched:
    """The row of the page at an address, and what the address names."""
    for key, pattern in _pages():
        match = pattern.fullmatch(path)
        if match:
            return Matched(key, match.groupdict())
    return Matched(ANY_PAGE, {})


@cache
def _pages() -> list[tuple[str, Any]]:
    keys = [key for key in table() if key.startswith("PAGE /")]
    return [(key, compile_path(key.removeprefix("PAGE "))[0]) for key in keys]


def own_community(named: str | None, actor: Actor | None) -> str:
    """The community that a page is about: the one that is named, else the first of one's own, else the first."""
    if named:
        return named
    known = list(communities())
    return next((code for code in known if actor is not None and actor.is_in(code)), known[0])


def check_address(path: str, search: str) -> None:
    """Make sure that who asks may see whatever page is at an address, before it is known what is there.

    Raises
    ------
    Problem
        As `layers.access.check`.
    """
    asked = page_of(unquote(path))
    named = dict(parse_qsl(search.removeprefix("?"))) | asked.parameters
    check_page(asked.key or "", named.get("community"))


def check_page(key: str, community: str | None) -> None:
    """Make sure that who asks may see a page of the community that its address names, or of one's own.

    Raises
    ------
    Problem
        As `layers.access.check`.
    """
    _check(table().get(key), own_community(community, asking()))


def check_found(key: str, community: str) -> None:
    """Make sure that who asks may see what a page or a callback found, of the community that it belongs to.

    Raises
    ------
    Problem
        As `layers.access.check`.
    """
    rule = table().get(key)
    _check(rule and Rule(role=rule.role, stranger=rule.stranger, display=rule.display), community)


def _check(rule: Rule | None, community: str | None) -> None:
    check(rule, asking(), Circumstances(is_reading_open=_reading_open.get(), community=community))


def guarded(key: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A callback of a page that runs for those only whom its row lets pass."""

    @wraps(function)
    def run(*values: Any) -> Any:
        _check(table().get(key), None)
        return function(*values)

    return run


class Access:
    """ASGI middleware; ``identify`` answers who asks, ``watch`` ends what stays open with what let it in."""

    def __init__(
        self, app: ASGIApp, server: FastAPI, identify: Identify, watch: Watch, *, is_reading_open: bool
    ) -> None:
        self._app = app
        self._server = server
        self._identify = identify
        self._watch = watch
        self._is_reading_open = is_reading_open
        self._threads = CapacityLimiter(ASKED_AT_ONCE)
        self._routes: list[tuple[list[str], RouteContext]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        asked = self._asked_for(scope)
        rule = table().get(asked.key) if asked.key is not None else HARMLESS
        local = is_local(request)
        actor = None
        try:
            found = await self._who(request, rule, local)
            actor = found.actor if found else None
            if actor is None and "as_stranger" in scope.get("state", {}):
                await scope["state"]["as_stranger"]()
            check(rule, actor, self._circumstances(request, asked, actor, local))
        except Problem as problem:
            await refuse(problem, asked.key or "", actor, scope, receive, send)
            return
        scope.setdefault("state", {}).update(actor=actor, is_local=local)
        _asking.set(actor)
        _reading_open.set(self._is_reading_open)
        if actor is not None and actor.role == DISPLAY and _renews(asked.key):
            send = _renewing(renewed_display(request), send)
        if found is not None and rule is not None and rule.live:
            await self._watch.serve(found.credential, self._app, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _asked_for(self, scope: Scope) -> Matched:
        """The row of the route that the router will choose: the first that matches whole."""
        if not self._routes:  # at the first request, since Dash adds its last route when the server starts
            self._routes = list(routes_of(self._server))
        for keys, context in self._routes:
            # A copy: to ask a route must leave no trace in the request.
            match, child = context.matches(dict(scope))
            if match is not Match.FULL:
                continue
            if context.path in FRAMES and scope["type"] == "http":
                return page_of(scope["path"])
            method = "GET" if scope.get("method") == "HEAD" else scope.get("method")
            key = next((one for one in keys if one.startswith((f"{method} ", "MOUNT ", "WS "))), "")
            return Matched(key, child.get("path_params", {}))
        return Matched(None, {})

    async def _who(self, request: HTTPConnection, rule: Rule | None, local: bool) -> Identity | None:
        if rule is None or (rule.stranger == "always" and not rule.who) or (rule.stranger == "local" and local):
            return None
        if not any(name in request.headers for name in CREDENTIALS):
            return None
        try:
            return await to_thread.run_sync(self._identify, request, rule.csrf, limiter=self._threads)
        except SQLAlchemyError:
            raise Problem(503, "not now", "the database is away", retry_after=AWAY_S) from None

    def _circumstances(
        self, request: HTTPConnection, asked: Matched, actor: Actor | None, local: bool
    ) -> Circumstances:
        community = asked.parameters.get("community")
        if asked.key is not None and asked.key.startswith("PAGE") and community is None:
            community = own_community(dict(parse_qsl(request.url.query)).get("community"), actor)
        return Circumstances(is_reading_open=self._is_reading_open, is_local=local, community=community)


def _renews(key: str | None) -> bool:
    """Whether an answer carries a display's cookie anew; never one that a proxy might keep."""
    return key is not None and key.startswith(("PAGE ", "GET /api/", "WS ", BEAT))


def _renewing(cookies: list[str], send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.accept"):
            message.setdefault("headers", [])
            message["headers"] = [*message["headers"], *((b"set-cookie", one.encode("latin-1")) for one in cookies)]
        await send(message)

    return sending
