"""What is known of a site beside its people: its schedule, the noise that may be there, and the newest heard."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from sqlalchemy import Connection

from sensors.devices import registry
from sensors.devices.sites import as_placed
from sensors.readings import history
from store.instant import SHANGHAI, Instant, format_rfc3339, local_clock, now, to_datetime

NOISE = "noise"
"""The kind of device, and its metric, dB(A)."""
OF_A_ROW = ("name", "name_en", "from", "until", "people", "people_en", "said", "said_en")
"""What is told of a row of a schedule; ``until`` is None where nobody knows an end."""


def facts(connection: Connection, community: str, site: str, at: Instant | None) -> dict[str, Any]:
    """The schedule of a site and its noise; None where nobody said.

    ``schedule`` has the rows of places.toml with whether each is in season today; ``until`` is None where nobody
    knows an end. ``noise`` has the class of GB 3096-2008, the limit that holds now (``period`` day or night) and the
    newest reading of each noise meter that is registered for the site.
    """
    moment = now() if at is None else at
    known = _table("places.toml").get(community, {}).get(site, {})
    rows = [_scheduled(row, moment) for row in known.get("schedule", [])]
    return {"site": site, "schedule": rows or None, "noise": _noise(connection, community, site, known, moment, at)}


def programme(community: str, site: str) -> list[dict[str, Any]]:
    """What happens at a site in its seasons and on its days of the week, as places.toml has it."""
    rows = _table("places.toml").get(community, {}).get(site, {}).get("schedule", [])
    return [{name: row.get(name) for name in (*OF_A_ROW, "months", "weekdays")} for row in rows]


def period_of(moment: Instant) -> str:
    """``day`` or ``night`` of GB 3096-2008, clause 3.4, by the clock in Asia/Shanghai.

    >>> [period_of(hour * 3_600_000_000) for hour in (0, 13, 14, 21, 22)]
    ['day', 'day', 'night', 'night', 'day']
    """
    table = _table("noise.toml")
    return "day" if table["day_from"] <= local_clock(moment) < table["night_from"] else "night"


def _scheduled(row: dict[str, Any], moment: Instant) -> dict[str, Any]:
    today = to_datetime(moment).astimezone(SHANGHAI)
    told = {name: row.get(name) for name in OF_A_ROW}
    told |= {name: row[name] for name in ("months", "weekdays", "basis", "basis_en")}
    return told | {"today": today.month in row["months"] and today.isoweekday() in row["weekdays"]}


def _noise(
    connection: Connection, community: str, site: str, known: dict[str, Any], moment: Instant, at: Instant | None
) -> dict[str, Any]:
    table = _table("noise.toml")
    zone = known.get("noise")
    period = period_of(moment)
    found: dict[str, Any] = {"edition": table["edition"], "period": period, "class": None, "limit": None, "basis": None}
    if zone is not None:
        row = table["class"][zone["class"]]
        found |= {"class": zone["class"], "name": row["name"], "name_en": row["name_en"], "limit": row[period]}
        found |= {"day": row["day"], "night": row["night"], "basis": zone["basis"], "basis_en": zone["basis_en"]}
    return found | {"unit": "dB(A)", "readings": _readings(connection, community, site, at)}


def _readings(connection: Connection, community: str, site: str, at: Instant | None) -> list[dict[str, Any]]:
    meters = [d for d in registry.read_all(connection, community) if d.kind == NOISE]
    if at is not None:
        meters = as_placed(connection, meters, at)
    named = {d.id: d for d in meters if d.site == site and d.revoked is None}
    if not named:
        return []
    return [
        {
            "device": row.device_id,
            "name": named[row.device_id].name,
            "value": row.value,
            "ts": format_rfc3339(row.ts),
            "quality": row.quality,
            "stale": named[row.device_id].stale_at(row.ts) < (now() if at is None else at),
            "source": named[row.device_id].source,
        }
        for row in history.latest_at(connection, list(named), community, at)
        if row.metric == NOISE
    ]


@cache
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((files("layers.visitors") / name).read_text(encoding="utf-8"))
