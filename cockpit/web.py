"""The web application: Dash's pages, the HTTP API and the live channel in one ASGI process."""

import contextlib
from collections.abc import AsyncIterator
from importlib.resources import files

import structlog
from anyio import to_thread
from dash.exceptions import DashException
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as StoreBusy
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from cockpit import api, brief, health, refused, views, work_api
from cockpit.access import Access
from cockpit.backups import api as backups_api
from cockpit.backups.maker import BackupMaker
from cockpit.closed import Closed
from cockpit.demonstration import api as demonstration_api
from cockpit.demonstration import tables as demonstrated
from cockpit.displays import api as displays_api
from cockpit.edge.budget import Budget
from cockpit.edge.heads import Heads
from cockpit.edge.refusal import Refused, busy
from cockpit.first_hour import api as first_hour_api
from cockpit.ground import api as ground_api
from cockpit.ground import base_map, spatial_api
from cockpit.live import LiveHub
from cockpit.notices import api as notices_api
from cockpit.ogc import api as ogc_api
from cockpit.ogc.turns import turns
from cockpit.pages import pages, register
from cockpit.pages.address import NoPage, Page, refusal
from cockpit.people import account_api, users
from cockpit.people import api as people_api
from cockpit.people import pages as people_pages
from cockpit.people.identify import identifier
from cockpit.people.oidc import SingleSignOn
from cockpit.people.watch import Watch
from cockpit.replay import api as replay_api
from cockpit.reports import api as reports_api
from cockpit.reports.maker import Maker
from cockpit.resources import devices_address, is_broker_only_here
from cockpit.sensorthings import api as sensorthings
from cockpit.serving import asked, bundle, phone
from cockpit.serving.compression import Compression
from cockpit.serving.headers import SecurityHeaders
from cockpit.serving.language import Language, language_of
from cockpit.serving.problems import answer
from cockpit.serving.shell import Shell
from cockpit.settings import Settings
from cockpit.vitals import api as vitals_api
from cockpit.vitals.gauges import set_gauges
from cockpit.vitals.measured import Measure
from geo.basemap import BaseMap
from layers import words
from layers.declare import routers
from layers.problem import Problem, request_id
from layers.web import Services
from sensors.bus.live import Outlet
from sensors.codecs.installed import Codecs
from sensors.readings.archive.parts import Unreadable
from sensors.unforeseen import count
from store import budgets
from store.databases import Databases
from store.language import CHINESE
from store.sandbox.ask import Busy as FilesBusy
from store.seal import Seal, SealError
from store.why import first_line

log = structlog.get_logger(__name__)

FREE_WORKERS = 2


def build(
    databases: Databases,
    background: Databases,
    hub: LiveHub,
    outlet: Outlet,
    probes: health.Probes,
    codecs: Codecs,
    base: BaseMap | None,
    seal: Seal,
    sign_on: SingleSignOn | None,
    settings: Settings,
    maker: Maker,
    backups: BackupMaker,
) -> FastAPI:
    """Put the web application together.

    Parameters
    ----------
    databases
        Pages and routes read them, routes with a token write them.
    background
        The same ones apart from the pages: what must be answered when these have no connection left.
    hub
        The live channel of this process.
    outlet
        Publishes what a write changed, so that every web process shows it.
    probes
        What ``/readyz`` and ``/metrics`` ask.
    codecs
        What reads a refused message that is played back.
    base
        The offline base map, where there is one.
    seal
        Keeps what must not be read from the database alone.
    sign_on
        Sign-in by another provider, where there is one.
    settings
        Whether reading is open to everybody, and what pages tell of the broker.
    maker
        Makes the reports that somebody asks for.
    backups
        Makes the backups that somebody asks for.
    """

    watch = Watch(background.shared)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # As many threads as requests that are worked on, and some for what is in no line.
        numbers = budgets.current()
        at_once = numbers.workers + numbers.workers_of_signed_in
        to_thread.current_default_thread_limiter().total_tokens = at_once + FREE_WORKERS
        await hub.start()
        watch.start()
        yield
        await watch.stop()
        await hub.stop()

    known: list[Page] = []
    server = FastAPI(
        dependencies=[Depends(asked.checker(known))],
        title="CIM cockpit",
        version="1",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )

    def staff(community: str) -> frozenset[str]:
        with databases.shared.connect() as connection:
            return users.staff(connection, community) | demonstrated.staff(connection)

    broker = devices_address(settings)
    server.state.services = Services(
        databases=databases,
        tell=outlet.tell,
        codecs=codecs,
        seal=seal,
        staff=staff,
        broker=broker,
        is_broker_only_here=is_broker_only_here(settings),
    )
    answer_errors(server)
    # First, since it is looked for first: after a restart all screens knock at once.
    server.include_router(api.live(hub))
    measure = Measure(background, probes, settings, lambda: hub.browsers, sign_on)
    server.include_router(health.router(background, probes, lambda: set_gauges(measure())))
    server.include_router(vitals_api.router(measure))
    server.include_router(api.general())
    server.include_router(replay_api.router())
    server.include_router(people_api.router())
    server.include_router(account_api.router())
    server.include_router(first_hour_api.router())
    server.include_router(work_api.router())
    server.include_router(demonstration_api.router())
    server.include_router(backups_api.router(backups))
    server.include_router(people_api.display_link())
    server.include_router(displays_api.router())
    server.include_router(people_pages.router(sign_on))
    server.include_router(notices_api.router(settings.public_url))
    server.include_router(reports_api.router(maker))
    server.include_router(refused.router())
    server.include_router(views.router())
    server.include_router(ground_api.router())
    server.include_router(spatial_api.router())
    server.include_router(brief.router())
    for router in routers():
        server.include_router(router, prefix="/api/v1/{community}")
    turn = turns()
    server.include_router(ogc_api.router(turn))
    server.include_router(sensorthings.router(turn))
    server.include_router(base_map.router(base))
    server.include_router(api.ground())
    server.include_router(_unknown_routes())
    server.include_router(bundle.router())
    server.include_router(phone.router())
    app = _pages(server, known, databases, settings.mqtt_port, codecs)
    # The last one stands outermost: headers, compression, language, the budget, who may, and then Dash and the routes.
    identify = identifier(databases, watch.used)
    server.add_middleware(Access, server, identify, watch, is_reading_open=settings.open_reading)
    server.add_middleware(Budget)
    if probes.is_closed:
        server.add_middleware(Closed)
    server.add_middleware(Language)
    server.add_middleware(Compression)
    server.add_middleware(SecurityHeaders, script_hashes=app.csp_hashes())
    server.add_middleware(Heads)
    return server


