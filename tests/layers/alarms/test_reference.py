"""A day of the packaged recordings through all rules that ship, against a plain reference.

The reference is written from what rules.toml says of its fields: no machine, no batches, no tables.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, select

from layers.alarms.feed import AlarmsFeed
from layers.alarms.rules import Rule, defaults
from layers.alarms.tables import alarm, alarm_step
from sensors.bus.message import Message
from sensors.codecs.installed import codecs
from sensors.devices import registry
from sensors.intake.writer import Writer
from sensors.replay import recording
from store.instant import DAY, HOUR, MILLISECOND, MINUTE, SECOND, SHANGHAI, Instant, now
from tests.database import new_database

Reading = tuple[Instant, str, dict[str, float]]
Alarm = tuple[str, str, Instant, Instant | None]
"""(rule, device, raised, returned)."""
EVERY = 10 * MINUTE


def reference(rule: Rule, device: str, values: Iterable[tuple[Instant, float]], end: Instant) -> list[Alarm]:
    """What a rule that compares makes of the values of one device: four lines for raising, four for returning."""
    found: list[Alarm] = []
    beyond = raised = back = None
    for ts, value in [*values, (end, None)]:
        if raised is None and beyond is not None and beyond + rule.on_delay_s * SECOND <= ts:
            raised = beyond + int(rule.on_delay_s * SECOND)
        if raised is not None and back is not None and back + rule.off_delay_s * SECOND <= ts:
            found.append((rule.code, device, raised, back + int(rule.off_delay_s * SECOND)))
            beyond = raised = back = None
        if value is None:
            break
        sign = 1 if rule.op in (">", ">=", "==") else -1
        limit = rule.value - (sign * rule.deadband if raised is not None else 0)
        over = {">": value > limit, "<": value < limit, "==": value == limit}[rule.op] and on_watch(rule, ts)
        if raised is None:
            beyond = (beyond or ts) if over else None
            raised = ts if over and rule.on_delay_s == 0 else None
        else:
            back = None if over else back or ts
            if back == ts and rule.off_delay_s == 0:
                found.append((rule.code, device, raised, ts))
                beyond = raised = back = None
    return found if raised is None else [*found, (rule.code, device, raised, None)]


def on_watch(rule: Rule, ts: Instant) -> bool:
    """Whether a rule watches at an hour of the clock; those that ship watch on all days of the week."""
    if rule.schedule is None:
        return True
    clock = datetime.fromtimestamp(ts / SECOND, SHANGHAI).strftime("%H:%M")
    begin, end = rule.schedule.begin, rule.schedule.end
    return begin <= clock < end if begin < end else clock >= begin or clock < end


def silences(rule: Rule, device: str, interval_s: float, heard: list[Instant], end: Instant) -> list[Alarm]:
    """A device is silent three of its intervals after it was heard."""
    limit = int(3 * interval_s * SECOND)
    pairs = zip(heard, [*heard[1:], None], strict=True)
    gaps = [(at + limit, after) for at, after in pairs if at + limit < (after or end)]
    return [(rule.code, device, raised, returned) for raised, returned in gaps]


def test_the_day_is_a_bad_one_of_all_devices_of_the_recordings(day: list[Reading]) -> None:
    assert len({device for _, device, _ in day}) == 10
    assert max(values.get("pm2_5", 0) for _, _, values in day) > 150, "a bad day"


def _devices() -> list[recording.Track]:
    return [track for one in recording.packaged() for track in one.tracks]


@pytest.fixture(scope="module")
def start() -> Instant:
    """The midnight before yesterday's: readings of a day that is over."""
    return now() // DAY * DAY - 2 * DAY - 8 * HOUR


