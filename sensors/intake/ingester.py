"""An ingester on a broker: alone, with others standing by, or sharing the work with them."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from filelock import FileLock, Timeout

from sensors.bus.client import BrokerAddress
from sensors.bus.receiving.receiver import Receiver
from sensors.intake.ingest import Ingest, SplitIngest
from sensors.intake.inlet import Inlet
from sensors.intake.slots import Slot, Slots
from sensors.intake.subscriber import receiver
from sensors.unforeseen import endlessly

log = structlog.get_logger(__name__)

STANDBY_S = 0.5
"""How often one that stands by looks whether it is the first."""
LOOK_S = 5.0
"""How often an ingester looks for sessions that lost their process."""
QUIET_S = 2.0
"""A session from which nothing came for so long, though it takes part in no subscription, is empty."""
CONNECT_S = 10.0


class DirectIntake:
    """Feeds an ingest from the broker in the same process."""

    def __init__(self, ingest: SplitIngest, inlet: Inlet) -> None:
        self._ingest = ingest
        self._inlet = inlet

    def start(self) -> None:
        """Begin to take messages."""
        self._ingest.start()
        self._inlet.open(self._ingest.submit)

    def stop(self) -> None:
        """First no more messages are taken, then those that were are stored."""
        self._inlet.close()
        self._ingest.stop()

    @property
    def is_active(self) -> bool:
        """Whether it takes messages."""
        return self._inlet.is_open

    is_ready = is_active

    def wait(self, _seconds: float) -> bool:
        """It waits for nobody."""
        return self.is_active


class Intake:
    """Feeds an ingest from a broker elsewhere."""

    def __init__(self, ingest: Ingest, session: Receiver) -> None:
        self.ingest = ingest
        self.session = session
        ingest.is_listening = lambda: session.connected

    def start(self) -> None:
        """Begin to take messages."""
        self.ingest.start()
        self.session.start()

    def stop(self) -> None:
        """First no more messages are stored, then disconnect: the broker keeps the rest."""
        self.ingest.stop()
        self.session.stop()

    @property
    def is_active(self) -> bool:
        """Whether it takes messages itself."""
        return self.session.connected

    @property
    def is_ready(self) -> bool:
        """Whether it takes messages, or stands by for the one that does."""
        return self.is_active

    def wait(self, seconds: float) -> bool:
        """Wait until it takes messages; whether it does."""
        return self.session.wait_connected(seconds)


class ExclusiveIntake(Intake):
    """The one ingester of a session; any other stands by, and goes on with the session when the first is gone.

    The lock is one that the system releases when a process dies, however it dies. ``begin_anew`` has all screens read
    again: the one before may have stored what it told nobody.
    """

    def __init__(self, ingest: Ingest, session: Receiver, lock: Path, begin_anew: Callable[[], None]) -> None:
        super().__init__(ingest, session)
        self._begin_anew = begin_anew
        lock.parent.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(lock, thread_local=False)
        self._stopping = threading.Event()
        self._waiter = threading.Thread(target=self._take_over, name="standby", daemon=True)

    def start(self) -> None:
        """Take messages, or stand by until nobody else does."""
        self.ingest.start()
        if self._is_first():
            self.session.start()
        else:
            log.info("ingest_stands_by", lock=str(self._lock.lock_file))
            self._waiter.start()

    def stop(self) -> None:
        """As above; the next in line may go on."""
        self._stopping.set()
        if self._waiter.is_alive():
            self._waiter.join(timeout=5)
        super().stop()
        self._lock.release()

    @property
    def is_ready(self) -> bool:
        """Whether it takes messages, or stands by for the one that does."""
        return not self._lock.is_locked or super().is_ready

    def _is_first(self) -> bool:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        return True

    def _take_over(self) -> None:
        endlessly("standby", self._look, self._stopping)

    def _look(self) -> None:
        # Once it is the first it stays so, and there is nothing more to look for.
        if self._stopping.wait(STANDBY_S) or self._lock.is_locked or not self._is_first():
            return
        log.info("ingest_takes_over")
        self._begin_anew()
        self.session.start()
        self._stopping.wait()


class SharingIntake(Intake):
    """One of many ingesters that share a subscription; it also drains sessions whose process is gone.

    ``begin_anew`` as above.
    """

    def __init__(
        self,
        ingest: Ingest,
        address: BrokerAddress,
        topic_filters: Sequence[str],
        slots: Slots,
        begin_anew: Callable[[], None],
    ) -> None:
        self._begin_anew = begin_anew
        self._slot = slots.take()
        super().__init__(ingest, receiver(address, ingest, topic_filters, self._slot.name))
        self._address = address
        self._filters = topic_filters
        self._slots = slots
        self._stopping = threading.Event()
        self._adopter = threading.Thread(target=self._adopt, name="adopt", daemon=True)

    def start(self) -> None:
        """Begin to take messages, and to look for sessions that lost their process."""
        super().start()
        self._adopter.start()

    def stop(self) -> None:
        """As above; the session is left to whoever comes next."""
        self._stopping.set()
        self._adopter.join(timeout=5)
        super().stop()
        self._slot.give_back()

    def _adopt(self) -> None:
        endlessly("adopt", self._look, self._stopping)

    def _look(self) -> None:
        if self._stopping.wait(LOOK_S):
            return
        for slot in self._slots.orphans():
            drained = False
            try:
                drained = self._drain(slot)
            finally:
                slot.give_back(drained=drained)

    def _drain(self, slot: Slot) -> bool:
        """Store what the broker holds for a session that lost its process; returns whether all of it is."""
        left = receiver(self._address, self.ingest, (), slot.name)
        left.start()
        drained = False
        try:
            if not left.wait_connected(CONNECT_S):
                return False
            # From here on its share goes to the others.
            left.leave(self._filters)
            while left.connected and not self._stopping.is_set() and not drained:
                time.sleep(0.1)
                drained = left.drained_s >= QUIET_S
        finally:
            left.stop(forget=drained)
        if drained:
            log.info("session_adopted", session=slot.name)
            self._begin_anew()
        return drained
