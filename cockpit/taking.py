"""The process that takes from devices: a broker where none is set, ingest, and what works beside it."""

import contextlib
import math
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import structlog
from filelock import FileLock, Timeout
from sqlalchemy import Engine

from cockpit import collector
from cockpit.beside import Pair
from cockpit.closed import FILE, is_closed
from cockpit.errors import BadSetting
from cockpit.listening import bind, family
from cockpit.own_figures import own_figures
from cockpit.parts import Whole, address_of, prepared, publisher
from cockpit.processes import SIGN_S
from cockpit.resources import embedded_tls
from cockpit.settings import Settings
from geo.communities import communities
from layers.declare import feeds, followers
from sensors.brokers.embedded.thread import BrokerThread, PortInUse
from sensors.bus.client import BrokerAddress, Client
from sensors.bus.live import Outlet
from sensors.codecs.installed import Codecs
from sensors.commands.dispatch import Dispatcher
from sensors.devices.kept_registry import Registry
from sensors.intake.ingest import Ingest, SplitIngest
from sensors.intake.ingester import DirectIntake, ExclusiveIntake, Intake, SharingIntake
from sensors.intake.inlet import Inlet
from sensors.intake.playback import take_again
from sensors.intake.slots import Slots
from sensors.intake.subscriber import filters, receiver, session_name
from sensors.readings.archive.archiver import Archiver
from sensors.readings.keeper import Keeper, Kept
from store.databases import Databases
from store.turns import Duty

log = structlog.get_logger(__name__)

PATIENCE_S = 5
ALONE_S = 2.0
ANSWERS_S = 5.0
TAKEN_AGAIN_S = 120.0
"""So long each hour what waits for its past to be looked up is taken again."""

Either = Intake | DirectIntake


@dataclass(frozen=True)
class Share:
    """What an ingester takes: some communities or all, and whether it shares them with others."""

    communities: Sequence[str] = ()
    shared: bool = False


@dataclass(frozen=True)
class Taking:
    """What takes from devices, while it does: its databases, whether all of it still works, and whether it takes
    nothing yet (`cockpit.closed`).
    """

    databases: Databases
    is_alive: Callable[[], bool]
    is_closed: bool


@contextlib.contextmanager
def taking(settings: Settings, share: Share | None = None, whole: Whole | None = None) -> Iterator[Taking]:
    """Take what devices send and store it, with a broker of its own where none is set, until the block ends."""
    share = share or Share()
    with contextlib.ExitStack() as stack:
        databases, codecs = prepared(settings, share.communities)
        pair = whole.pair if whole is not None else None
        has_broker = pair is not None and settings.mqtt_url is None
        if has_broker:
            stack.enter_context(alone(settings))
        inlet, closed = Inlet(), is_closed(settings)
        broker = None
        if pair is not None and has_broker:
            broker = stack.enter_context(_broker(settings, databases, codecs, inlet, pair, is_closed=closed))
        address = address_of(settings, pair)
        telling, outlet = publisher(stack, address, share.communities)
        # The embedded broker has a brake of its own.
        device_rate = math.inf if has_broker else settings.device_rate
        shares = _shares(databases, share)
        ingests = {e: Ingest(e, feeds(), codecs, outlet, device_rate) for e in shares}
        ingest = SplitIngest(databases, ingests)
        for engine, one in ingests.items():
            one.own_figures = own_figures(settings, engine, lambda: ingest.lag_s)
            one.is_shared = share.shared
        intakes: list[Either] = []
        if broker is not None:
            intakes.append(DirectIntake(ingest, inlet))
        else:
            intakes += [_intake(settings, address, ingests[e], own, codecs, outlet) for e, own in shares.items()]
        if closed:
            log.warning("closed", file=str(settings.data_dir / FILE), reason="an upgrade has not come to its end")
        else:
            takes = dict(zip(shares, intakes, strict=False))
            _begin(stack, settings, databases, telling, takes, share, broker, codecs)
        if pair is not None:
            devices = (lambda: broker.connections) if broker is not None else None
            are_ready = partial(_are_ready, () if closed else intakes)
            pair.answer(lambda: telling.connected and are_ready(), lambda: ingest.lag_s, devices)
        elif not closed:
            _wait_for_broker(intakes)
        collector.settle()
        yield Taking(databases, lambda: broker is None or broker.answers(ANSWERS_S), closed)


