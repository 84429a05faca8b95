"""The routes of the layers inside this process, for actors that are invented.

The same routes, permissions and rules as for everybody; who asks is said by the process itself and by nobody over a
network, and the moment is the one that `store.instant.clock_at` hands down.
"""

import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from cockpit import web
from cockpit.access import Access
from cockpit.ground import api as ground_api
from cockpit.people.credentials import Credential, Identity
from cockpit.people.watch import Watch
from layers.declare import routers
from layers.problem import Problem
from layers.roles import Actor
from layers.web import Services, Tell
from sensors.codecs.installed import Codecs
from store.databases import Databases
from store.demonstration import INVENTED
from store.instant import Instant, clock_at
from store.seal import Seal

WHO = "authorization"
HERE = "http://demonstration"
ANSWER_S = 120.0


@dataclass(frozen=True)
class Answered:
    """A route's answer."""

    status: int
    body: Any

    @property
    def is_good(self) -> bool:
        """Whether it was done, now or before."""
        return self.status < 300


class Application:
    """Asks the routes as one of the staff; ``staff`` is code -> (name, role)."""

    def __init__(
        self, databases: Databases, tell: Tell, codecs: Codecs, seal: Seal, staff: Mapping[str, tuple[str, str]]
    ) -> None:
        names = frozenset(name for name, _ in staff.values())
        given = Services(databases=databases, tell=tell, codecs=codecs, seal=seal, staff=lambda _community: names)
        # A line for each of thousands of acts tells nobody anything.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(_build(given, _identify(staff)), raise_app_exceptions=False),
            base_url=HERE,
            timeout=ANSWER_S,
        )

    async def ask(
        self, by: str, method: str, path: str, at: Instant, *, json: Any = None, content: bytes | None = None
    ) -> Answered:
        """Ask a route as one of the staff, as of a moment."""
        with clock_at(at):
            answer = await self._client.request(method, path, json=json, content=content, headers={WHO: by})
        return Answered(answer.status_code, answer.json() if answer.content else None)

    async def close(self) -> None:
        """Ask no more."""
        await self._client.aclose()


def _identify(staff: Mapping[str, tuple[str, str]]) -> Callable[[HTTPConnection, bool], Identity | None]:
    def identify(request: HTTPConnection, _needs_csrf: bool) -> Identity | None:
        code = request.headers.get(WHO, "")
        if code not in staff:
            raise Problem(401, "sign-in required", f"nobody of the demonstration is called {code!r}")
        name, role = staff[code]
        return Identity(Actor(name, role, INVENTED), Credential("token", ""))

    return identify


def _build(given: Services, identify: Callable[[HTTPConnection, bool], Identity | None]) -> FastAPI:
    server = FastAPI()
    server.state.services = given
    web.answer_errors(server)
    server.include_router(ground_api.router())
    for router in routers():
        server.include_router(router, prefix="/api/v1/{community}")
    server.add_middleware(Access, server, identify, Watch(given.databases.shared), is_reading_open=False)
    server.add_middleware(_Unbounded)
    return server


class _Unbounded:
    """One who asks after another needs no place in a line."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["step_out"] = _no_place
        await self._app(scope, receive, send)


@contextlib.asynccontextmanager
async def _no_place() -> AsyncIterator[None]:
    yield
