"""The process that serves pages, API and live channel."""

import contextlib
import socket
from collections.abc import Callable
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from cockpit import collector, web
from cockpit.backups.maker import BackupMaker
from cockpit.closed import is_closed
from cockpit.displays import kept
from cockpit.edge.connections import HttpConnection, LiveConnection
from cockpit.edge.proxies import Proxies
from cockpit.edge.reached import Reached
from cockpit.edge.request_ids import RequestIds
from cockpit.errors import BadSetting
from cockpit.health import Probes
from cockpit.listening import listen
from cockpit.live import LiveHub
from cockpit.notices.courier import Courier
from cockpit.parts import Whole, address_of, prepared, publisher
from cockpit.people.oidc import Provider, SingleSignOn
from cockpit.reports.maker import Maker
from cockpit.resources import base_map
from cockpit.sealing import seal
from cockpit.settings import Settings
from sensors.bus.live import LiveSubscriber
from store import budgets, scratch
from store.databases import Databases
from store.instant import MILLISECOND, now
from store.seal import Seal
from store.turns import Duty

GRACEFUL_S = 3
TICKS_A_SIGN = 10


def serve(
    settings: Settings,
    on_ready: Callable[[Databases], None],
    whole: Whole | None = None,
    sign: Callable[[], None] = lambda: None,
) -> None:
    """Serve pages, API and live channel until the process is told to end."""
    with contextlib.ExitStack() as stack:
        scratch.sweep()
        databases, codecs = prepared(settings)
        background = databases.apart(Duty.BACKGROUND)
        base = base_map(settings)
        listening = whole.listening if whole is not None else stack.enter_context(listen(settings))
        address = address_of(settings, whole.pair if whole is not None else None)
        telling, outlet = publisher(stack, address)
        closed = is_closed(settings)
        probes = Probes(lambda: telling.connected, whole.pair.ask if whole is not None else None, closed)
        hub = LiveHub(background, {kept.LAYER: kept.records})
        subscriber = LiveSubscriber(address, hub.receive, hub.resync)
        subscriber.client.start()
        stack.callback(subscriber.client.stop)
        key = seal(settings, databases)
        courier = Courier(
            background, key, settings.public_url, lambda community: outlet.tell(_new(community, "notices"))
        )
        maker = Maker(background, settings, lambda community: outlet.tell(_new(community, "reports")))
        backups = BackupMaker(background, settings)
        if not closed:
            for begin, end in ((courier.start, courier.stop), (maker.start, maker.stop), (backups.begin, backups.end)):
                begin()
                stack.callback(end)
        pages = databases.apart(Duty.PAGES)
        over = sign_on(settings, key)
        if over is not None:
            stack.enter_context(over.watched())
        app = web.build(pages, background, hub, outlet, probes, codecs, base, key, over, settings, maker, backups)
        # Who may open it first is told by one that is open.
        server = Server(_uvicorn(app, settings), sign if closed else lambda: on_ready(databases), sign)
        collector.settle()
        server.run(sockets=[listening])


def sign_on(settings: Settings, key: Seal) -> SingleSignOn | None:
    """Sign-in by another provider, where one is set."""
    provider = provider_of(settings)
    if provider is None or settings.public_url is None:
        return None
    return SingleSignOn(provider, settings.public_url, key)


def provider_of(settings: Settings) -> Provider | None:
    """The provider that people sign in by, where one is set.

    Raises
    ------
    BadSetting
        If the client's secret cannot be read.
    """
    path = settings.oidc_client_secret_file
    if settings.oidc_issuer is None or path is None:
        return None
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"COCKPIT_OIDC_CLIENT_SECRET_FILE: {str(path)!r}: {error}") from None
    return Provider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id or "",
        client_secret=secret,
        claim=settings.oidc_claim,
    )


def _new(community: str, what: str) -> dict[str, dict[str, dict[str, object]]]:
    """Tells the pages that there are new notices, or reports; each then asks for its own."""
    return {community: {what: {"*": {"at": now() // MILLISECOND}}}}


class Server(uvicorn.Server):
    """uvicorn, which says when it listens, and gives a sign of life from its event loop."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[], None], sign: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening
        self._sign = sign

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        self._on_listening()

    async def on_tick(self, counter: int) -> bool:
        """Called by uvicorn ten times a second."""
        if counter % TICKS_A_SIGN == 0:
            self._sign()
        return await super().on_tick(counter)


def reached(app: ASGIApp, settings: Settings) -> ASGIApp:
    """An application behind what finds out who asks, and by which address."""
    # An address that anybody could write in a header is nobody's.
    known = Proxies(Reached(app, settings.public_url), settings.proxies)
    return RequestIds(known, settings.proxies)


def _uvicorn(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        cast(Any, reached(app, settings)),
        http=HttpConnection,
        ws=LiveConnection,
        ws_max_size=budgets.current().socket_message_bytes,
        log_config=None,
        access_log=False,
        server_header=False,
        # Ours stands before uvicorn's own, which knows no more who connects.
        proxy_headers=False,
        # Frames are encoded once for all browsers; compressing would do it once for each.
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=GRACEFUL_S,
        lifespan="on",
    )