def _begin(
    stack: contextlib.ExitStack,
    settings: Settings,
    databases: Databases,
    publisher: Client,
    intakes: Mapping[Engine, Either],
    share: Share,
    broker: BrokerThread | None,
    codecs: Codecs,
) -> None:
    """Begin to take, and what is done beside it; ``intakes`` by the database that each is for."""
    for intake in intakes.values():
        intake.start()
        stack.callback(intake.stop)
    # Each database is worked beside by who takes for it; where one takes for all, or none for it, by the first.
    first = next(iter(intakes.values()))
    backgrounds = databases.apart(Duty.BACKGROUND).of_all(share.communities)
    for engine, background in zip(databases.of_all(share.communities), backgrounds, strict=True):
        _beside(stack, settings, background, publisher, intakes.get(engine, first), share, broker, codecs)


def _beside(
    stack: contextlib.ExitStack,
    settings: Settings,
    engine: Engine,
    publisher: Client,
    intake: Either,
    share: Share,
    broker: BrokerThread | None,
    codecs: Codecs,
) -> None:
    """What one process does beside the intake: it sends commands, and forgets what is old enough."""
    # An embedded broker has what it was given in memory only, and knows who listens.
    reaches = broker.reaches if broker is not None else lambda _topic: True
    dispatcher = Dispatcher(
        engine, publisher, share.communities, lambda: intake.is_active, reaches, forgets=broker is not None
    )
    kept = Kept(settings.keep_readings_days, settings.keep_quarantine_days, settings.keep_notices_days)
    archiver = Archiver(engine, settings.hot_months) if settings.hot_months else None
    again = partial(take_again, engine, feeds, codecs, TAKEN_AGAIN_S)
    keeper = Keeper(engine, kept, lambda: intake.is_active, followers(), archiver, again)
    for worker in (dispatcher, keeper):
        worker.start()
        stack.callback(worker.stop)


def _are_ready(intakes: Sequence[Either]) -> bool:
    return all(one.is_ready for one in intakes)


def _shares(databases: Databases, share: Share) -> dict[Engine, Share]:
    """What is taken for each database.

    Each is fed by a session of its own: what a session may hold unacknowledged is bounded, and one database that is
    away would fill it for all. The only one also takes what names no community that is known.
    """
    if len(databases.all) == 1:
        return {databases.shared: share}
    parts: dict[Engine, list[str]] = {}
    for code in share.communities or communities():
        parts.setdefault(databases.of(code), []).append(code)
    return {engine: replace(share, communities=codes) for engine, codes in parts.items()}


def _wait_for_broker(intakes: Iterable[Either]) -> None:
    # Before its first subscription a broker keeps nothing for us, so "running" may not be said earlier.
    for intake in intakes:
        while not intake.is_ready:
            if not intake.wait(PATIENCE_S):
                log.warning("waiting_for_broker")


def wait_forever(is_alive: Callable[[], bool] = lambda: True, sign: Callable[[], None] = lambda: None) -> None:
    """Until the process is told to end, with a sign of life for as long as it is alive."""
    never = threading.Event()
    while not never.wait(SIGN_S):
        if is_alive():
            sign()


@contextlib.contextmanager
def alone(settings: Settings) -> Iterator[None]:
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
    settings: Settings, databases: Databases, codecs: Codecs, inlet: Inlet, pair: Pair, *, is_closed: bool
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
        is_closed=is_closed,
    )
    _try_port(settings.mqtt_host, settings.mqtt_port)
    try:
        broker.start()
    except PortInUse as error:
        raise BadSetting(f"{error} (COCKPIT_MQTT_PORT)") from None
    try:
        yield broker
    finally:
        broker.stop()


def _try_port(host: str, port: int) -> None:
    """Refuse in one line what the broker's library would log with its trace."""
    with socket.socket(family(host), socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bind(trial, (host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise BadSetting(f"cannot listen for MQTT on {host}:{port}: {reason} (COCKPIT_MQTT_PORT)") from None


def _intake(
    settings: Settings, address: BrokerAddress, ingest: Ingest, share: Share, codecs: Codecs, outlet: Outlet
) -> Intake:
    topic_filters = filters(share.communities, codecs.protocols, share.shared)
    name = session_name(share.communities)

    def begin_anew() -> None:
        outlet.begin_anew(share.communities or communities())

    if share.shared:
        return SharingIntake(ingest, address, topic_filters, Slots(settings.data_dir, name), begin_anew)
    session = receiver(address, ingest, topic_filters, name)
    return ExclusiveIntake(ingest, session, settings.data_dir / f"{name}.lock", begin_anew)
