"""Recordings: real hourly observations made elsewhere, as devices that could have sent them.

recordings.toml says which column is which metric and which series plays which device. Hours are
shifted, never changed: the same hour of the clock, of another day. ``NA`` is a missing value.
"""

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pandas as pd

from sensors.devices.registry import Device
from sensors.errors import RecordingError
from sensors.replay.sources import plan
from store.instant import HOUR, SHANGHAI, Instant, to_datetime

COMMUNITY = "heling"
DAYS_A_YEAR = 365

Values = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Track:
    """One device's part of a recording.

    ``hours`` maps (day of the recording, hour) to the values of that hour; for a gate they are
    ``enter``, people an hour, and ``leave`` where those who left were counted too: else who entered leaves after
    ``residence``. ``days`` are the recorded days that may stand for a weekday 0 to 6. It plays
    every ``every_s`` seconds, and its past is filled in with a value in each ``fill_every``. ``until`` is from when on
    the device says nothing any more.
    """

    device: Device
    hours: dict[tuple[date, int], Values]
    days: tuple[tuple[date, ...], ...]
    every_s: float
    residence: Instant = 0
    backfill_days: int | None = None
    fill_every: Instant = HOUR
    until: Instant | None = None

    @property
    def is_gate(self) -> bool:
        """Whether the device counts people."""
        return self.device.kind == "gate"

    def at(self, instant: Instant) -> Values | None:
        """The values of the recorded hour that stands for the hour of this time; None if it is missing."""
        local = to_datetime(instant).astimezone(SHANGHAI)
        choice = self.days[local.weekday()]
        # Weekdays come again every seven days, all days every one; both step by one day of the choice.
        step = local.date().toordinal() // (7 if len(set(self.days)) > 1 else 1)
        return self.hours.get((choice[step % len(choice)], local.hour))


@dataclass(frozen=True)
class Recording:
    """The tracks of one file, and how to say where it comes from."""

    source: str
    tracks: tuple[Track, ...]


def packaged() -> list[Recording]:
    """The recordings that ship."""
    found = []
    for form in _forms():
        with as_file(files("sensors.replay") / "recordings" / form["file"]) as path:
            found.append(read(path))
    return found


def read(path: Path) -> Recording:
    """Read a recording of a known form.

    Raises
    ------
    RecordingError
        If the file cannot be read, has other columns, or no series that a device plays.
    """
    try:
        table = pd.read_csv(path, na_values=["NA"], keep_default_na=False)
    except (OSError, ValueError) as error:
        raise RecordingError(f"{path}: {error}") from None
    form = next((f for f in _forms() if set(f["columns"]) <= set(table.columns)), None)
    if form is None:
        known = " or ".join(", ".join(f["columns"]) for f in _forms())
        raise RecordingError(f"{path}: columns {', '.join(table.columns)}; a recording has {known}")
    try:
        # Both clocks are local ones; the offset, where there is one, is of the place of recording.
        times = [datetime.fromisoformat(text).replace(tzinfo=None) for text in table["time_local"]]
    except (TypeError, ValueError) as error:
        raise RecordingError(f"{path}: time_local: {error}") from None
    table = table.assign(day=[t.date() for t in times], hour=[t.hour for t in times])
    tracks = tuple(
        _track(form, row, table) for row in form["devices"] if (table[form["series"]] == row["series"]).any()
    )
    if not tracks:
        raise RecordingError(f"{path}: no {form['series']} of recordings.toml is in the file")
    return Recording(form["source"], tracks)


def _forms() -> list[dict[str, Any]]:
    return [form for form in plan().values() if isinstance(form, dict)]


def _track(form: dict[str, Any], row: dict[str, Any], table: pd.DataFrame) -> Track:
    own = table[table[form["series"]] == row["series"]]
    values = _counts(form, own, table) if "count" in form else _measured(form, own)
    hours = dict(zip(zip(own["day"], own["hour"], strict=True), values, strict=True))
    minutes = form.get("residence_minutes", {}).get(row.get("site"), 0)
    return Track(
        device=Device(
            id=row["id"],
            community=COMMUNITY,
            kind=form["kind"],
            name=row["name"],
            raw_lon=row.get("lon"),
            raw_lat=row.get("lat"),
            crs="CGCS2000",
            area=row.get("area"),
            site=row.get("site"),
            interval_s=form["interval_s"],
            source=form["source"],
        ),
        hours={when: found for when, found in hours.items() if found},
        days=_days(form["align"], sorted(set(own["day"]))),
        every_s=form["every_s"],
        residence=minutes * 60_000_000,
        backfill_days=form.get("backfill_days"),
    )


def _days(align: str, recorded: list[date]) -> tuple[tuple[date, ...], ...]:
    if align == "day":
        return (tuple(recorded),) * 7
    by_weekday: dict[int, list[date]] = defaultdict(list)
    for day in recorded:
        by_weekday[day.weekday()].append(day)
    return tuple(tuple(by_weekday[weekday] or recorded) for weekday in range(7))


def _measured(form: dict[str, Any], own: pd.DataFrame) -> list[Values]:
    rows = []
    for record in own.to_dict("records"):
        values = {metric: float(record[column]) for metric, column in form["metrics"].items()}
        values["humidity"] = relative_humidity(values["temperature"], float(record[form["dew_point"]]))
        rows.append({metric: value for metric, value in values.items() if math.isfinite(value)})
    return rows


def _counts(form: dict[str, Any], own: pd.DataFrame, table: pd.DataFrame) -> list[Values]:
    at_site = {row["series"] for row in form["devices"] if row["site"] == form["scale_site"]}
    recorded = table[table[form["series"]].isin(at_site)]
    a_year = recorded[form["count"]].sum() * DAYS_A_YEAR / recorded["day"].nunique()
    scale = form["scale_year_visits"] / a_year
    return [{"enter": round(n * scale)} if math.isfinite(n) else {} for n in own[form["count"]]]


def relative_humidity(temperature: float, dew_point: float) -> float:
    """Relative humidity in % of air at a temperature and dew point in °C.

    The quotient of the vapour pressures over water, each by the Magnus formula of WMO-No. 8
    (Guide to Instruments, volume I, annex 4.B); rounded to what the recorded tenths allow. NaN
    where either is missing.
    """
    actual, saturated = (math.exp(17.62 * t / (243.12 + t)) for t in (dew_point, temperature))
    if math.isnan(actual / saturated):
        return math.nan
    return min(100.0, round(100 * actual / saturated))
