"""What a rule of alarms says, and whether it can be one. The rules that ship stand in rules.toml."""

import re
import tomllib
from collections.abc import Mapping
from datetime import time
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec

from layers.texts import cleaned, words
from sensors.devices.kinds import kinds
from sensors.devices.registry import Device
from sensors.metrics import Kind, metrics
from store.instant import DAY, HOUR, MINUTE, SECOND, SHANGHAI_OFFSET, Instant

Op = Literal[">", ">=", "<", "<=", "==", "!=", "rate", "missing", "count"]
Priority = Literal["critical", "high", "medium", "low"]
AMOUNTS: tuple[Op, ...] = ("rate", "count")
"""Of these the history within a window counts, not the value alone."""
PRIORITIES: tuple[Priority, ...] = ("critical", "high", "medium", "low")
"""The loudest first (ISA-18.2, 6.5.3: few priorities, each with its share)."""
Cause = Literal["device", "gateway", "gateway_or_area", "area", "site", "rule"]

TEXTS = {"name": 120, "name_en": 120, "area": 64, "site": 64, "event": 64, "edition": 64}
TEXTS |= {"guidance": 500, "guidance_en": 500}
"""How long a text of a rule may be."""
MOST_DEVICES = 1_000
MOST_SUPPRESSED = 50
CLOCK = re.compile("([01][0-9]|2[0-3]):[0-5][0-9]")
MOST = 1e12
LONGEST_S = 7 * 86_400
LONGEST_WINDOW_S = 86_400
CLOCK_OFFSET = "system.clock_offset"
DERIVED = {
    "visitors.level": "site",
    "visitors.ratio": "site",
    CLOCK_OFFSET: "device",
    "system.disk_free": "system",
    "system.lag": "system",
    "system.backup_age": "system",
    "system.backup_failed": "system",
    "system.archive_late": "system",
    "system.certificate_days": "system",
}
"""Figures that no device says, and the kind of subject that each is of."""


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"begin": "from", "end": "to"}):
    """When a rule watches: local hours ``HH:MM``, over midnight where they end before they begin.

    ``days`` are 1 (Monday) to 7; after midnight it is still the day that it began on.
    """

    begin: str = "00:00"
    end: str = "00:00"
    days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)

    def holds(self, at: Instant) -> bool:
        """Whether it is one of its times, in Asia/Shanghai."""
        local = at + SHANGHAI_OFFSET
        of_day, begin, end = local % DAY, _of_day(self.begin), _of_day(self.end)
        day = local // DAY
        if begin >= end and of_day < end:
            day -= 1
        is_within = begin <= of_day < end if begin < end else of_day >= begin or of_day < end or begin == end
        # 1970-01-01 was a Thursday.
        return is_within and (day + 3) % 7 + 1 in self.days


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A rule: what is watched, when it is an alarm, and what it means.

    Without a ``metric`` (op missing only) it watches whether a device says anything. ``other`` is a metric of the same
    device whose newest value is the limit instead of ``value``, plus it. ``kind``, ``devices``, ``area`` and ``site``
    narrow the devices; all of those that are given must hold. ``event`` is the category of the grid event that it
    opens. Where it is raised, alarms of the rules it ``suppresses`` are suppressed by design for the same subject, and
    of those it ``suppresses_behind`` for the devices behind it.
    """

    code: str
    name: str
    name_en: str = ""
    metric: str | None = None
    other: str | None = None
    op: Op
    value: float = 0.0
    deadband: float = 0.0
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0
    window_s: float = 600.0
    kind: str | None = None
    devices: tuple[str, ...] = ()
    area: str | None = None
    site: str | None = None
    schedule: Schedule | None = None
    priority: Priority = "medium"
    cause: Cause = "device"
    latched: bool = False
    enabled: bool = True
    event: str | None = None
    suppresses: tuple[str, ...] = ()
    suppresses_behind: tuple[str, ...] = ()
    guidance: str = ""
    guidance_en: str = ""
    edition: str = ""

    @property
    def on_delay(self) -> Instant:
        """On-delay in microseconds (ISA-18.2, 3.1)."""
        return round(self.on_delay_s * SECOND)

    @property
    def off_delay(self) -> Instant:
        """Off-delay in microseconds."""
        return round(self.off_delay_s * SECOND)

    @property
    def window(self) -> Instant:
        """Of rate and count, in microseconds."""
        return round(self.window_s * SECOND)

    @property
    def of(self) -> str:
        """The kind of its subjects: device, site or system."""
        return DERIVED.get(self.metric or "", "device")

    def watches(self, device: Device) -> bool:
        """Whether a device is among those that it is about."""
        return (
            (self.kind is None or device.kind == self.kind)
            and (not self.devices or device.id in self.devices)
            and (self.area is None or device.area == self.area)
            and (self.site is None or device.site == self.site)
        )

    def is_on(self, at: Instant) -> bool:
        """Whether it watches at a time."""
        return self.enabled and (self.schedule is None or self.schedule.holds(at))


def faults(rule: Rule) -> dict[str, str]:
    """What is wrong with a rule: field -> why; empty where nothing is."""
    found: dict[str, str] = {}
    if not _is_code(rule.code):
        found["code"] = "lower-case letters, digits, _ and -, in parts with dots, at most 64 characters"
    if not words(rule.name):
        found["name"] = "1 to 120 characters"
    for name in ("value", "deadband", "on_delay_s", "off_delay_s", "window_s"):
        if not abs(getattr(rule, name)) <= MOST:
            found[name] = f"a number, at most {MOST:g}"
    for name in ("deadband", "on_delay_s", "off_delay_s"):
        if getattr(rule, name) < 0:
            found[name] = "nought or more"
    for name in ("on_delay_s", "off_delay_s", "window_s"):
        if getattr(rule, name) > LONGEST_S:
            found[name] = f"at most {LONGEST_S} s"
    for name in TEXTS:
        value = getattr(rule, name)
        if value is not None and (len(value) > TEXTS[name] or cleaned(value) != value or _is_unseen(value)):
            found[name] = f"at most {TEXTS[name]} characters, none of them a control character"
    if len(rule.devices) > MOST_DEVICES or any(len(one) > 64 or cleaned(one) != one for one in rule.devices):
        found["devices"] = f"at most {MOST_DEVICES} ids of devices"
    for name in ("suppresses", "suppresses_behind"):
        if len(getattr(rule, name)) > MOST_SUPPRESSED:
            found[name] = f"at most {MOST_SUPPRESSED} rules"
    if rule.kind is not None and rule.kind not in kinds():
        found["kind"] = f"{rule.kind!r} is not one of {', '.join(kinds())}"
    return found | _metric_faults(rule) | _schedule_faults(rule)


def _is_unseen(text: str) -> bool:
    return bool(text.strip()) and not words(text)


def rings(rule: Rule, book: Mapping[str, "Rule"]) -> list[str]:
    """The rules by which a rule would suppress itself, were it kept: each would silence the other."""
    known = dict(book) | {rule.code: rule}
    seen: list[str] = []
    ahead = list(rule.suppresses)
    while ahead:
        code = ahead.pop()
        if code == rule.code:
            return seen or [code]
        if code in known and code not in seen:
            seen.append(code)
            ahead += known[code].suppresses
    return []


def _metric_faults(rule: Rule) -> dict[str, str]:
    known = metrics().get(rule.metric or "")
    if rule.metric is None:
        return {} if rule.op == "missing" else {"metric": f"op {rule.op} needs one"}
    if known is None and rule.metric not in DERIVED:
        return {"metric": f"{rule.metric!r} is not one of {', '.join([*metrics(), *DERIVED])}"}
    found = {}
    if rule.other is not None and (rule.other not in metrics() or rule.op in ("rate", "count", "missing")):
        found["other"] = "a metric, where op compares a value"
    if rule.op == "count" and not (known is not None and (known.counts or known.kind is Kind.BOOL)):
        found["op"] = "count is of people counted, or of what is true or false"
    if rule.op == "rate" and (rule.value == 0 or (known is not None and known.kind is Kind.BOOL)):
        found["value"] = "rate needs a number that changes, and by how much"
    if rule.op in ("rate", "count") and not 0 < rule.window_s <= LONGEST_WINDOW_S:
        found["window_s"] = f"more than nought, at most {LONGEST_WINDOW_S} s"
    if rule.op in ("rate", "count", "missing") and known is None:
        found["op"] = f"{rule.op} needs a metric that devices say"
    if rule.op == "missing" and not 0 <= rule.value <= LONGEST_S:
        found["value"] = f"seconds of silence, at most {LONGEST_S}; 0: three of the device's own intervals"
    return found


def _schedule_faults(rule: Rule) -> dict[str, str]:
    if rule.schedule is None:
        return {}
    for name in ("begin", "end"):
        if not CLOCK.fullmatch(getattr(rule.schedule, name)):
            return {"schedule": f"{getattr(rule.schedule, name)!r} is no time as HH:MM"}
    if not rule.schedule.days or not set(rule.schedule.days) <= set(range(1, 8)):
        return {"schedule": "days: 1 (Monday) to 7"}
    return {}


def _is_code(code: str) -> bool:
    parts = code.split(".")
    return (
        len(code) <= 64
        and all(part and part.replace("_", "").replace("-", "").isalnum() for part in parts)
        and (code.isascii() and code == code.lower())
    )


@cache
def _of_day(text: str) -> Instant:
    at = time.fromisoformat(text)
    return at.hour * HOUR + at.minute * MINUTE


@cache
def defaults() -> Mapping[str, Rule]:
    """The rules that ship, by code."""
    table = tomllib.loads((files("layers.alarms") / "rules.toml").read_text(encoding="utf-8"))
    return {code: msgspec.convert({"code": code} | row, Rule) for code, row in table.items()}


def read(body: Mapping[str, Any]) -> Rule:
    """A rule from what was sent or kept.

    Raises
    ------
    msgspec.ValidationError
        If a field is of the wrong type, missing or unknown.
    """
    return msgspec.convert(body, Rule)
