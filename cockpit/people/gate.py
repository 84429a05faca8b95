"""Where reading is not open to everybody: nobody passes who has not signed in, and a display sees its wall only."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from layers.problem import Problem
from layers.roles import Actor

OPEN = (
    "/healthz",
    "/readyz",
    "/metrics",
    "/sign-in",
    "/welcome",
    "/api/v1/session",
    "/api/v1/invitation",
    "/display/",
    "/assets/",
    "/_favicon.ico",
)
"""What a sign-in page needs, and what machines ask."""
WALL = (
    "/wall/{community}",
    "/live/{community}",
    "/geo/{community}/",
    "/api/v1/{community}/",
    "/_dash",
    "/api/v1/session",
)
LAYOUT = "/_dash-layout"
CALLBACK = "/_dash-update-component"
PAGE = "page.children"
SIGN_IN_CLOSE = 4001


class _Input(msgspec.Struct):
    property: str
    value: Any = None


class _Callback(msgspec.Struct):
    """What of a Dash callback's request is looked at."""

    output: str
    inputs: list[_Input]


class Gate:
    """ASGI middleware; ``identify`` answers who asks."""

    def __init__(self, app: ASGIApp, identify: Callable[[HTTPConnection], Actor | None]) -> None:
        self._app = app
        self._identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"].startswith(OPEN):
            await self._app(scope, receive, send)
            return
        try:
            actor = await run_in_threadpool(self._identify, HTTPConnection(scope))
        except Problem as problem:
            await _refusal(scope, problem)(scope, receive, send)
            return
        if actor is None or not _may_see(actor, scope["path"]):
            await self._turn_away(scope, receive, send)
            return
        if actor.role == "wall" and scope["path"] == CALLBACK:
            body = await Request(scope, receive).body()
            if not _asks_for_wall(body, actor):
                await self._turn_away(scope, receive, send)
                return
            receive = _again(body)
        if actor.role == "wall" and scope["path"] == LAYOUT and not _is_asked_by_wall(HTTPConnection(scope), actor):
            await self._turn_away(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": SIGN_IN_CLOSE, "reason": "sign-in required"})
            return
        await _refusal(scope, Problem(401, "sign-in required", "reading needs sign-in here"))(scope, receive, send)


def _asks_for_wall(body: bytes, actor: Actor) -> bool:
    """Whether a callback lays out the display's own wall: every page comes by the same one."""
    try:
        asked = msgspec.json.decode(body, type=_Callback)
    except msgspec.MsgspecError:
        return False
    path = next((one.value for one in asked.inputs if one.property == "pathname"), None)
    return asked.output == PAGE and path in _walls(actor)


def _is_asked_by_wall(request: HTTPConnection, actor: Actor) -> bool:
    """Whether the page that Dash lays out first is the display's own wall; without Referer it lays out none."""
    asked_by = request.headers.get("referer")
    return asked_by is None or urlsplit(asked_by).path in _walls(actor)


def _walls(actor: Actor) -> set[str]:
    return {f"/wall/{code}" for code in actor.communities}


def _again(body: bytes) -> Receive:
    """A body that was read already, for who comes after."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _refusal(scope: Scope, problem: Problem) -> Response:
    if scope["path"].startswith(("/api/", "/geo/")):
        return JSONResponse(problem.body(), problem.status, media_type="application/problem+json")
    return RedirectResponse(f"/sign-in?next={quote(scope['path'], safe='/')}", 303)


def _may_see(actor: Actor, path: str) -> bool:
    if actor.role != "wall":
        return True
    return any(path.startswith(start.format(community=code)) for code in actor.communities for start in WALL)
