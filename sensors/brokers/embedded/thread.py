"""The embedded broker in a thread and an event loop of its own."""

import asyncio
import contextlib
import threading
from typing import Any

from amqtt.contexts import ListenerConfig
from amqtt.errors import AMQTTError, BrokerError

from sensors.brokers.embedded.broker import EmbeddedBroker
from sensors.brokers.embedded.connection import SERVICE
from sensors.brokers.files import Tls
from sensors.codecs.installed import Codecs
from sensors.devices.kept_registry import Registry
from sensors.intake.inlet import Inlet
from sensors.unforeseen import note

START_TIMEOUT_S = 15


class PortInUse(RuntimeError):
    """The broker cannot listen where it was told to."""


def _tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    if error is None:
        loop.default_exception_handler(context)
    else:
        note("broker", error, message=context.get("message"))


class BrokerThread:
    """The embedded broker in a thread and an event loop of its own, so that no page delays a PUBACK."""

    def __init__(
        self,
        host: str,
        port: int,
        registry: Registry,
        codecs: Codecs,
        inlet: Inlet,
        service_secret: str,
        device_rate: float,
        tls: Tls | None = None,
        *,
        is_closed: bool = False,
    ) -> None:
        self._is_closed = is_closed
        self._host, self._port = host, port
        self._tls = tls
        self._codecs = codecs
        self._inlet = inlet
        self._device_rate = device_rate
        self._registry = registry
        self._service_secret = service_secret
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_tell)
        self._ended = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name="broker", daemon=True)
        self._broker: EmbeddedBroker | None = None

    def start(self) -> None:
        """Listen.

        Raises
        ------
        PortInUse
            If another program listens there, or the address is not ours.
        """
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(START_TIMEOUT_S)
        except (AMQTTError, BrokerError) as error:
            self._end()
            raise PortInUse(f"cannot listen for MQTT on {self._host}:{self._port}: {error}") from None

    def stop(self) -> None:
        """Close all connections and end."""
        with contextlib.suppress(Exception):
            asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(START_TIMEOUT_S)
        self._end()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        # Until something is done, not for ever: else anyio looks for the first task among all, at each connection.
        self._loop.run_until_complete(self._until_ended())

    async def _until_ended(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await self._ended

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.cancel)

    def reaches(self, topic: str) -> bool:
        """Whether what is published there goes to anybody, now or when they are back."""
        return self._broker is not None and self._broker.reaches(topic)

    def answers(self, seconds: float) -> bool:
        """Whether its event loop takes something up within so many seconds."""
        try:
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self._loop).result(seconds)
        except (TimeoutError, RuntimeError):
            return False
        return True

    @property
    def connections(self) -> int:
        """Devices connected now."""
        sessions = dict(self._broker._sessions) if self._broker else {}
        return sum(s.transitions.is_connected() and s.username != SERVICE for s, _ in sessions.values())

    async def _start(self) -> None:
        listener = ListenerConfig(bind=f"{self._host}:{self._port}")
        if self._tls is not None:
            certificate, key = str(self._tls.certificate), str(self._tls.key)
            listener = ListenerConfig(bind=listener.bind, ssl=True, certfile=certificate, keyfile=key)
        self._broker = EmbeddedBroker(
            listener,
            self._registry,
            self._codecs,
            self._inlet,
            self._service_secret,
            self._device_rate,
            is_closed=self._is_closed,
        )
        await self._broker.start()
        self._watch = asyncio.create_task(self._broker.watch_registry())

    async def _stop(self) -> None:
        self._watch.cancel()
        if self._broker is not None:
            await self._broker.shutdown()
