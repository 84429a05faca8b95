"""The parts put together: broker, ingest, web and replay, in one process or in several."""

import contextlib
import ipaddress
import math
import resource
import secrets
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import structlog
import uvicorn
from sqlalchemy import Engine

from cockpit import collector, web
from cockpit.edge.connections import HttpConnection, LiveConnection
from cockpit.errors import BadSetting
from cockpit.health import Probes
from cockpit.live import LiveHub
from cockpit.notices.courier import Courier
from cockpit.people.oidc import Provider, SingleSignOn
from cockpit.resources import (
    base_map,
    embedded_broker,
    embedded_tls,
    external_broker,
    installed_codecs,
    open_databases,
    seal,
    take_calendar,
)
from cockpit.settings import Settings
from layers.declare import feeds
from layers.visitors import capacity
from sensors.broker import BrokerThread, PortInUse
from sensors.bus import BrokerAddress, Client, LiveSubscriber, Outlet
from sensors.codecs.declare import Codecs
from sensors.connection import SERVICE
from sensors.dispatch import Dispatcher
from sensors.ingest import Ingest, SplitIngest
from sensors.intake import ExclusiveIntake, Intake, SharingIntake
from sensors.keeper import Keeper, Kept
from sensors.kept_registry import Registry
from sensors.slots import Slots
from sensors.subscriber import INGEST, Subscriber, embedded_filters, filters, session_name
from store import budgets
from store.databases import Databases
from store.instant import MILLISECOND, now
from store.seal import Seal
from store.turns import Duty

log = structlog.get_logger(__name__)

SWITCH_S = 0.0005
"""A tenth of Python's own: after each statement ingest waits this long for its lock, once for each busy thread."""
SPARE_DESCRIPTORS = 4_096
"""For the broker's connections, the databases and everything else."""
GRACEFUL_S = 3
PATIENCE_S = 5


@dataclass(frozen=True)
class Parts:
    """Which parts this process runs."""

    broker: bool = False
    ingest: bool = False
    web: bool = False


@dataclass(frozen=True)
class Share:
    """What an ingester takes: some communities or all, and whether it shares them with others."""

    communities: Sequence[str] = ()
    shared: bool = False


@contextlib.contextmanager
def running(
    settings: Settings, parts: Parts, on_ready: Callable[[Databases], None], share: Share | None = None
) -> Iterator[Callable[[], None]]:
    """Start the parts; yields what serves until the process is told to end, and stops them after."""
    share = share or Share()
    sys.setswitchinterval(SWITCH_S)
    _take_descriptors()
    databases = open_databases(settings, share.communities)
    background = databases.apart(Duty.BACKGROUND)
    codecs = installed_codecs(settings)
    base = base_map(settings) if parts.web else None
    capacity.configure(settings.site_capacity)
    take_calendar(settings)
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(_listen(settings)) if parts.web else None
        broker = stack.enter_context(_broker(settings, databases, codecs)) if parts.broker else None
        address = _address(settings, broker)
        publisher = Client(address, f"cockpit-publisher-{socket.gethostname()}-{secrets.token_hex(4)}")
        publisher.start()
        stack.callback(publisher.stop)
        outlet = Outlet(publisher)
        intake = None
        if parts.ingest:
            engines = databases.of_all(share.communities)
            # The embedded broker has a brake of its own.
            device_rate = math.inf if parts.broker else settings.device_rate
            parts_of = {e: Ingest(e, feeds(), codecs, outlet, device_rate) for e in engines}
            ingest = SplitIngest(databases, parts_of)
            intake = _intake(settings, address, ingest, share, codecs)
            intake.start()
            stack.callback(intake.stop)
            for engine in background.of_all(share.communities):
                _beside(stack, settings, engine, publisher, intake, share)
        probes = Probes(
            broker=lambda: publisher.connected and (intake is None or intake.is_ready),
            lag_s=(lambda: intake.ingest.lag_s) if intake else None,
            devices=(lambda: broker.connections) if broker else None,
        )
        if listening is None:
            if intake is not None:
                _wait_for_broker(intake)
            collector.settle()
            on_ready(databases)
            yield _wait_forever
            return
        hub = LiveHub(background)
        subscriber = LiveSubscriber(address, hub.receive, hub.resync)
        subscriber.client.start()
        stack.callback(subscriber.client.stop)
        key = seal(settings)
        courier = Courier(background, key, settings.public_url, lambda community: outlet.tell(_noticed(community)))
        courier.start()
        stack.callback(courier.stop)
        pages = databases.apart(Duty.PAGES)
        app = web.build(pages, background, hub, outlet, probes, codecs, base, key, _sign_on(settings, key), settings)
        server = Server(_uvicorn(app, settings), lambda: on_ready(databases))
        collector.settle()
        yield lambda: server.run(sockets=[listening])