def _pages(server: FastAPI, known: list[Page], databases: Databases, mqtt_port: int, codecs: Codecs) -> Shell:
    assets = str(files("assets"))
    app = Shell(
        __name__,
        server=server,
        assets_folder=assets,
        # Scripts and sheets come in one file each, the rest when somebody first needs it.
        assets_ignore=".*",
        title="",
        update_title=None,
        suppress_callback_exceptions=True,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    known += pages(databases, mqtt_port, codecs)
    register(app, known, databases)
    app.index_string = INDEX
    # Dash finds its assets at the first request to "/" only; a wall's browser asks for /wall/... first.
    app._setup_server()
    return app


INDEX = """<!DOCTYPE html>
<html lang="{%lang%}">
<head>{%metas%}<title>{%title%}</title>{%favicon%}{%css%}</head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>"""


def _unknown_routes() -> APIRouter:
    """What no route knows below /api, /geo and /ogc is 404, not Dash's page."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/api/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    @routes.api_route("/geo/{rest:path}", methods=["GET"])
    @routes.api_route("/ogc/{community}/{rest:path}", methods=["GET"])
    def unknown(rest: str, request: Request) -> None:
        raise Problem(404, "not found", f"no route {request.method} {request.url.path}")

    return routes


def answer_errors(server: FastAPI) -> None:
    """Have an application answer its errors as problems, each at one place."""

    @server.exception_handler(Problem)
    async def known(_request: Request, error: Problem) -> Response:
        return answer(error)

    @server.exception_handler(DashException)
    async def asked_of_dash(_request: Request, error: DashException) -> Response:
        return answer(Problem(404, "not found", str(error).strip().partition("\n")[0]))

    @server.exception_handler(ClientDisconnect)
    async def gone(request: Request, _error: ClientDisconnect) -> Response:
        log.info("client_gone", path=request.url.path)
        return Response(status_code=499)  # nobody reads it

    @server.exception_handler(Refused)
    async def refused(_request: Request, error: Refused) -> Response:
        return error.answer()

    @server.exception_handler(StoreBusy)
    async def store_busy(_request: Request, error: StoreBusy) -> Response:
        return busy(first_line(error)).answer()

    @server.exception_handler(FilesBusy)
    async def files_busy(_request: Request, _error: FilesBusy) -> Response:
        return answer(Problem(503, "busy", "too many files are being read; try again in a few seconds", retry_after=5))

    @server.exception_handler(OperationalError)
    @server.exception_handler(InterfaceError)
    async def store_away(request: Request, error: DBAPIError) -> Response:
        log.error("database_unavailable", path=request.url.path, error=first_line(error))
        return busy("the database does not answer").answer()

    @server.exception_handler(Unreadable)
    async def archive_away(request: Request, error: Unreadable) -> Response:
        log.error("archive_unreadable", path=request.url.path, error=first_line(error))
        return busy("archived months cannot be read").answer()

    @server.exception_handler(SealError)
    async def locked(request: Request, error: SealError) -> Response:
        log.error("sealed_with_another_key", path=request.url.path)
        return answer(Problem(409, "sealed with another key", str(error)))

    @server.exception_handler(IntegrityError)
    async def too_late(_request: Request, _error: IntegrityError) -> Response:
        return answer(Problem(409, "conflict", "somebody else was quicker: look again"))

    @server.exception_handler(DataError)
    async def not_storable(_request: Request, _error: DataError) -> Response:
        return answer(Problem(400, "bad request", "the database does not take a value that was sent"))

    @server.exception_handler(OverflowError)
    async def too_great(_request: Request, error: OverflowError) -> Response:
        return answer(Problem(400, "bad request", f"a number is too great: {error}"))

    @server.exception_handler(HTTPException)
    async def routed(_request: Request, error: HTTPException) -> Response:
        return answer(Problem(error.status_code, str(error.detail), str(error.detail)))

    @server.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> Response:
        # The server logs it, with its trace; it counts beside what other parts met.
        # What tells refusals in Chinese lies within, and is passed by.
        count("pages", error)
        detail = f"a fault of the cockpit; its log has it under {request_id.get()}"
        return answer(Problem(500, "internal error", words.said(detail, chinese=language_of(request) == CHINESE)))

    @server.exception_handler(NoPage)
    async def nowhere(_request: Request, error: NoPage) -> Response:
        return HTMLResponse(refusal(error), status_code=error.status)

    @server.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return answer(Problem(400, "bad request", f"{where}: {first['msg']}"))