@pytest.fixture(scope="module")
def day(start: Instant) -> list[Reading]:
    """All that the devices of the recordings say in a day, with some gaps, noise, smoke, and a battery that ends."""
    chance, said = Random(1), list[Reading]()
    for track in _devices():
        dead = start + chance.randrange(20) * HOUR
        for ts in range(start, start + DAY, EVERY):
            values = dict(worst(track, ts) or {})
            if not values or dead < ts < dead + 40 * MINUTE:
                continue
            if track.device.kind == "air":
                values |= {"noise": 45 + chance.random() * 20, "battery": round(40 - (ts - start) / DAY * 35, 1)}
                values["smoke"] = float(chance.random() < 0.003)
            said.append((ts + chance.randrange(EVERY // MILLISECOND) * MILLISECOND, track.device.id, values))
    return sorted(said, key=lambda one: one[:2])


def worst(track: recording.Track, ts: Instant) -> dict[str, float] | None:
    """The values of the recorded day that has most fine dust at this hour of the clock."""
    found = [track.at(ts - back * DAY) for back in range(25)]
    return max((one for one in found if one), key=lambda one: one.get("pm2_5", 0), default=None)


def by_minutes(day: list[Reading]) -> list[list[Reading]]:
    return [list(some) for _, some in groupby(day, lambda one: one[0] // (5 * MINUTE))]


def by_dozens(day: list[Reading]) -> list[list[Reading]]:
    return [day[first : first + 37] for first in range(0, len(day), 37)]


@pytest.mark.parametrize("cut", [by_minutes, by_dozens])
def test_a_day_of_the_recordings_raises_what_a_plain_reference_does(
    tmp_path: Any, day: list[Reading], start: Instant, cut: Callable[[list[Reading]], list[list[Reading]]]
) -> None:
    end = start + DAY + HOUR
    engine = new_database(tmp_path)
    for track in _devices():
        registry.add(engine, as_registered(track))
    fed = through_ingest(engine, cut(day), end)
    expected = plain(day, end)
    if cut is by_dozens:
        # A silence that begins and ends within a batch was none: what waited at a broker came at once.
        fed, expected = ([one for one in some if one[0] != "device.silent"] for some in (fed, expected))
    assert {one[0] for one in expected} >= {"fire.smoke", "noise.day", "noise.night", "air.pm2_5.heavy"}
    assert sorted(fed, key=str) == sorted(expected, key=str)


def as_registered(track: recording.Track) -> registry.Device:
    return replace(track.device, raw_lon=120.19, raw_lat=28.93, interval_s=EVERY / SECOND, area=None)


def plain(day: list[Reading], end: Instant) -> list[Alarm]:
    found: list[Alarm] = []
    for device in sorted({device for _, device, _ in day}):
        own = [(ts, values) for ts, name, values in day if name == device]
        for rule in defaults().values():
            if not rule.enabled:
                continue
            if rule.op == "missing":
                found += silences(rule, device, EVERY / SECOND, [ts for ts, _ in own], end)
            elif rule.op in (">", "<", "=="):
                said = [(ts, values[rule.metric]) for ts, values in own if rule.metric in values]
                found += reference(rule, device, said, end)
    return found


def through_ingest(engine: Engine, batches: list[list[Reading]], end: Instant) -> list[Alarm]:
    """The same as ingest stores it, each batch as its last message comes."""
    writer = Writer(engine, [AlarmsFeed()], codecs())
    for some in batches:
        messages = [
            Message(
                f"cim/v1/heling/{device}/telemetry",
                json.dumps({"ts": ts // MILLISECOND, "values": values}).encode(),
                ts,
            )
            for ts, device, values in some
        ]
        batch = writer.decode(messages)
        batch.at, batch.listening_since = some[-1][0], 0
        writer.store(batch)
        assert not batch.refusals
    due = writer.due
    while due is not None and due < end:
        batch = writer.decode([])
        batch.at, batch.listening_since = due, 0
        writer.pass_time(batch)
        due = max(due + 1, writer.due or end)
    # What occurred again before it was over is one row: its steps tell each time.
    return occurred(engine)


def occurred(engine: Engine) -> list[Alarm]:
    found: dict[tuple[str, str], list[list[Any]]] = {}
    a, s = alarm.c, alarm_step.c
    query = select(a.rule, a.subject, s.event, s.at).join(alarm_step, s.alarm_id == a.id)
    with engine.connect() as connection:
        for row in connection.execute(query.where(s.event.in_(("raise", "return"))).order_by(a.received, s.at, s.seq)):
            times = found.setdefault((row.rule, row.subject), [])
            if row.event == "raise":
                times.append([row.at, None])
            else:
                times[-1][1] = row.at
    return [(*key, raised, returned) for key, times in found.items() for raised, returned in times]
