"""The parts of a process put together: broker and ingest, or web."""

import contextlib
import errno
import ipaddress
import math
import resource
import secrets
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import structlog
import uvicorn
from filelock import FileLock, Timeout
from sqlalchemy import Engine

from cockpit import collector, web
from cockpit.beside import Pair
from cockpit.edge.connections import HttpConnection, LiveConnection
from cockpit.errors import BadSetting
from cockpit.health import Probes
from cockpit.live import LiveHub
from cockpit.notices.courier import Courier
from cockpit.people.oidc import Provider, SingleSignOn
from cockpit.processes import SIGN_S
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
from cockpit.settings import Settings, prepare_data_dir
from geo.communities import communities
from layers.declare import feeds
from layers.visitors import capacity
from sensors.brokers.embedded.connection import SERVICE
from sensors.brokers.embedded.thread import BrokerThread, PortInUse
from sensors.bus.client import BrokerAddress, Client
from sensors.bus.live import LiveSubscriber, Outlet
from sensors.codecs.installed import Codecs
from sensors.commands.dispatch import Dispatcher
from sensors.devices.kept_registry import Registry
from sensors.intake.ingest import Ingest, SplitIngest
from sensors.intake.ingester import DirectIntake, ExclusiveIntake, Intake, SharingIntake
from sensors.intake.inlet import Inlet
from sensors.intake.slots import Slots
from sensors.intake.subscriber import filters, receiver, session_name
from sensors.readings.keeper import Keeper, Kept
from store import budgets, scratch
from store.databases import Databases
from store.instant import MILLISECOND, now
from store.seal import Seal
from store.turns import Duty

log = structlog.get_logger(__name__)

SWITCH_S = 0.0005
"""A tenth of Python's own: after each statement ingest waits this long for its lock, once for each busy thread."""
SPARE_DESCRIPTORS = 1_024
"""For the databases and everything else."""
GRACEFUL_S = 3
PATIENCE_S = 5
LET_GO_S = 1.0
ALONE_S = 2.0
TICKS_A_SIGN = 10
ANSWERS_S = 5.0


@dataclass(frozen=True)
class Share:
    """What an ingester takes: some communities or all, and whether it shares them with others."""

    communities: Sequence[str] = ()
    shared: bool = False


@dataclass(frozen=True)
class Whole:
    """What the two processes of ``cockpit up`` have in common: the line between them, and the web's socket."""

    pair: Pair
    listening: socket.socket


@dataclass(frozen=True)
class Taking:
    """What takes from devices, while it does: its databases, and whether all of it still works."""

    databases: Databases
    is_alive: Callable[[], bool]


def examine(settings: Settings) -> None:
    """Look at what the settings name, before any process is begun that could not work with it.

    Raises
    ------
    BadSetting
        Names the first that is wrong.
    """
    prepare_data_dir(settings)
    installed_codecs(settings)
    base_map(settings)
    capacity.configure(settings.site_capacity)
    take_calendar(settings)
    if settings.mqtt_url is None:
        embedded_tls(settings)
    else:
        external_broker(settings)
    _sign_on(settings, seal(settings))


@contextlib.contextmanager
def taking(settings: Settings, share: Share | None = None, whole: Whole | None = None) -> Iterator[Taking]:
    """Take what devices send and store it, with a broker of its own where none is set, until the block ends."""
    share = share or Share()
    with contextlib.ExitStack() as stack:
        databases, codecs = _prepared(settings, share.communities)
        pair = whole.pair if whole is not None else None
        has_broker = pair is not None and settings.mqtt_url is None
        if has_broker:
            stack.enter_context(_alone(settings))
        inlet = Inlet()
        broker = stack.enter_context(_broker(settings, databases, codecs, inlet, pair)) if pair and has_broker else None
        address = _address(settings, pair)
        publisher, outlet = _publisher(stack, address, share.communities)
        # The embedded broker has a brake of its own.
        device_rate = math.inf if has_broker else settings.device_rate
        parts_of = {e: Ingest(e, feeds(), codecs, outlet, device_rate) for e in databases.of_all(share.communities)}
        ingest = SplitIngest(databases, parts_of)
        intake = DirectIntake(ingest, inlet) if broker else _intake(settings, address, ingest, share, codecs, outlet)
        intake.start()
        stack.callback(intake.stop)
        for engine in databases.apart(Duty.BACKGROUND).of_all(share.communities):
            _beside(stack, settings, engine, publisher, intake, share, broker)
        if pair is None:
            _wait_for_broker(intake)
        else:
            devices = (lambda: broker.connections) if broker is not None else None
            pair.answer(lambda: publisher.connected and intake.is_ready, lambda: ingest.lag_s, devices)
        collector.settle()
        yield Taking(databases, lambda: broker is None or broker.answers(ANSWERS_S))


def serve(
    settings: Settings,
    on_ready: Callable[[Databases], None],
    whole: Whole | None = None,
    sign: Callable[[], None] = lambda: None,
) -> None:
    """Serve pages, API and live channel until the process is told to end."""
    with contextlib.ExitStack() as stack:
        scratch.sweep()
        databases, codecs = _prepared(settings)
        background = databases.apart(Duty.BACKGROUND)
        base = base_map(settings)
        listening = whole.listening if whole is not None else stack.enter_context(listen(settings))
        address = _address(settings, whole.pair if whole is not None else None)
        publisher, outlet = _publisher(stack, address)
        probes = Probes(lambda: publisher.connected, whole.pair.ask if whole is not None else None)
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
        server = Server(_uvicorn(app, settings), lambda: on_ready(databases), sign)
        collector.settle()
        server.run(sockets=[listening])


