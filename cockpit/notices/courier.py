"""The courier: tells of limits that run out, and sends what waits in the outbox until it is taken."""

import math
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import SQLAlchemyError

from cockpit.notices import vapid, webhooks
from cockpit.notices.sending import send
from geo.communities import communities
from layers.declare import layers
from sensors.meters import duty
from store import budgets
from store.databases import Databases
from store.engine import writing
from store.instant import HOUR, SECOND, Instant, now
from store.notices import delivery, notice, webhook
from store.seal import Seal
from store.why import first_line

log = structlog.get_logger(__name__)

LOOK_S = 0.5
REMIND_EVERY_S = 30.0
LEASE_S = 60
"""A delivery that was begun is left alone so long, and for as long as it may take: whoever began it may be dead."""
LONGEST_WAIT_S = 600
GIVEN_UP_AFTER = 150
"""Tries; with the waits between them about a day."""
CALLED_FOR = 4 * HOUR
"""A phone is called no more of what is older: its owner has seen it elsewhere, or it is over."""
AT_ONCE = 100
TURN_S = 30
"""How long one receiver is sent to before those get their turn who wait for a thread."""


class Courier:
    """One for a web process; several share the work by claiming each delivery before it is sent.

    A delivery that was sent and whose sender was killed before it could write so is sent once more:
    the receiver knows it by its ``webhook-id``. Otherwise each is sent until it is taken, and not again.
    """

    def __init__(
        self, databases: Databases, seal: Seal, public_url: str | None, changed: Callable[[str], None]
    ) -> None:
        self._databases = databases
        self._seal = seal
        self._public_url = public_url
        self._changed = changed
        self._reminded = -math.inf
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
        # The receivers that somebody sends to now, each in order and by one only.
        self._served: set[tuple[Engine, int]] = set()

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is not sent is sent by the next process."""
        self._stopping.set()
        self._thread.join(timeout=budgets.current().webhook_seconds + 1)

    def _run(self) -> None:
        most = budgets.current()
        # Many phones may be called by a service that is not reached: robots wait for none of them.
        with ThreadPoolExecutor(most.webhooks, "webhook") as robots, ThreadPoolExecutor(most.phones, "phone") as phones:
            while not self._stopping.wait(LOOK_S):
                if time.monotonic() - self._reminded >= REMIND_EVERY_S:
                    self._reminded = time.monotonic()
                    for community in communities():
                        self._whatever_comes(partial(self._remind, community, now()))
                for engine in self._databases.all:
                    self._whatever_comes(partial(self._send_waiting, engine, robots, phones))

    @staticmethod
    def _whatever_comes(work: Callable[[], None]) -> None:
        # A database that is away, one notice that cannot be written: the others are looked after all the same.
        try:
            with duty("notices"):
                work()
        except SQLAlchemyError as error:
            log.error("notices_not_read", error=first_line(error))
        except Exception:
            log.exception("notice_not_sent")

    def _remind(self, community: str, at: Instant) -> None:
        for layer in layers():
            if layer.remind is None or layer.is_due is None:
                continue
            engine = self._databases.of(community)
            with engine.connect() as connection:
                if not layer.is_due(connection, community, at):
                    continue
            with writing(engine) as connection:
                layer.remind(connection, community, at)
            self._changed(community)

    def _send_waiting(self, engine: Engine, robots: ThreadPoolExecutor, phones: ThreadPoolExecutor) -> None:
        """Have what is due sent. A receiver that is slow holds up neither the others nor this."""
        query = select(webhook.c.id, webhook.c.format).distinct().join(delivery, webhook.c.id == delivery.c.webhook_id)
        with engine.connect() as connection:
            due = connection.execute(query.where(*_is_due())).all()
        for number, form in due:
            if (engine, number) not in self._served:
                self._served.add((engine, number))
                (phones if form == vapid.FORMAT else robots).submit(self._serve, engine, number)

    def _serve(self, engine: Engine, number: int) -> None:
        """Send to one receiver what is due, until it fails or it is others' turn."""
        until = time.monotonic() + TURN_S
        try:
            for row in self._waiting(engine, number):
                if time.monotonic() > until or self._stopping.is_set():
                    return
                if not self._claim(engine, row) or not self._send(engine, row):
                    return
        except SQLAlchemyError as error:
            log.error("notices_not_read", error=first_line(error))
        except Exception:
            # One notice that cannot be written must not silence the others: it waits for its next try.
            log.exception("notice_not_sent", webhook=number)
        finally:
            self._served.discard((engine, number))

    def _waiting(self, engine: Engine, number: int) -> Sequence[Any]:
        query = (
            select(delivery, webhook.c.format, webhook.c.url, webhook.c.secret, notice)
            .join(webhook, webhook.c.id == delivery.c.webhook_id)
            .join(notice, notice.c.id == delivery.c.notice_id)
            .where(webhook.c.id == number, *_is_due())
            .order_by(delivery.c.notice_id)
            .limit(AT_ONCE)
        )
        with engine.connect() as connection:
            return connection.execute(query).all()

    def _claim(self, engine: Engine, row: Any) -> bool:
        lease_s = LEASE_S + math.ceil(budgets.current().webhook_seconds)
        with writing(engine) as connection:
            claimed = connection.execute(
                update(delivery)
                .where(*_is(row), delivery.c.state == "waiting", delivery.c.attempts == row.attempts)
                .values(attempts=row.attempts + 1, next_at=now() + lease_s * SECOND)
            )
        return claimed.rowcount == 1

    def _send(self, engine: Engine, row: Any) -> bool:
        failure = send(self._seal, self._public_url, row, row).failure
        values: dict[str, Any] = {"state": "done", "error": None}
        if failure is not None:
            wait_s = max(failure.wait_s, min(LONGEST_WAIT_S, 2 ** min(row.attempts, 10)))
            is_late = row.format == vapid.FORMAT and now() - row.at > CALLED_FOR
            is_last = is_late or row.attempts + 1 >= GIVEN_UP_AFTER
            values = {"state": "given_up" if is_last else "waiting", "error": failure.reason[:200]}
            values["next_at"] = now() + wait_s * SECOND
            log.warning("notice_not_taken", webhook=row.webhook_id, notice=row.id, reason=failure.reason, wait_s=wait_s)
        with writing(engine) as connection:
            connection.execute(update(delivery).where(*_is(row)).values(values))
            if failure is not None:
                _postpone(connection, row.webhook_id, values["next_at"])
            if failure is not None and failure.is_for_good:
                webhooks.end(connection, webhook.c.id == row.webhook_id)
        return failure is None


def _postpone(connection: Connection, number: int, until: Instant) -> None:
    """Nothing that waits for a receiver is tried before it may be called again: many notices are one failure."""
    earlier = (delivery.c.webhook_id == number, delivery.c.state == "waiting", delivery.c.next_at < until)
    connection.execute(update(delivery).where(*earlier).values(next_at=until))


def _is_due() -> tuple[Any, ...]:
    return delivery.c.state == "waiting", delivery.c.next_at <= now(), webhook.c.removed.is_(None)


def _is(row: Any) -> tuple[Any, Any]:
    return delivery.c.webhook_id == row.webhook_id, delivery.c.notice_id == row.notice_id
