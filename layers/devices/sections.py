"""What reports tell of the devices: what they measured of the air, and how well they reported."""

import tomllib
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, func, select

from layers.devices import queries
from layers.sections import NO_DATA, Asked, Part, Row, Told, date_text, parts_of, word
from sensors.devices.kinds import kind
from sensors.intake.state import Status, status_of
from sensors.metrics import metrics
from sensors.replay.sources import sources
from sensors.tables import device, reading_day, series
from store.instant import DAY, SECOND, Instant, day_of
from store.language import Word

WELL = 0.9
"""A device that sent less than this share of what it should have is listed."""
LISTED_AT_MOST = 15


@cache
def sections() -> Mapping[str, Part]:
    """The sections of this layer."""
    return parts_of(__package__ or "", {"air": air, "devices": devices})


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """air.toml."""

    metrics: tuple[str, ...]
    standard: str
    standard_en: str
    limits: dict[str, float]


@cache
def limits() -> Limits:
    """The limits of a day's mean."""
    text = (files("layers.devices") / "air.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Limits)


class Mean(NamedTuple):
    """A day of a metric over all devices: sum, number, least and greatest."""

    total: float
    n: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The mean."""
        return self.total / self.n


def air(connection: Connection, asked: Asked) -> Told:
    """The mean of each day by metric, against the limits of the standard; suspect readings are left out."""
    found, replayed = _means(connection, asked)
    told = Told(tables={"days": [], "metrics": []})
    told.notes = [word(limits(), "standard")]
    told.notes += [Word(f"含回放数据：{one.name}", f"Holds replayed observations: {one.name_en}") for one in replayed]
    chosen = [code for code in limits().metrics if code in found]
    for code in chosen:
        told.tables["metrics"].append(_metric(code, found[code]))
    for day in asked.days:
        row: Row = {"day": date_text(day)}
        for code in chosen:
            row[code] = found[code][day].value if day in found[code] else None
            if code in limits().limits:
                row[f"{code}_limit"] = limits().limits[code]
        told.tables["days"].append(row)
    over = [day for day in asked.days if any(_is_over(code, found[code].get(day)) for code in chosen)]
    judged = [day for day in asked.days if any(day in found.get(code, {}) for code in limits().limits)]
    told.figures = {
        "measured": len(judged) if judged else NO_DATA,
        "within": len(judged) - len(over) if judged else NO_DATA,
        "over": len(over) if judged else NO_DATA,
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
        .where(device.c.community == asked.community, series.c.metric.in_(limits().metrics))
        .where(c.day >= day_of(asked.since), c.day < asked.until, c.n > 0)
        .group_by(series.c.metric, device.c.source, c.day)
        .order_by(series.c.metric, c.day)
    )
    rows = [tuple(row) for row in connection.execute(query)]
    real = {metric for metric, source, *_ in rows if source is None}
    counted = [row for row in rows if row[1] is None or row[0] not in real]
    parts: dict[tuple[str, Instant], list[Mean]] = defaultdict(list)
    for metric, _source, day, total, n, low, high in counted:
        parts[metric, day].append(Mean(total, n, low, high))
    found: dict[str, dict[Instant, Mean]] = defaultdict(dict)
    for (metric, day), some in parts.items():
        found[metric][day] = Mean(
            sum(one.total for one in some),
            sum(one.n for one in some),
            min(one.low for one in some),
            max(one.high for one in some),
        )
    replayed = sorted({row[1] for row in counted if row[1] is not None})
    return found, [sources().get(one, Word(one, one)) for one in replayed]


def _is_over(code: str, mean: Mean | None) -> bool:
    limit = limits().limits.get(code)
    return mean is not None and limit is not None and round(mean.value, metrics()[code].precision) > limit


def _metric(code: str, days: Mapping[Instant, Mean]) -> Row:
    metric = metrics()[code]
    highest = max(days, key=lambda day: (days[day].value, -day))
    limit = limits().limits.get(code)
    return {
        "metric": Word(metric.name, metric.name_en),
        "unit": Word(metric.label, metric.label_en or metric.label),
        "mean": round(sum(day.value for day in days.values()) / len(days), 1),
        "highest": round(days[highest].value, 1),
        "highest_on": date_text(highest),
        "low": round(min(day.low for day in days.values()), 1),
        "high": round(max(day.high for day in days.values()), 1),
        "limit": limit,
        "over": None if limit is None else sum(_is_over(code, day) for day in days.values()),
    }


def devices(connection: Connection, asked: Asked) -> Told:
    """How devices stood at the end, and what share of their readings came, by kind; those that sent too little."""
    known = queries.states(connection, asked.community, None, asked.until - 1)
    came = _came(connection, asked)
    rows: list[Row] = []
    for one in known:
        state = status_of(one.device, one.last_seen, one.connected, asked.until - 1)
        # One that was registered afterwards sent what it had kept.
        began = max(asked.since, one.device.created) if one.device.created < asked.until else asked.since
        expected = (asked.until - began) / (one.device.interval_s * SECOND)
        share = min(1.0, came.get(one.device.id, 0) / expected) if expected >= 1 else None
        rows.append(
            {
                "device": one.device.name or one.device.id,
                "id": one.device.id,
                "kind": word(kind(one.device.kind)),
                "state": STATES[state],
                "seen": one.last_seen,
                "share": share,
                "replayed": "✓" if one.device.source else None,
            }
        )
    rows.sort(key=lambda row: (row["share"] is None, row["share"] or 0.0, str(row["id"])))
    poor = [row for row in rows if row["share"] is not None and float(str(row["share"])) < WELL]
    shares = [float(str(row["share"])) for row in rows if row["share"] is not None]
    return Told(
        figures={
            "devices": len(rows),
            "online": sum(row["state"] == STATES[Status.ONLINE] for row in rows),
            "share": sum(shares) / len(shares) if shares else NO_DATA,
            "poor": len(poor),
        },
        tables={"kinds": _by_kind(rows), "poor": poor[:LISTED_AT_MOST], "all": rows},
    )


STATES = {
    Status.ONLINE: Word("在线", "Online"),
    Status.STALE: Word("数据过期", "Stale"),
    Status.OFFLINE: Word("离线", "Offline"),
}


def _came(connection: Connection, asked: Asked) -> dict[str, int]:
    """device -> how many readings came of the metric of which most did."""
    c = reading_day.c
    of_series = (
        select(series.c.device_id, func.sum(c.n).label("n"))
        .join(series, series.c.id == c.series_id)
        .join(device, device.c.id == series.c.device_id)
        .where(device.c.community == asked.community, c.day > asked.since - DAY, c.day < asked.until)
        .group_by(series.c.id, series.c.device_id)
        .subquery()
    )
    query = select(of_series.c.device_id, func.max(of_series.c.n)).group_by(of_series.c.device_id)
    return {name: int(n) for name, n in connection.execute(query)}


def _by_kind(rows: list[Row]) -> list[Row]:
    parted: dict[Word, list[Row]] = defaultdict(list)
    for row in rows:
        name = row["kind"]
        if isinstance(name, Word):
            parted[name].append(row)
    found: list[Row] = []
    for name, some in sorted(parted.items(), key=lambda one: (-len(one[1]), one[0])):
        shares = [float(str(row["share"])) for row in some if row["share"] is not None]
        counts = {code.value: sum(row["state"] == state for row in some) for code, state in STATES.items()}
        found.append(
            {"kind": name, "devices": len(some), **counts, "share": sum(shares) / len(shares) if shares else None}
        )
    return found
