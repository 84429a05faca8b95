"""Ingest with the alarms alone, on a real database, at times that the test says."""

import json
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Engine, select

from layers.alarms import rulebook
from layers.alarms.feed import AlarmsFeed
from layers.alarms.rules import Rule
from layers.alarms.tables import alarm, alarm_step
from layers.roles import Actor
from sensors.bus.message import Message
from sensors.codecs.installed import codecs
from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.intake.batch import Batch
from sensors.intake.writer import Writer
from store.engine import writing
from store.instant import MILLISECOND, SECOND, Instant, now

HELING = "heling"
MANAGER = Actor("li.si", "manager", "user")
STEWARD = Actor("wang.wu", "steward", "user")


class Stand:
    """A writer with one feed; ``start`` is a time a little before now, from which seconds are counted."""

    def __init__(self, engine: Engine, seconds_ago: float = 3_000) -> None:
        self.engine = engine
        self.is_shared = False
        self.start: Instant = now() // SECOND * SECOND - round(seconds_ago * SECOND)
        self.restart()

    def restart(self) -> None:
        """As a new process would begin."""
        self.feed = AlarmsFeed()
        self.writer = Writer(self.engine, [self.feed], codecs())

    def device(self, code: str, kind: str = "air", **more: Any) -> None:
        """Register a device in 橙麓."""
        where = {"raw_lon": 120.1905, "raw_lat": 28.9285, "crs": "CGCS2000"} if "raw_lon" not in more else {}
        registry.add(self.engine, Device(id=code, community=HELING, kind=kind, name=code, **where, **more))

    def rule(self, **body: Any) -> Rule:
        """Keep a rule."""
        rule = Rule(**{"code": "test.rule", "name": "试验", "metric": "pm2_5", "op": ">", "value": 100.0} | body)
        with writing(self.engine) as connection:
            rulebook.keep(connection, HELING, rule, MANAGER)
        return rule

    def only(self, *codes: str) -> None:
        """Switch these on, and all others off."""
        with writing(self.engine) as connection:
            for rule in rulebook.rules_of(connection, HELING).values():
                if rule.enabled != (rule.code in codes):
                    rulebook.keep(connection, HELING, replace(rule, enabled=not rule.enabled), MANAGER)

    def at(self, seconds: float) -> Instant:
        """A time."""
        return self.start + round(seconds * SECOND)

    def say(
        self, *said: tuple[float, str, dict[str, Any]], at: float | None = None, came: float | None = None
    ) -> Batch:
        """(seconds, device, values) of one batch, stored at the last of these times, or at ``at``; it came then too."""
        stored = self.at(max(one[0] for one in said) if at is None else at)
        heard = stored if came is None else self.at(came)
        messages = [
            Message(
                f"cim/v1/{HELING}/{device}/telemetry",
                json.dumps({"ts": self.at(seconds) // MILLISECOND, "values": values}).encode(),
                heard,
            )
            for seconds, device, values in said
        ]
        return self._store(messages, stored)

    def say_whole(self, device: str, payload: dict[str, Any], at: float) -> Batch:
        """One message as it is."""
        message = Message(f"cim/v1/{HELING}/{device}/telemetry", json.dumps(payload).encode(), self.at(at))
        return self._store([message], self.at(at))

    def wait(self, until: float, listening_since: Instant | None = 0) -> Batch:
        """Nothing comes until a time."""
        batch = Batch(at=self.at(until), listening_since=listening_since)
        self.writer.pass_time(batch)
        return batch

    def _store(self, messages: Sequence[Message], came: Instant) -> Batch:
        batch = self.writer.decode(messages)
        batch.at, batch.listening_since, batch.is_shared = came, 0, self.is_shared
        self.writer.store(batch)
        return batch

    def alarms(self) -> list[Any]:
        """Every alarm, in the order in which they were raised."""
        with self.engine.connect() as connection:
            return list(connection.execute(select(alarm).order_by(alarm.c.raised, alarm.c.rule, alarm.c.subject)))

    def told(self) -> list[tuple[str, str, str, float, float | None]]:
        """(rule, subject, state, raised, returned) of each, in seconds."""
        return [
            (
                one.rule,
                one.subject,
                one.state,
                (one.raised - self.start) / SECOND,
                None if one.returned is None else (one.returned - self.start) / SECOND,
            )
            for one in self.alarms()
        ]

    def steps(self, number: str) -> list[str]:
        """The events of an alarm."""
        c = alarm_step.c
        with self.engine.connect() as connection:
            return list(connection.scalars(select(c.event).where(c.alarm_id == number).order_by(c.seq)))
