"""How many of something are open, in all and by address."""

import ipaddress
from collections import Counter

from store import budgets


class Count:
    """Counts what is open against two budgets."""

    def __init__(self, in_all: str, an_address: str) -> None:
        self._budget_in_all = in_all
        self._budget_an_address = an_address
        self._in_all = 0
        self._by_address: Counter[str] = Counter()

    def add(self, address: str) -> bool:
        """Count one; False where there are too many already."""
        numbers = budgets.current()
        if self._in_all >= getattr(numbers, self._budget_in_all):
            return False
        # Behind a proxy on this machine all may come from one address.
        if self._by_address[address] >= getattr(numbers, self._budget_an_address) and not _is_loopback(address):
            return False
        self._in_all += 1
        self._by_address[address] += 1
        return True

    def remove(self, address: str) -> None:
        """It is closed."""
        self._in_all -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
