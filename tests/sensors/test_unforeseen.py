"""What runs as long as its process goes on whatever it meets, and says so."""

import json
import threading
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.client import MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion
from prometheus_client import REGISTRY
from sqlalchemy import Connection, Engine

from sensors import unforeseen
from sensors.bus.message import Message
from sensors.bus.wire import PahoClient
from sensors.commands import commands
from sensors.commands.dispatch import Dispatcher
from sensors.devices.registry import Device
from sensors.intake.announce import Announcer
from sensors.intake.batch import Batch, Parts
from sensors.readings.keeper import Keeper, Kept
from store.engine import writing
from store.instant import DAY, now
from tests.database import add
from tests.listened import Listened
from tests.running import until


class Panic(BaseException):
    """As a plug-in in another language panics: no `Exception`."""


def counted(part: str) -> float:
    """How many errors of a part the process has told."""
    return REGISTRY.get_sample_value("cockpit_unforeseen_errors_total", {"part": part}) or 0.0


@pytest.mark.parametrize("error", [KeyError("a bug"), MemoryError(), SystemExit(3), Panic("x")])
def test_work_goes_on_after_any_error_and_the_error_is_told(
    error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unforeseen, "RETRY_S", 0.0)
    stopping, turns, before = threading.Event(), [0], counted("tried")

    def work() -> None:
        turns[0] += 1
        if turns[0] == 3:
            stopping.set()
        raise error

    unforeseen.endlessly("tried", work, stopping)
    assert (turns[0], counted("tried") - before) == (3, 3)
    [fault] = [one for one in unforeseen.faults() if one.part == "tried"]
    assert (fault.error, fault.at > now() - DAY) == (type(error).__name__, True)


class Records:
    """A feed of which one record cannot be made."""

    layer = "records"
    tells_parts = False
    channels: frozenset[str] = frozenset()

    def decode(self, message: Message, device: Device) -> Any:
        """Takes no channel."""

    def store(self, connection: Connection, batch: Batch) -> None:
        """Keeps nothing."""

    def said(self, batch: Batch) -> Parts:
        """Nothing."""
        return {}

    def records(self, connection: Connection, community: str, keys: set[str]) -> dict[str, Any]:
        """A record a key."""
        return {key: 1 // (key != "bad") for key in keys}


def touching(keys: dict[str, dict[str, set[str]]]) -> Batch:
    """A batch that asks for these to be told."""
    return Batch(touched=keys)


def test_a_record_that_cannot_be_made_leaves_the_screens_all_others(engine: Engine) -> None:
    told: list[dict[str, Any]] = []

    def tell(changed: dict[str, Any], _parts: dict[str, Any]) -> None:
        if "refuse" in str(changed):
            raise RecursionError("cannot be written")
        told.append(changed)

    announcer = Announcer(engine, [Records()], Listened(tell))
    announcer.start()
    announcer.take(touching({"records": {"heling": {"a", "b", "bad", "c"}}}))
    until(lambda: told)
    assert told == [{"heling": {"records": {"a": 1, "b": 1, "c": 1}}}]
    announcer.take(touching({"records": {"heling": {"refuse"}, "tahai": {"d"}}}))
    announcer.take(touching({"records": {"heling": {"e"}}}))
    until(lambda: {"heling": {"records": {"e": 1}}} in told or len(told) > 1)
    announcer.take(touching({"records": {"heling": {"f"}}}))
    until(lambda: {"heling": {"records": {"f": 1}}} in told)
    announcer.stop()


class Line:
    """A client that is always connected and notes what it published."""

    connected = True

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def publish_until(self, topic: str, payload: bytes, expires_s: int) -> MQTTMessageInfo:
        """Take it at once."""
        if b"first" in payload:
            raise ValueError("cannot be sent")
        self.sent.append(payload)
        taken = MQTTMessageInfo(len(self.sent))
        taken._set_as_published()
        return taken


def test_a_command_that_cannot_be_sent_holds_up_no_other(engine: Engine) -> None:
    sign = add(engine, "sign-01", "sign")
    line = Line()
    dispatcher = Dispatcher(engine, line, (), lambda: True)  # type: ignore[arg-type]
    dispatcher.start()
    with writing(engine) as connection:
        for text in ("first", "second"):
            commands.issue(connection, sign, "show", {"text": text}, "test")
    until(lambda: line.sent)
    assert b"second" in line.sent[0]
    dispatcher.stop()


class Slow(Line):
    """A broker that has taken nothing until it was given three."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[MQTTMessageInfo] = []

    def publish_until(self, topic: str, payload: bytes, expires_s: int) -> MQTTMessageInfo:
        """Take the first three together."""
        self.sent.append(payload)
        self.open.append(MQTTMessageInfo(len(self.sent)))
        if len(self.open) == 3:
            for one in self.open:
                one._set_as_published()
        return self.open[-1]


def test_a_command_does_not_wait_until_another_has_arrived(engine: Engine) -> None:
    sign = add(engine, "sign-01", "sign")
    with writing(engine) as connection:
        ids = [commands.issue(connection, sign, "show", {"text": text}, "test") for text in ("a", "b", "c")]
    line = Slow()
    dispatcher = Dispatcher(engine, line, (), lambda: True)  # type: ignore[arg-type]
    dispatcher.start()
    until(lambda: len(line.sent) == 3)
    assert [json.loads(payload)["id"] for payload in line.sent] == ids
    until(lambda: not waiting(engine))
    dispatcher.stop()


def waiting(engine: Engine) -> list[Any]:
    """What no broker has yet."""
    with engine.connect() as connection:
        return list(commands.waiting(connection, (), now()))


def test_rows_that_cannot_be_cleared_keep_no_others(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = Keeper(engine, Kept(readings=1, quarantine=1, notices=1), lambda: True)
    monkeypatch.setattr(keeper, "_clear_quarantine", lambda before: 1 // 0)
    assert keeper.clear(now()) == {"quarantine": 0, "readings": 0, "notices": 0}


def test_a_callback_that_fails_does_not_end_the_line_to_the_broker() -> None:
    client = PahoClient(CallbackAPIVersion.VERSION2)
    client.on_message = lambda *_: 1 // 0
    before = counted("mqtt")
    client._handle_on_message(mqtt.MQTTMessage(1, b"a/b"))
    assert counted("mqtt") - before == 1