def _prepared(settings: Settings, communities: Sequence[str] = ()) -> tuple[Databases, Codecs]:
    sys.setswitchinterval(SWITCH_S)
    _take_descriptors()
    databases = open_databases(settings, communities)
    codecs = installed_codecs(settings)
    capacity.configure(settings.site_capacity)
    take_calendar(settings)
    return databases, codecs


def _publisher(
    stack: contextlib.ExitStack, address: BrokerAddress, told_of: Sequence[str] = ()
) -> tuple[Client, Outlet]:
    publisher = Client(address, f"cockpit-publisher-{socket.gethostname()}-{secrets.token_hex(4)}")
    outlet = Outlet(publisher)
    # What was told while it was cut off is lost, and what one before it had stored and not told when it was killed.
    publisher.on_connected = lambda: outlet.begin_anew(told_of or communities())
    publisher.start()
    stack.callback(publisher.stop)
    return publisher, outlet


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
    stack: contextlib.ExitStack,
    settings: Settings,
    engine: Engine,
    publisher: Client,
    intake: Intake | DirectIntake,
    share: Share,
    broker: BrokerThread | None,
) -> None:
    """What one process does beside the intake: it sends commands, and forgets what is old enough."""
    # An embedded broker has what it was given in memory only, and knows who listens.
    reaches = broker.reaches if broker is not None else lambda _topic: True
    dispatcher = Dispatcher(
        engine, publisher, share.communities, lambda: intake.is_active, reaches, forgets=broker is not None
    )
    kept = Kept(settings.keep_readings_days, settings.keep_quarantine_days, settings.keep_notices_days)
    keeper = Keeper(engine, kept, lambda: intake.is_active)
    for worker in (dispatcher, keeper):
        worker.start()
        stack.callback(worker.stop)


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


def _wait_for_broker(intake: Intake | DirectIntake) -> None:
    # Before its first subscription a broker keeps nothing for us, so "running" may not be said earlier.
    while not intake.is_ready:
        if not intake.wait(PATIENCE_S):
            log.warning("waiting_for_broker")


def wait_forever(is_alive: Callable[[], bool] = lambda: True, sign: Callable[[], None] = lambda: None) -> None:
    """Until the process is told to end, with a sign of life for as long as it is alive."""
    never = threading.Event()
    while not never.wait(SIGN_S):
        if is_alive():
            sign()


def _take_descriptors() -> None:
    """As many open files as the machine allows: a shell's thousand are fewer than the connections we take."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return
    numbers = budgets.current()
    wanted = max(soft, numbers.connections + numbers.mqtt_connections + SPARE_DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(hard, wanted), hard))


@contextlib.contextmanager
def listen(settings: Settings) -> Iterator[socket.socket]:
    """A socket at the address of the pages.

    Raises
    ------
    BadSetting
        If another program has it.
    """
    host, port = settings.http_host, settings.http_port
    with socket.socket(_family(host), socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            _bind(listening, (host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise BadSetting(f"cannot listen for HTTP on {host}:{port}: {reason} (COCKPIT_HTTP_PORT)") from None
        if not _is_loopback(host):
            log.warning("http_not_on_loopback", host=host, port=port)
        yield listening


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _bind(listening: socket.socket, where: tuple[str, int]) -> None:
    """Take the address; a cockpit that was killed a moment ago may still have it."""
    until = time.monotonic() + LET_GO_S
    while True:
        try:
            return listening.bind(where)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > until:
                raise
            time.sleep(0.05)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextlib.contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One broker of our own for a data folder: two would each send half of the commands."""
    lock = FileLock(settings.data_dir / "broker.lock", thread_local=False)
    try:
        lock.acquire(timeout=ALONE_S)
    except Timeout:
        raise BadSetting(f"{settings.data_dir}: another cockpit up runs on it (COCKPIT_DATA_DIR)") from None
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _broker(
    settings: Settings, databases: Databases, codecs: Codecs, inlet: Inlet, pair: Pair
) -> Iterator[BrokerThread]:
    registry = Registry(*databases.all)
    registry.refresh()
    broker = BrokerThread(
        settings.mqtt_host,
        settings.mqtt_port,
        registry,
        codecs,
        inlet,
        pair.service_secret,
        settings.device_rate,
        embedded_tls(settings),
    )
    with socket.socket(_family(settings.mqtt_host), socket.SOCK_STREAM) as trial, contextlib.suppress(OSError):
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _bind(trial, (settings.mqtt_host, settings.mqtt_port))
    try:
        broker.start()
    except PortInUse as error:
        raise BadSetting(f"{error} (COCKPIT_MQTT_PORT)") from None
    try:
        yield broker
    finally:
        broker.stop()


def _address(settings: Settings, pair: Pair | None) -> BrokerAddress:
    if pair is None or settings.mqtt_url is not None:
        return external_broker(settings)
    return replace(embedded_broker(settings), username=SERVICE, password=pair.service_secret)


def _intake(
    settings: Settings, address: BrokerAddress, ingest: SplitIngest, share: Share, codecs: Codecs, outlet: Outlet
) -> Intake:
    topic_filters = filters(share.communities, codecs.protocols, share.shared)
    name = session_name(share.communities)

    def begin_anew() -> None:
        outlet.begin_anew(share.communities or communities())

    if share.shared:
        return SharingIntake(ingest, address, topic_filters, Slots(settings.data_dir, name), begin_anew)
    session = receiver(address, ingest, topic_filters, name)
    return ExclusiveIntake(ingest, session, settings.data_dir / f"{name}.lock", begin_anew)
