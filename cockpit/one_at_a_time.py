"""What a process does once at a time for each of many keys, as a name that signs in."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from threading import Lock


class OneAtATime:
    """Who is at something now, by key; nobody waits: whoever comes second is told."""

    def __init__(self) -> None:
        self._keys: set[Hashable] = set()
        self._lock = Lock()

    @contextmanager
    def turn(self, key: Hashable) -> Iterator[bool]:
        """Whether, in this block, nobody else is at it."""
        with self._lock:
            is_alone = key not in self._keys
            self._keys.add(key)
        try:
            yield is_alone
        finally:
            if is_alone:
                with self._lock:
                    self._keys.discard(key)
