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
from store.instant import HOUR, SHANGHAI, Instant, to_datetime

SPREAD = (0.0015, 0.0011)
"""Degrees from the middle of an area within which a device stands."""
BOOLEAN = frozenset({"smoke"})


class Curve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A metric over a day: between two values, highest at ``peak``; ``value`` instead from one time to another."""

    between: tuple[float, float]
    peak: float
    noise: float
    from_: str | None = msgspec.field(default=None, name="from")
    to: str | None = None
    value: float = 0.0

    def at(self, instant: Instant, chance: random.Random) -> float:
        """What is measured at a time; ``chance`` is the noise."""
        low, high = self.between
        hour = _hour(instant)
        if self.from_ is not None and self.to is not None and _is_within(hour, self.from_, self.to):
            return self.value * (1 + chance.uniform(-self.noise, self.noise) / 4)
        share = (1 + math.cos((hour - self.peak) / 24 * 2 * math.pi)) / 2
        return low + (high - low) * (share + chance.uniform(-self.noise, self.noise))


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of devices.toml: so many devices of a kind, with their curves by metric; at a site, where there is one.

    ``only`` are the communities that have them; empty: all. ``quiet``: from when to when of a day they say nothing.
    """

    code: str
    kind: str
    name: str
    count: int
    curves: dict[str, Curve]
    site: str | None = None
    only: tuple[str, ...] = ()
    quiet: tuple[str, str] | None = None


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """devices.toml: ``interval_s`` seconds between messages, so many days of past."""

    interval_s: float
    backfill_days: int
    device: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True)
class Simulated(Track):
    """A simulated device's part of a recording that nobody made; the same values for the same device and time."""

    curves: Mapping[str, Curve]
    quiet: tuple[str, str] | None = None

    def at(self, instant: Instant) -> Values | None:
        """What it measures at a time; None while it says nothing."""
        if self.quiet is not None and _is_within(_hour(instant), *self.quiet):
            return None
        found: Values = {}
        for metric, curve in self.curves.items():
            chance = random.Random(f"{self.device.id}/{metric}/{instant // (HOUR // 60)}")
            value = curve.at(instant, chance)
            found[metric] = round(value) if metric in BOOLEAN else round(value, 3)
        return found


@cache
def table() -> Table:
    """devices.toml."""
    text = (files("cockpit.demonstration") / "devices.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Table)


def recording(community: str) -> Recording:
    """The simulated devices of a community, each at a place of its own, always the same."""
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
                interval_s=table().interval_s,
                source=INVENTED,
            )
            tracks.append(
                Simulated(
                    device=device,
                    hours={},
                    days=(),
                    curves=row.curves,
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
