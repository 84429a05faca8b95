"""What reports tell of the air: means of days against the limits that held then (air.toml)."""

import tomllib
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, func, select

from layers.sections import NO_DATA, Asked, Row, Told, date_text, word
from sensors.metrics import metrics
from sensors.replay.sources import sources
from sensors.tables import device, reading_day, reading_hour, series
from store.instant import Instant, day_of, local_date
from store.language import Word

Key = tuple[str, Instant]
"""A metric and the first moment of a day."""


class Edition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The limits of a day's mean that hold from a day on, and the standard that gives them."""

    since: date
    standard: str
    standard_en: str
    limits: dict[str, float]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """air.toml: a day is judged where ``hours`` of it were measured."""

    metrics: tuple[str, ...]
    hours: int
    edition: tuple[Edition, ...]


@cache
def table() -> Table:
    """air.toml."""
    text = (files("layers.devices") / "air.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Table)


def edition(day: Instant) -> Edition:
    """The limits that hold on a day; those of before there were any are the first."""
    of = local_date(day)
    return next((one for one in reversed(table().edition) if one.since <= of), table().edition[0])


class Mean(NamedTuple):
    """A day of a metric over all devices: sum, number, least and greatest, and of how many of its hours."""

    total: float
    n: int
    low: float
    high: float
    hours: int

    @property
    def value(self) -> float:
        """The mean."""
        return self.total / self.n


def air(connection: Connection, asked: Asked) -> Told:
    """The mean of each day by metric, against the limits of that day; suspect readings are left out."""
    found, replayed = _means(connection, asked)
    told = Told(tables={"days": [], "metrics": []})
    held = [edition(day) for day in asked.days]
    told.notes = [word(one, "standard") for one in table().edition if one in held]
    told.notes += [Word(f"含回放数据：{one.name}", f"Holds replayed observations: {one.name_en}") for one in replayed]
    chosen = [code for code in table().metrics if code in found]
    for code in chosen:
        told.tables["metrics"].append(_metric(code, found[code]))
    for day in asked.days:
        row: Row = {"day": date_text(day)}
        for code in chosen:
            row[code] = found[code][day].value if day in found[code] else None
            if any(code in one.limits for one in table().edition):
                row[f"{code}_limit"] = edition(day).limits.get(code)
        told.tables["days"].append(row)
    judged = {day: [_is_over(code, day, found[code].get(day)) for code in chosen] for day in asked.days}
    over = sum(any(some) for some in judged.values())
    valid = sum(set(some) != {None} and bool(some) for some in judged.values())
    told.figures = {
        "measured": valid or NO_DATA,
        "within": valid - over if valid else NO_DATA,
        "over": over if valid else NO_DATA,
    }
    for code in ("pm2_5", "pm10"):
        days = found.get(code, {}).values()
        told.figures[code] = sum(day.value for day in days) / len(days) if days else NO_DATA
    return told


def _means(connection: Connection, asked: Asked) -> tuple[dict[str, dict[Instant, Mean]], list[Word]]:
    """metric -> day -> mean; where a real device measures a metric, what is replayed of it does not count."""
    c = reading_day.c
    query = (
        select(
            series.c.metric, device.c.source, c.day, func.sum(c.total), func.sum(c.n), func.min(c.low), func.max(c.high)
        )
        .join(series, series.c.id == c.series_id)
        .join(device, device.c.id == series.c.device_id)
        .where(device.c.community == asked.community, series.c.metric.in_(table().metrics))
        .where(c.day >= day_of(asked.since), c.day < asked.until, c.n > 0)
        .group_by(series.c.metric, device.c.source, c.day)
        .order_by(series.c.metric, c.day)
    )
    rows = [tuple(row) for row in connection.execute(query)]
    real = {metric for metric, source, *_ in rows if source is None}
    counted = [row for row in rows if row[1] is None or row[0] not in real]
    hours = _hours(connection, asked, real)
    parts: dict[Key, list[tuple[float, int, float, float]]] = defaultdict(list)
    for metric, _source, day, *sums in counted:
        parts[metric, day].append(tuple(sums))
    found: dict[str, dict[Instant, Mean]] = defaultdict(dict)
    for (metric, day), some in parts.items():
        totals, numbers, lows, highs = zip(*some, strict=True)
        found[metric][day] = Mean(sum(totals), sum(numbers), min(lows), max(highs), hours[metric, day])
    replayed = sorted({row[1] for row in counted if row[1] is not None})
    return found, [sources().get(one, Word(one, one)) for one in replayed]


def _hours(connection: Connection, asked: Asked, real: set[str]) -> Counter[Key]:
    """How many hours of each day a metric was measured in."""
    c = reading_hour.c
    query = (
        select(series.c.metric, c.hour)
        .join(series, series.c.id == c.series_id)
        .join(device, device.c.id == series.c.device_id)
        .where(device.c.community == asked.community, series.c.metric.in_(table().metrics))
        .where(c.hour >= day_of(asked.since), c.hour < asked.until, c.n > 0)
        .where(device.c.source.is_(None) | series.c.metric.not_in(real))
        .distinct()
    )
    return Counter((metric, day_of(hour)) for metric, hour in connection.execute(query))


def _is_over(code: str, day: Instant, mean: Mean | None) -> bool | None:
    """Whether a day is above its limit; None where it has none, or too little of it was measured."""
    limit = edition(day).limits.get(code)
    if mean is None or limit is None or mean.hours < table().hours:
        return None
    return round(mean.value, metrics()[code].precision) > limit


def _metric(code: str, days: Mapping[Instant, Mean]) -> Row:
    metric = metrics()[code]
    highest = max(days, key=lambda day: (days[day].value, -day))
    limit = edition(max(days)).limits.get(code)
    return {
        "metric": Word(metric.name, metric.name_en),
        "unit": Word(metric.label, metric.label_en or metric.label),
        "mean": round(sum(day.value for day in days.values()) / len(days), 1),
        "highest": round(days[highest].value, 1),
        "highest_on": date_text(highest),
        "low": round(min(day.low for day in days.values()), 1),
        "high": round(max(day.high for day in days.values()), 1),
        "limit": limit,
        "over": None if limit is None else sum(bool(_is_over(code, day, mean)) for day, mean in days.items()),
    }
