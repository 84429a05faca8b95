"""Writing observations: each stored once, the latest never moved back, sums of hours and days kept."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, cast

import numpy as np
from sqlalchemy import ColumnElement, Connection, Table, case

from sensors import horizon
from sensors.horizon import HORIZON
from sensors.quality import NOT_LIVE, Quality
from sensors.readings.archive import late
from sensors.readings.archive.late import Looked
from sensors.readings.columns import Observations, SeriesIndex
from sensors.tables import latest, reading, reading_day, reading_hour
from store.bulk import upsert_all
from store.engine import greatest, least
from store.insert import insert_new
from store.instant import HOUR, Instant, day_of

AVERAGED = (int(Quality.GOOD), int(Quality.UNKNOWN_METRIC))
"""The flags of readings that go into means; a suspect one is kept and shown, but tells nothing of the air."""
LATEST = [column.name for column in latest.columns]


def store(
    connection: Connection, index: SeriesIndex, observations: Observations, looked: Looked | None = None
) -> Observations:
    """Store observations, each (device, metric, time) once; returns those that were new, in the order of the key.

    Keeps ``latest`` (only forward in time) and the sums of hours and days in the same transaction. After its commit
    the caller says so to the index. ``looked`` is what was found in files before (`late.look`).
    """
    # Of a series that is new the first value says of what kind it is.
    kinds = dict(zip(reversed(observations.series), reversed(observations.values), strict=True))
    kinds |= {
        said: value for said, value in zip(observations.said, observations.values, strict=True) if said is not None
    }
    index.number(connection, kinds.keys(), kinds)
    if not len(observations):
        return observations
    # In the order of the key, here and below: two ingesters then never wait for each other in a ring.
    ordered = observations.by_key()
    numbers = ordered.numbers()
    known = late.is_known(connection, numbers, np.array(ordered.ts, np.int64), looked)
    if known.any():
        ordered, numbers = ordered.only(np.flatnonzero(~known).tolist()), numbers[~known]
        if not len(ordered):
            return ordered
    floats = _floats(ordered)
    found = insert_new(connection, reading, _columns(ordered, numbers, floats))
    if found is not None:
        keys = set(found)
        places = zip(numbers.tolist(), ordered.ts, strict=True)
        chosen = [place for place, key in enumerate(places) if key in keys]
        ordered, numbers, floats = ordered.only(chosen), numbers[chosen], [floats[place] for place in chosen]
    _keep_latest(connection, ordered, floats)
    _keep_sums(connection, ordered, numbers, floats)
    return ordered


def _floats(observations: Observations) -> list[float | None]:
    if str in set(map(type, observations.values)):
        return [None if isinstance(value, str) else float(value) for value in observations.values]
    return list(map(float, observations.values))


def _columns(observations: Observations, numbers: Any, floats: list[float | None]) -> dict[str, Any]:
    has_text = None in floats
    said = _said(observations)
    came = {} if said is None else {"said": said}
    return came | {
        "series_id": numbers.tolist(),
        "ts": observations.ts,
        "value": floats,
        "text": [value if isinstance(value, str) else None for value in observations.values] if has_text else None,
        "quality": observations.quality if any(observations.quality) else 0,
    }


def _said(observations: Observations) -> list[int | None] | None:
    """The numbers of the names by which they came; None where all came by those of their metrics."""
    if not any(observations.said):
        return None
    return [None if one is None else one.number for one in observations.said]


def _keep_latest(connection: Connection, new: Observations, floats: list[float | None]) -> None:
    """One statement for all, in the order of the series: two writers meet each row in the same order."""
    rows: list[dict[str, Any]] = []
    for _, begin, end in new.runs():
        live = next((place for place in range(end - 1, begin - 1, -1) if new.live[place]), None)
        if live is not None:
            rows.append(_latest_row(new, floats, live, 0))
        else:
            rows.append(_latest_row(new, floats, end - 1, NOT_LIVE))
    upsert_all(connection, latest, rows, _unless_newer, horizon.of_now())


def _latest_row(new: Observations, floats: list[float | None], place: int, flag: int) -> dict[str, Any]:
    value = new.values[place]
    text = value if isinstance(value, str) else None
    row = (new.series[place].number, new.ts[place], floats[place], text, new.quality[place] | flag)
    return dict(zip(LATEST, row, strict=True))


def _unless_newer(insert: Any) -> Any:
    """What was not said now is the newest only where nothing was ever said live."""
    excluded, kept = insert.excluded, latest.c
    changed = {name: excluded[name] for name in ("ts", "value", "text", "quality")}
    # A clock that ran ahead must not keep out what comes after it was set right.
    set_right = (kept.ts > HORIZON) & (excluded.ts <= HORIZON) & ~_not_live(excluded)
    newer = (excluded.ts > kept.ts) & (_not_live(kept) | ~_not_live(excluded))
    return insert.on_conflict_do_update(index_elements=["series_id"], set_=changed, where=newer | set_right)


def _not_live(row: Any) -> ColumnElement[bool]:
    return cast("ColumnElement[bool]", row.quality.op("&")(NOT_LIVE) != 0)


Sums = dict[tuple[int, Instant], tuple[int, float, float, float]]
"""(series, start) -> n, total, low, high."""
Came = Mapping[tuple[int, Instant], int | None]
"""(series, start) -> the series of the name by which all of it came, where that is another one."""


def _keep_sums(connection: Connection, new: Observations, numbers: Any, floats: list[float | None]) -> None:
    """Add the readings to the sums of their hours and days; suspect ones and texts are left out."""
    places = [
        place
        for place, (value, quality) in enumerate(zip(floats, new.quality, strict=True))
        if value is not None and quality in AVERAGED
    ]
    if not places:
        return
    series_ids = numbers[places]
    times = np.array([new.ts[place] for place in places], np.int64)
    values = np.array([floats[place] for place in places])
    hours = _hours(series_ids, times - times % HOUR, values)
    days: Sums = {}
    for (series_id, hour), (n, total, low, high) in hours.items():
        key = (series_id, day_of(hour))
        sn, st, sl, sh = days.get(key, (0, 0.0, low, high))
        days[key] = (sn + n, st + total, min(sl, low), max(sh, high))
    add_sums(connection, reading_hour, "hour", hours, _came(new, places))
    add_sums(connection, reading_day, "day", days)


def _came(new: Observations, places: list[int]) -> Came:
    said = _said(new)
    if said is None:
        return {}
    found: dict[tuple[int, Instant], set[int | None]] = {}
    for place in places:
        ts = new.ts[place]
        found.setdefault((new.series[place].number, ts - ts % HOUR), set()).add(said[place])
    return {key: numbers.pop() for key, numbers in found.items() if len(numbers) == 1}


def _hours(series_ids: Any, hours: Any, values: Any) -> Sums:
    """Of arrays in the order of (series, hour)."""
    begins = np.flatnonzero(
        np.concatenate(([True], (series_ids[1:] != series_ids[:-1]) | (hours[1:] != hours[:-1]))),
    )
    counts = np.diff(np.append(begins, len(values)))
    keys = zip(series_ids[begins].tolist(), hours[begins].tolist(), strict=True)
    parts = (counts, *(of.reduceat(values, begins) for of in (np.add, np.minimum, np.maximum)))
    return dict(zip(keys, zip(*(part.tolist() for part in parts), strict=True), strict=True))


def add_sums(connection: Connection, table: Table, start: str, sums: Sums, came: Came | None = None) -> None:
    """Add to the sums that a table keeps of hours, or of days; ``start`` is its column of their beginnings."""
    rows: list[dict[str, Any]] = [
        {"series_id": series_id, start: at, "n": n, "total": total, "low": low, "high": high}
        for (series_id, at), (n, total, low, high) in sorted(sums.items())
    ]
    if "said" in table.c:
        rows = [row | {"said": (came or {}).get((row["series_id"], row[start]))} for row in rows]
    upsert_all(connection, table, rows, _added(table, start, least(connection), greatest(connection)))


@cache
def _added(table: Table, start: str, lower: Callable[..., Any], higher: Callable[..., Any]) -> Callable[[Any], Any]:
    def added(insert: Any) -> Any:
        excluded, kept = insert.excluded, table.c
        changed = {
            "n": kept.n + excluded.n,
            "total": kept.total + excluded.total,
            "low": lower(kept.low, excluded.low),
            "high": higher(kept.high, excluded.high),
        }
        if "said" in table.c:
            changed["said"] = case((kept.said == excluded.said, kept.said), else_=None)
        return insert.on_conflict_do_update(index_elements=["series_id", start], set_=changed)

    return added
