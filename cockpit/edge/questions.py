"""How often those who are not signed in may ask, by address: a bucket that fills at a pace (token bucket)."""

import hashlib
import ipaddress
import math
import time
from collections import OrderedDict

from starlette.datastructures import Headers
from starlette.types import Scope

from store import budgets

FREE = ("/assets/", "/_dash-component-suites/", "/_favicon.ico", "/phone", "/geo/base", "/healthz", "/readyz", "/live/")
"""What costs next to nothing, and what watches over us; live channels are counted by themselves."""
IPV6_NETWORK = 64
UNKNOWN = "unknown"
KNOWN_S = 60.0
"""How long somebody who was found to be signed in is not asked to prove it again before the pace counts."""


def address_of(scope: Scope) -> str:
    """Who a request comes from; in IPv6 a whole /64, which one subscriber has to himself."""
    client = scope.get("client")
    if not client:
        return UNKNOWN
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return UNKNOWN
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, IPV6_NETWORK), strict=False))


class Questions:
    """The buckets of the addresses that asked last."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._known: OrderedDict[bytes, float] = OrderedDict()

    def wait_s(self, scope: Scope) -> int:
        """Count a question; returns 0 where it may be asked, else the seconds until it may."""
        if scope["path"].startswith(FREE):
            return 0
        at = time.monotonic()
        key, credentials = address_of(scope), _credentials(scope)
        if credentials is not None:
            if self.knows(scope):
                return 0
            # Strangers of the same address do not use up what those have who may turn out to be signed in.
            key += " signed"
        return self._take(key, at)

    def knows(self, scope: Scope) -> bool:
        """Whether who asks was found to be signed in a moment ago."""
        credentials = _credentials(scope)
        return credentials is not None and self._known.get(credentials, 0.0) > time.monotonic()

    def was_signed_in(self, scope: Scope) -> None:
        """Whoever asked this is no stranger."""
        credentials = _credentials(scope)
        if credentials is None:
            return
        self._known[credentials] = time.monotonic() + KNOWN_S
        self._known.move_to_end(credentials)
        while len(self._known) > budgets.current().addresses:
            self._known.popitem(last=False)

    def _take(self, key: str, at: float) -> int:
        numbers = budgets.current()
        pace = numbers.stranger_questions_a_minute / 60
        most = float(numbers.stranger_questions_at_once)
        left, seen = self._buckets.get(key, (most, at))
        left = min(most, left + (at - seen) * pace)
        allowed = left >= 1
        self._buckets[key] = (left - 1 if allowed else left, at)
        self._buckets.move_to_end(key)
        while len(self._buckets) > numbers.addresses:
            self._buckets.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1 - left) / pace))


def has_credentials(scope: Scope) -> bool:
    """Whether who asks shows anything by which somebody could be known."""
    return _credentials(scope) is not None


def _credentials(scope: Scope) -> bytes | None:
    headers = Headers(scope=scope)
    given = "\n".join(headers.getlist("authorization") + headers.getlist("cookie"))
    return hashlib.blake2b(given.encode(), digest_size=16).digest() if given else None