def _sign_on(settings: Settings, key: Seal) -> SingleSignOn | None:
    """Sign-in by another provider, where one is set.

    Raises
    ------
    BadSetting
        If the client's secret cannot be read.
    """
    path, public_url = settings.oidc_client_secret_file, settings.public_url
    if settings.oidc_issuer is None or path is None or public_url is None:
        return None
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"COCKPIT_OIDC_CLIENT_SECRET_FILE: {str(path)!r}: {error}") from None
    provider = Provider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id or "",
        client_secret=secret,
        claim=settings.oidc_claim,
    )
    return SingleSignOn(provider, public_url, key)


def _noticed(community: str) -> dict[str, dict[str, dict[str, object]]]:
    """Tells the pages that there are new notices; each then asks for its own."""
    return {community: {"notices": {"*": {"at": now() // MILLISECOND}}}}


def _beside(
    stack: contextlib.ExitStack, settings: Settings, engine: Engine, publisher: Client, intake: Intake, share: Share
) -> None:
    """What one process does beside the intake: it sends commands, and forgets what is old enough."""

    def is_active() -> bool:
        return intake.subscriber.client.connected

    dispatcher = Dispatcher(engine, publisher, share.communities, is_active)
    kept = Kept(settings.keep_readings_days, settings.keep_quarantine_days, settings.keep_notices_days)
    keeper = Keeper(engine, kept, is_active)
    for worker in (dispatcher, keeper):
        worker.start()
        stack.callback(worker.stop)


class Server(uvicorn.Server):
    """uvicorn, which says when it listens."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        self._on_listening()


def _uvicorn(app: object, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=HttpConnection,
        ws=LiveConnection,
        ws_max_size=budgets.current().socket_message_bytes,
        log_config=None,
        access_log=False,
        server_header=False,
        # An address that anybody could write in a header is nobody's.
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies,
        # Frames are encoded once for all browsers; compressing would do it once for each.
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=GRACEFUL_S,
        lifespan="on",
    )


def _wait_for_broker(intake: Intake) -> None:
    # Before its first subscription a broker keeps nothing for us, so "running" may not be said earlier.
    while not intake.is_ready:
        if not intake.subscriber.client.wait_connected(PATIENCE_S):
            log.warning("waiting_for_broker")


def _wait_forever() -> None:
    threading.Event().wait()


def _take_descriptors() -> None:
    """As many open files as the machine allows: a shell's thousand are fewer than the connections we take."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return
    wanted = max(soft, budgets.current().connections + SPARE_DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(hard, wanted), hard))


@contextlib.contextmanager
def _listen(settings: Settings) -> Iterator[socket.socket]:
    host, port = settings.http_host, settings.http_port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise BadSetting(f"cannot listen for HTTP on {host}:{port}: {reason} (COCKPIT_HTTP_PORT)") from None
        if not _is_loopback(host):
            log.warning("http_not_on_loopback", host=host, port=port)
        yield listening


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextlib.contextmanager
def _broker(settings: Settings, databases: Databases, codecs: Codecs) -> Iterator[BrokerThread]:
    registry = Registry(*databases.all)
    registry.refresh()
    broker = BrokerThread(
        settings.mqtt_host, settings.mqtt_port, registry, codecs, settings.device_rate, embedded_tls(settings)
    )
    try:
        broker.start()
    except PortInUse as error:
        raise BadSetting(f"{error} (COCKPIT_MQTT_PORT)") from None
    try:
        yield broker
    finally:
        broker.stop()


def _address(settings: Settings, broker: BrokerThread | None) -> BrokerAddress:
    if broker is None:
        return external_broker(settings)
    return replace(embedded_broker(settings), username=SERVICE, password=broker.service_secret)


def _intake(settings: Settings, address: BrokerAddress, ingest: SplitIngest, share: Share, codecs: Codecs) -> Intake:
    topic_filters = filters(share.communities, codecs.protocols, share.shared)
    name = session_name(share.communities)
    if settings.mqtt_url is None:
        return Intake(ingest, Subscriber(address, ingest.submit, embedded_filters(codecs.protocols), INGEST))
    if share.shared:
        return SharingIntake(ingest, address, topic_filters, Slots(settings.data_dir, name))
    subscriber = Subscriber(address, ingest.submit, topic_filters, name)
    return ExclusiveIntake(ingest, subscriber, settings.data_dir / f"{name}.lock")
