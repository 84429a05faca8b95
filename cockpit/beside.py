"""What the process that takes what devices send tells of itself to the one that serves pages.

Over a pair of sockets that both were born with: question and answer carry a number, so that an answer that
comes too late is nobody's.
"""

import math
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterable

import msgspec
from prometheus_client import REGISTRY, Metric
from prometheus_client.samples import Sample

from cockpit.processes import begun_again
from sensors.unforeseen import Fault, endlessly, faults
from store.instant import Instant, now

ANSWER_S = 1.0
NUMBER_BYTES = 8
LONGEST = 1024 * 1024
OURS = "cockpit_"


Figures = dict[str, list[tuple[str, dict[str, str], float]]]
"""metric -> samples (name, labels, value), as Prometheus has them."""


class Told(msgspec.Struct, frozen=True):
    """How the process that takes what devices send fares; ``devices`` are those of an embedded broker.

    ``since`` is when it could do its work, ``again`` how often it was begun again.
    """

    is_connected: bool
    lag_s: float
    devices: int | None
    faults: list[Fault]
    figures: Figures
    since: Instant
    again: int


class Pair:
    """The two ends of the line between them, to be made before either is begun."""

    def __init__(self) -> None:
        self._asking, self._answering = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._asking.settimeout(ANSWER_S)
        self._lock = threading.Lock()
        self.service_secret = secrets.token_urlsafe(24)

    def answer(
        self, is_connected: Callable[[], bool], lag_s: Callable[[], float], devices: Callable[[], int] | None
    ) -> None:
        """Answer every question, in a thread that ends with the process."""
        since = now()

        def one() -> None:
            number = self._answering.recv(NUMBER_BYTES)
            count = devices() if devices else None
            told = Told(is_connected(), lag_s(), count, faults(), _figures(), since, begun_again())
            self._answering.send(number + msgspec.json.encode(told))

        work = ("beside", one, threading.Event())
        threading.Thread(target=endlessly, args=work, name="beside", daemon=True).start()

    def ask(self) -> Told | None:
        """How the other one fares; None where it does not answer within a second."""
        number = secrets.token_bytes(NUMBER_BYTES)
        until = time.monotonic() + ANSWER_S
        with self._lock:
            try:
                self._asking.send(number)
                while time.monotonic() < until:
                    answer = self._asking.recv(LONGEST)
                    if answer.startswith(number):
                        return msgspec.json.decode(answer[NUMBER_BYTES:], type=Told)
            except OSError:
                return None
        return None


def _figures() -> Figures:
    """Those that this process knows: one that is NaN would make the sum of both that."""
    return {
        metric.name: [(one.name, dict(one.labels), one.value) for one in metric.samples if not math.isnan(one.value)]
        for metric in REGISTRY.collect()
        if metric.name.startswith(OURS)
    }


class Both:
    """The figures of two processes as those of one: what counts is added up, as Prometheus would."""

    def __init__(self, others: Figures) -> None:
        self._others = others

    def collect(self) -> Iterable[Metric]:
        """As `prometheus_client.generate_latest` asks for them."""
        for own in REGISTRY.collect():
            yield _together(own, self._others[own.name]) if own.name in self._others else own


def _together(own: Metric, others: list[tuple[str, dict[str, str], float]]) -> Metric:
    found = Metric(own.name, own.documentation, own.type, own.unit)
    values = {(s.name, tuple(sorted(s.labels.items()))): s.value for s in own.samples}
    for name, labels, value in others:
        key = (name, tuple(sorted(labels.items())))
        values[key] = _one(name, values.get(key), value)
    found.samples = [Sample(name, dict(labels), value) for (name, labels), value in values.items()]
    return found


def _one(name: str, own: float | None, other: float) -> float:
    if own is None or math.isnan(own):
        return other
    # When a counter was begun, or a duty last done, is no count.
    if name.endswith("_created"):
        return min(own, other)
    return max(own, other) if name.endswith("_timestamp_seconds") else own + other
