"""What a rule would have raised in the past: a limit is tried out before it sounds."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from msgspec.structs import replace
from sqlalchemy import Connection

from layers.alarms.rules import AMOUNTS, DERIVED, Rule, Schedule
from layers.alarms.trials import against, gaps, past
from layers.alarms.trials.past import Values
from layers.alarms.watching.machine import LEAVING, PENDING, REST, Change, Machine, holds
from layers.problem import Problem
from sensors.devices.registry import Device, read_all
from store.instant import SECOND, SHANGHAI_OFFSET, Instant, format_rfc3339

LISTED_AT_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Would:
    """An alarm that a rule would have raised; ``returned`` is None where it would still stand at the end."""

    device: str
    raised: Instant
    returned: Instant | None
    value: float | None

    def told(self) -> dict[str, Any]:
        """As the API tells it."""
        returned = None if self.returned is None else format_rfc3339(self.returned)
        return {
            "device": self.device,
            "raised": format_rfc3339(self.raised),
            "returned": returned,
            "value": self.value,
        }


def trial(connection: Connection, community: str, rule: Rule, since: Instant, until: Instant) -> dict[str, Any]:
    """What a rule would have raised in [since, until), had it been on from ``since``, by what is stored now.

    The devices are those that it is about as they are registered now. Each begins at rest. Values count that are beyond
    doubt, at the time that they were said for; those of a doubtful clock, which ingest takes at the time when they
    came, are left out. Of silence, a gateway is heard with those behind it. Suppression and shelving are not looked at:
    it is the rule that is tried.

    Returns
    -------
    dict
        ``count`` and ``would_have`` (the oldest first; ``listed`` of them), ``devices``: how many were watched;
        ``truncated`` where there was more to look at than a trial looks at: then it ends at ``until``.

    Raises
    ------
    Problem
        422 for a rule over a figure of which no past is kept as readings.
    """
    if rule.metric in DERIVED:
        detail = f"{rule.metric} is worked out by the cockpit and not kept as readings: such a rule cannot be tried"
        raise Problem(422, "no trial", detail, metric=rule.metric)
    rule = replace(rule, enabled=True)
    devices = read_all(connection, community)
    watched = [one for one in devices if one.revoked is None and rule.watches(one)]
    if rule.op == "missing":
        tried = _silence(connection, rule, devices, watched, since, until)
    else:
        tried = _values(connection, rule, watched, since, until)
    found = sorted(tried.found, key=lambda one: (one.raised, one.device))
    names = {one.id: one.name for one in devices}
    listed = [one.told() | {"name": names[one.device]} for one in found[:LISTED_AT_MOST]]
    return {
        "count": len(found),
        "would_have": listed,
        "listed": len(listed),
        "devices": tried.devices,
        "truncated": tried.until < until,
        "until": format_rfc3339(tried.until),
    }


@dataclass(frozen=True, slots=True)
class Tried:
    """What was found, over how many devices, up to when."""

    found: list[Would]
    devices: int
    until: Instant


def _silence(
    connection: Connection, rule: Rule, devices: Iterable[Device], watched: list[Device], since: Instant, until: Instant
) -> Tried:
    known = {one.id for one in watched}
    behind: dict[str, list[str]] = {}
    if rule.metric is None:
        for one in devices:
            if one.gateway in known and one.id in known:
                behind.setdefault(one.gateway, []).append(one.id)
    numbers = gaps.numbers_of(connection, known, rule.metric)
    talks = {}
    for one in watched:
        limit = one.stale_at(0) if rule.value == 0 else round(rule.value * SECOND)
        heard = [number for code in (one.id, *behind.get(one.id, ())) for number in numbers.get(code, ())]
        if heard:
            talks[one.id] = gaps.Talk(tuple(heard), limit)
    found: list[Would] = []
    silences_of, until = gaps.gaps(connection, talks, since, until)
    for device, silences in silences_of.items():
        machine, changes = Machine(), []
        for begins, ends in silences:
            changes += machine.take(rule, begins + talks[device].limit, True, None)
            if ends < until:
                changes += machine.take(rule, ends, False, None)
        found += _pairs(device, changes + machine.pass_time(rule, until - 1))
    return Tried(found, len(talks), until)


def _values(connection: Connection, rule: Rule, watched: list[Device], since: Instant, until: Instant) -> Tried:
    numbers = gaps.numbers_of(connection, [one.id for one in watched], rule.metric)
    device_of = {number: device for device, [number] in numbers.items()}
    if rule.other is not None:
        others = gaps.numbers_of(connection, numbers, rule.other)
        pairs = {numbers[device][0]: number for device, [number] in others.items()}
        seen = against.read(connection, rule, pairs, since, until)
        limits_of, values, until = seen.limits, seen.values, seen.until
    else:
        hours = past.hours(connection, rule, sorted(device_of), since, until)
        abnormal, until = past.abnormal(connection, hours, until)
        spans = past.spans(rule, abnormal, since)
        begins = since - rule.window if rule.op in AMOUNTS else since
        limits_of, values = {}, past.values(connection, spans, begins, until)
    found: list[Would] = []
    for number, said in values.items():
        limits = None if rule.other is None else limits_of.get(number, past.EMPTY)
        found += _pairs(device_of[number], changes(rule, said, limits, since, until))
    return Tried(found, len(numbers), until)


def changes(rule: Rule, said: Values, limits: Values | None, since: Instant, until: Instant) -> list[Change]:
    """What the values of one series raise and return; ``limits`` are those of the metric that it is compared with."""
    if rule.op in AMOUNTS:
        on = stay = _amounts(rule, said)
    else:
        on, stay = (_holding(rule, said, limits, is_raised=is_raised) for is_raised in (False, True))
    if rule.schedule is not None:
        is_on = within(rule.schedule, said.ts)
        on, stay = on & is_on, stay & is_on
    first = int(np.searchsorted(said.ts, since))
    ts, values = said.ts[first:].tolist(), said.value[first:].tolist()
    return _walk(rule, ts, values, (on[first:], stay[first:]), until)


def _walk(
    rule: Rule, ts: Sequence[Instant], values: Sequence[float], holding: tuple[Any, Any], until: Instant
) -> list[Change]:
    """Lead a machine over the samples; those that change nothing are passed over."""
    on, stay = holding
    begin, cancel, leave, back = (np.flatnonzero(one).tolist() for one in (on, ~on, ~stay, stay))
    machine, made, at, end = Machine(), [], 0, len(ts)
    while at < end:
        next_ = {REST: begin, PENDING: cancel, LEAVING: back}.get(machine.phase, leave)
        place = bisect_left(next_, at)
        sample = next_[place] if place < len(next_) else end
        # What is due by time comes before the first sample that is not earlier.
        due = end if machine.due is None else bisect_left(ts, machine.due, at)
        if due < end and due <= sample:
            machine.value = values[due - 1]
            made += machine.pass_time(rule, ts[due])
            at = due
        elif sample == end:
            machine.value = values[-1]
            break
        else:
            holds_now = machine.phase in (REST, LEAVING)
            made += machine.take(rule, ts[sample], holds_now, values[sample])
            at = sample + 1
    return made + machine.pass_time(rule, until - 1)


def _holding(rule: Rule, said: Values, limits: Values | None, *, is_raised: bool) -> Any:
    if limits is None:
        return _holds(rule, said.value, rule.value, is_raised)
    # The newest value of the other metric by then; of one and the same message it counts.
    place = np.searchsorted(limits.ts, said.ts, side="right") - 1
    known = place >= 0
    limit = np.where(known, limits.value[np.maximum(place, 0)] if len(limits.value) else 0.0, 0.0) + rule.value
    return known & _holds(rule, said.value, limit, is_raised)


def _holds(rule: Rule, value: Any, limit: Any, is_raised: bool) -> Any:
    # As plain numbers or as arrays: the comparison is the same one.
    return np.asarray(holds(rule, value, limit, is_raised=is_raised))


def _amounts(rule: Rule, said: Values) -> Any:
    """Whether the change, or the count, within the window reaches the value, at each sample."""
    ts, values = said.ts, said.value
    begins = np.searchsorted(ts, ts - rule.window, side="right")
    if rule.op == "count":
        total = np.concatenate(([0.0], np.cumsum(values)))
        return total[1:] - total[begins] >= rule.value
    # A queue of those that may still be the least, or the greatest, of a window.
    sign = 1.0 if rule.value > 0 else -1.0
    queue: list[int] = []
    head, found = 0, np.empty(len(ts), bool)
    signed = (values * sign).tolist()
    for at, (begin, value) in enumerate(zip(begins.tolist(), signed, strict=True)):
        while len(queue) > head and signed[queue[-1]] >= value:
            queue.pop()
        queue.append(at)
        while queue[head] < begin:
            head += 1
        found[at] = value - signed[queue[head]] >= rule.value * sign
    return found


def within(schedule: Schedule, ts: Any) -> Any:
    """Whether a schedule holds at each of these times: `Schedule.holds` of an array."""
    minutes = np.unique((ts + SHANGHAI_OFFSET) // (60 * SECOND))
    holding = np.fromiter(
        (schedule.holds(int(one) * 60 * SECOND - SHANGHAI_OFFSET) for one in minutes), bool, len(minutes)
    )
    return holding[np.searchsorted(minutes, (ts + SHANGHAI_OFFSET) // (60 * SECOND))]


def _pairs(device: str, some: Iterable[Change]) -> list[Would]:
    found: list[Would] = []
    for change in some:
        if change.is_raised:
            found.append(Would(device, change.at, None, change.value))
        else:
            found[-1] = Would(device, found[-1].raised, change.at, found[-1].value)
    return found
