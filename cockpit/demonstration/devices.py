"""Devices that are simulated: curves of a day, played over MQTT by what plays the recordings."""

import math
import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from functools import cache
from importlib.resources import files

import msgspec

from geo.ground import place, places
from sensors.devices.registry import Device
from sensors.replay.recording import Recording, Track, Values
from store.demonstration import INVENTED
from store.instant import DAY, HOUR, SECOND, SHANGHAI, Instant, to_datetime

SPREAD = (0.0015, 0.0011)
"""Degrees from the middle of an area within which a device stands."""
BOOLEAN = frozenset({"smoke"})
COUNTED_SINCE: Instant = 20_089 * DAY - 8 * HOUR
"""The midnight of Asia/Shanghai from which counters count: that of 2025-01-01."""


class Drift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a sensor goes wrong: from a day of the demonstration on by so much a day, but never by more than ``most``."""

    day: float
    per_day: float
    most: float

    def by(self, since: Instant) -> float:
        """How far it is off, so long after the demonstration's beginning."""
        gone = max(0.0, since / DAY - self.day) * self.per_day
        return max(gone, self.most) if self.per_day < 0 else min(gone, self.most)


class Curve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A metric over a day: between two values, highest at ``peak``; ``value`` instead from one time to another.

    ``drift`` comes on top of it.
    """

    between: tuple[float, float]
    peak: float
    noise: float
    from_: str | None = msgspec.field(default=None, name="from")
    to: str | None = None
    value: float = 0.0
    drift: Drift | None = None

    def at(self, instant: Instant, began: Instant, chance: random.Random) -> float:
        """What is measured at a time; ``chance`` is the noise, ``began`` the day on which the demonstration begins."""
        return self._of_day(_hour(instant), chance) + (0.0 if self.drift is None else self.drift.by(instant - began))

    def counted(self, instant: Instant) -> float:
        """What was measured so far, times hours: as a counter says it that follows the curve of every day."""
        low, high = self.between
        hours = (instant - COUNTED_SINCE) / HOUR
        turned = math.sin((_hour(instant) - self.peak) / 24 * 2 * math.pi) * 24 / (2 * math.pi)
        return (low + high) / 2 * hours + (high - low) / 2 * turned

    def _of_day(self, hour: float, chance: random.Random) -> float:
        low, high = self.between
        if self.from_ is not None and self.to is not None and _is_within(hour, self.from_, self.to):
            return self.value * (1 + chance.uniform(-self.noise, self.noise) / 4)
        share = (1 + math.cos((hour - self.peak) / 24 * 2 * math.pi)) / 2
        return low + (high - low) * (share + chance.uniform(-self.noise, self.noise))


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of devices.toml: so many devices of a kind, with their curves by metric; at a site, where there is one.

    ``only`` are the communities that have them; empty: all. ``quiet``: from when to when of a day they say nothing;
    ``until_day``: how many days after the beginning they fall silent for good. ``counts``: a metric that counts another
    one up, as energy does power. ``interval_s``: what they promise, where it is not what all do: their past is as fine.
    """

    code: str
    kind: str
    name: str
    count: int
    curves: dict[str, Curve]
    site: str | None = None
    only: tuple[str, ...] = ()
    quiet: tuple[str, str] | None = None
    until_day: float | None = None
    interval_s: float | None = None
    counts: dict[str, str] = {}


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """devices.toml: ``interval_s`` is what devices promise, ``every_s`` how often they speak; so many days of past."""

    interval_s: float
    every_s: float
    backfill_days: int
    device: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True)
class Simulated(Track):
    """A simulated device's part of a recording that nobody made; the same values for the same device and time."""

    began: Instant
    curves: Mapping[str, Curve]
    counts: Mapping[str, str]
    quiet: tuple[str, str] | None = None

    def at(self, instant: Instant) -> Values | None:
        """What it measures at a time; None while it says nothing."""
        if self.quiet is not None and _is_within(_hour(instant), *self.quiet):
            return None
        found: Values = {}
        for metric, curve in self.curves.items():
            chance = random.Random(f"{self.device.id}/{metric}/{instant // (HOUR // 60)}")
            value = curve.at(instant, self.began, chance)
            found[metric] = round(value) if metric in BOOLEAN else round(value, 3)
        for metric, of in self.counts.items():
            found[metric] = round(self.curves[of].counted(instant), 3)
        return found


@cache
def table() -> Table:
    """devices.toml."""
    text = (files("cockpit.demonstration") / "devices.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Table)


def recording(community: str, began: Instant) -> Recording:
    """The simulated devices of a community, each at a place of its own, always the same.

    ``began`` is the day on which the demonstration begins: what goes wrong does so from then on.
    """
    areas = places(community, "areas")
    chance = random.Random(f"{community}/devices")
    tracks = []
    for row in table().device:
        if row.only and community not in row.only:
            continue
        for number in range(row.count):
            site = None if row.site is None else place(community, "sites", row.site)
            lon, lat = (areas[number % len(areas)] if site is None else site).label
            east, north = (chance.uniform(-most, most) for most in SPREAD)
            device = Device(
                id=f"demo-{community}-{row.code}-{number + 1}",
                community=community,
                kind=row.kind,
                name=row.name.format(n=number + 1),
                raw_lon=lon + east,
                raw_lat=lat + north,
                crs="CGCS2000",
                site=None if site is None else site.code,
                interval_s=row.interval_s or table().interval_s,
                source=INVENTED,
            )
            tracks.append(
                Simulated(
                    device=device,
                    hours={},
                    days=(),
                    every_s=table().every_s,
                    fill_every=HOUR if row.interval_s is None else round(row.interval_s * SECOND),
                    until=None if row.until_day is None else began + round(row.until_day * DAY),
                    began=began,
                    curves=row.curves,
                    counts=row.counts,
                    quiet=row.quiet,
                    backfill_days=table().backfill_days,
                )
            )
    return Recording(INVENTED, tuple(tracks))


def _hour(instant: Instant) -> float:
    local = to_datetime(instant).astimezone(SHANGHAI)
    return local.hour + local.minute / 60


def _is_within(hour: float, first: str, last: str) -> bool:
    begins, ends = (one.hour + one.minute / 60 for one in (time.fromisoformat(first), time.fromisoformat(last)))
    return begins <= hour < ends if begins < ends else hour >= begins or hour < ends
