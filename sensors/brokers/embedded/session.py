"""A session at the embedded broker that costs little to begin.

amqtt builds a state machine of its own for each, of three states and five ways: a third of what a
connection costs, with ten thousand devices that come back after a power cut. These are the same
states and ways.
"""

import asyncio
from typing import Literal

from amqtt.mqtt.protocol import broker_handler
from amqtt.session import Session


class _State:
    """new, connected or disconnected; what amqtt asks its machine, under the same names."""

    def __init__(self, session: "LightSession") -> None:
        self._session = session
        self.state: Literal["new", "connected", "disconnected"] = "new"

    def connect(self) -> None:
        """A connection begins; `ValueError` where there is one."""
        if self.state == "connected":
            raise ValueError(f"session {self._session.client_id} is connected already")
        self.state = "connected"
        self._session._on_enter_connected()

    def disconnect(self) -> None:
        """A connection has ended, or there was none."""
        self.state = "disconnected"
        self._session._on_enter_disconnected()

    def is_connected(self) -> bool:
        """Whether there is a connection."""
        return self.state == "connected"


class LightSession(Session):  # type: ignore[misc]
    """A session with its state in a word.

    ``admitted_by`` is the hash that its secret was compared with; ``stored`` are the messages of QoS 2 that
    are stored, or about to be, and not yet released by their sender, by number.
    """

    def __init__(self) -> None:
        super().__init__()
        self.admitted_by: str | None = None
        self.stored: dict[int, asyncio.Future[None]] = {}

    def _init_states(self) -> None:
        self.transitions = _State(self)


def install() -> None:
    """Have amqtt make these where a CONNECT comes; it names the class itself and takes no other."""
    broker_handler.Session = LightSession
