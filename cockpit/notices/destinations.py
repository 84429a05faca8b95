"""Where notices may be posted to: by itself nowhere on this machine and in no private network."""

import contextlib
import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from cockpit.errors import BadSetting

MAX_URL = 2_000
NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_allowed: list[Network] = []


class NotAllowed(Exception):
    """An address that nothing is posted to, with which and why."""


def allow(networks: Iterable[str]) -> None:
    """Let notices go to these networks too, by ``COCKPIT_WEBHOOK_NETWORKS``; `ValueError` where one is none."""
    _allowed[:] = [ipaddress.ip_network(text) for text in networks]


def check_url(url: str) -> None:
    """Refuse an address that nothing could or should be posted to, as far as that can be seen without asking anybody.

    Raises
    ------
    BadSetting
        Saying why.
    """
    try:
        address = urlsplit(url)
        port = address.port
    except ValueError as error:
        raise BadSetting(f"the address cannot be read: {error}") from None
    host = address.hostname
    if address.scheme not in ("http", "https") or not host or len(url) > MAX_URL or port == 0 or not url.isprintable():
        raise BadSetting("the address should be https://host/path")
    if address.username is not None or address.password is not None:
        raise BadSetting("the address should be https://host/path, without a user before the host")
    found = _literal(host)
    try:
        if found is not None:
            judge(found)
        elif host.rstrip(".") == "localhost" or host.rstrip(".").endswith(".localhost"):
            judge(ipaddress.IPv4Address("127.0.0.1"))
    except NotAllowed as error:
        raise BadSetting(str(error)) from None


def _literal(host: str) -> Address | None:
    """The address that a host is, in any form that a system takes: 127.1, 0x7f.1, 2130706433 too."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host.partition("%")[0])
    with contextlib.suppress(OSError, UnicodeError, ValueError):
        return ipaddress.IPv4Address(socket.inet_aton(host))
    return None


def judge(address: Address) -> None:
    """Raise `NotAllowed` for an address that nothing is posted to."""
    inner = _inner(address)
    if any(address in network or inner in network for network in _allowed):
        return
    if inner.is_multicast or not inner.is_global:
        raise NotAllowed(
            f"{address} is of this machine or a private network; COCKPIT_WEBHOOK_NETWORKS lets notices go there"
        )


def _inner(address: Address) -> Address:
    """The IPv4 address that some IPv6 addresses only wrap."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    wrapped = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if wrapped is None and address in NAT64:
        wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return wrapped or address
