"""Sending commands: whichever process takes the devices' messages also sends them theirs."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from paho.mqtt.client import MQTTMessageInfo
from sqlalchemy import Engine, Row
from sqlalchemy.exc import SQLAlchemyError

from sensors.bus.client import Client
from sensors.commands import commands
from sensors.unforeseen import endlessly, note
from store import revision
from store.engine import writing
from store.instant import SECOND, now
from store.why import first_line

log = structlog.get_logger(__name__)

LOOK_S = 0.2
PUBACK_S = 5.0
TOGETHER = 200
"""So many are with the broker at once: a siren behind ten thousand lights waits for seconds, not for a minute."""
RETRY_S = 1.0


class Dispatcher:
    """Watches for commands, and publishes each until the broker has it."""

    def __init__(
        self,
        engine: Engine,
        client: Client,
        communities: Sequence[str],
        is_active: Callable[[], bool],
        reaches: Callable[[str], bool] = lambda _topic: True,
        forgets: bool = False,
    ) -> None:
        self._engine = engine
        self._client = client
        self._communities = communities
        self._is_active = is_active
        self._reaches = reaches
        self._forgets = forgets
        self._seen = -1
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dispatch", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is not sent is sent by the next process."""
        self._stopping.set()
        self._thread.join(timeout=PUBACK_S + 1)

    def _run(self) -> None:
        endlessly("dispatch", self._take_turn, self._stopping)

    def _take_turn(self) -> None:
        if not self._is_active() or not self._client.connected:
            self._stopping.wait(LOOK_S)
            return
        try:
            all_taken = self._send_waiting()
        except SQLAlchemyError as error:
            log.error("commands_not_read", error=first_line(error))
            all_taken = False
        self._stopping.wait(LOOK_S if all_taken else RETRY_S)

    def _send_waiting(self) -> bool:
        """Send what waits; returns whether the broker took all of it."""
        if self._forgets:
            self._take_back()
        with self._engine.connect() as connection:
            at = revision.current(connection, commands.REVISION)
            if at == self._seen:
                return True
            rows = commands.waiting(connection, self._communities, now())
        all_reached = True
        for first in range(0, len(rows), TOGETHER):
            portion = rows[first : first + TOGETHER]
            reached = [row for row in portion if self._reaches(commands.message(row)[0])]
            if not self._send(reached):
                return False
            if len(reached) < len(portion):
                all_reached = False  # the broker would take them, and nobody would have them
        if all_reached:
            self._seen = at
        return all_reached

    def _take_back(self) -> None:
        """Once, at the start of a broker that has only its memory: what it had been given goes once more."""
        with writing(self._engine) as connection:
            again = commands.take_back(connection, self._communities, now())
        self._forgets = False
        if again:
            log.info("commands_go_again", commands=again)

    def _send(self, rows: Sequence[Row[Any]]) -> bool:
        """Give the broker all of these before it is waited for; returns whether it took them."""
        given = [(row, sent) for row in rows if (sent := self._give(row)) is not None]
        until = time.monotonic() + PUBACK_S
        taken = [row for row, sent in given if _is_taken(sent, max(0.0, until - time.monotonic()))]
        if taken:
            with writing(self._engine) as connection:
                commands.mark_sent(connection, [row.id for row in taken], now())
        for row, _ in given:
            if row in taken:
                log.info("command_sent", device=row.device_id, command=row.id, name=row.name, actor=row.actor)
            else:
                log.warning("command_not_taken", device=row.device_id, command=row.id)
        return len(taken) == len(given)

    def _give(self, row: Row[Any]) -> MQTTMessageInfo | None:
        """Publish one; none where that cannot be: it expires, and holds up no other."""
        topic, payload = commands.message(row)
        try:
            return self._client.publish_until(topic, payload, max(1, (row.expires - now()) // SECOND))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the others go
            note("dispatch", error, device=row.device_id, command=row.id)
            return None


def _is_taken(sent: MQTTMessageInfo, seconds: float) -> bool:
    """Whether the broker has it, or has it within so many seconds."""
    try:
        sent.wait_for_publish(seconds)
        return sent.is_published()
    except (RuntimeError, ValueError):  # there is no line at the moment
        return False
