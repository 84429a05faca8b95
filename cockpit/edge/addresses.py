"""Where a request comes from: who is counted as one, and who is on this very machine."""

import ipaddress

from starlette.requests import HTTPConnection

PREFIX_V6 = 64
"""What one household or host is given: its own addresses within are without number (RFC 6177)."""
FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-real-ip")
"""What a proxy adds: where one of these comes from an address that is not trusted, nobody knows who is behind it."""


def source_of(request: HTTPConnection) -> str:
    """The address that a request is counted under: IPv4 whole, IPv6 by its network; empty where there is none."""
    return network_of(request.client.host if request.client else "")


def network_of(host: str) -> str:
    """What of an address counts as one place."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), PREFIX_V6), strict=False))
    return str(address)


def is_local(request: HTTPConnection) -> bool:
    """Whether a request comes from this machine itself, and not through a proxy on it."""
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
