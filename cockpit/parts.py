"""What a process that takes from devices and one that serves pages have in common."""

import contextlib
import secrets
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cockpit.beside import Pair
from cockpit.listening import take_descriptors
from cockpit.opening import open_databases
from cockpit.resources import embedded_broker, external_broker, installed_codecs, take_calendar
from cockpit.settings import Settings
from geo.communities import communities
from layers.declare import layers
from layers.visitors import capacity
from sensors.brokers.embedded.connection import SERVICE
from sensors.bus.client import BrokerAddress, Client
from sensors.bus.live import Outlet
from sensors.codecs.installed import Codecs
from store import structs
from store.databases import Databases

SWITCH_S = 0.0005
"""A tenth of Python's own: after each statement ingest waits this long for its lock, once for each busy thread."""


@dataclass(frozen=True)
class Whole:
    """What the two processes of ``cockpit up`` have in common: the line between them, and the web's socket."""

    pair: Pair
    listening: socket.socket


def prepared(settings: Settings, communities: Sequence[str] = ()) -> tuple[Databases, Codecs]:
    sys.setswitchinterval(SWITCH_S)
    take_descriptors()
    databases = open_databases(settings, communities)
    codecs = installed_codecs(settings)
    capacity.configure(settings.site_capacity)
    take_calendar(settings)
    layers()  # what they decode is known once they are loaded
    structs.make_ready()
    return databases, codecs


def publisher(
    stack: contextlib.ExitStack, address: BrokerAddress, told_of: Sequence[str] = ()
) -> tuple[Client, Outlet]:
    publisher = Client(address, f"cockpit-publisher-{socket.gethostname()}-{secrets.token_hex(4)}")
    outlet = Outlet(publisher)
    # What was told while it was cut off is lost, and what one before it had stored and not told when it was killed.
    publisher.on_connected = lambda: outlet.begin_anew(told_of or communities())
    publisher.start()
    stack.callback(publisher.stop)
    return publisher, outlet


def address_of(settings: Settings, pair: Pair | None) -> BrokerAddress:
    if pair is None or settings.mqtt_url is not None:
        return external_broker(settings)
    return replace(embedded_broker(settings), username=SERVICE, password=pair.service_secret)
