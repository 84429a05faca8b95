"""Sockets to listen at, and as many open files as the connections need."""

import contextlib
import errno
import ipaddress
import resource
import socket
import time
from collections.abc import Iterator

import structlog

from cockpit.errors import BadSetting
from cockpit.settings import Settings
from store import budgets

log = structlog.get_logger(__name__)

SPARE_DESCRIPTORS = 1_024
"""For the databases and everything else."""
LET_GO_S = 1.0


@contextlib.contextmanager
def listen(settings: Settings) -> Iterator[socket.socket]:
    """A socket at the address of the pages.

    Raises
    ------
    BadSetting
        If another program has it.
    """
    host, port = settings.http_host, settings.http_port
    with socket.socket(family(host), socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bind(listening, (host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise BadSetting(f"cannot listen for HTTP on {host}:{port}: {reason} (COCKPIT_HTTP_PORT)") from None
        if not _is_loopback(host):
            log.warning("http_not_on_loopback", host=host, port=port)
        yield listening


def family(host: str) -> socket.AddressFamily:
    """That of an address."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def bind(listening: socket.socket, where: tuple[str, int]) -> None:
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


def take_descriptors() -> None:
    """As many open files as the machine allows: a shell's thousand are fewer than the connections we take."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return
    numbers = budgets.current()
    wanted = max(soft, numbers.connections + numbers.mqtt_connections + SPARE_DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(hard, wanted), hard))
