"""What reports tell of the devices: how well they reported; what they measured of the air stands in air.py."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from sqlalchemy import Connection

from layers.devices import queries, reported
from layers.devices.air import air
from layers.sections import NO_DATA, Asked, Part, Row, Told, parts_of, word
from sensors.devices.kinds import kind
from sensors.intake.state import Status, status_of
from store.language import Word

WELL = 0.9
"""A device that sent less than this share of what it should have is listed."""
LISTED_AT_MOST = 15


@cache
def sections() -> Mapping[str, Part]:
    """The sections of this layer."""
    return parts_of(__package__ or "", {"air": air, "devices": devices})


def devices(connection: Connection, asked: Asked) -> Told:
    """How devices stood at the end, and what share of their readings came, by kind; those that sent too little."""
    known = queries.states(connection, asked.community, None, asked.until - 1)
    shares_of = reported.shares(connection, [one.device for one in known], asked.since, asked.until)
    rows: list[Row] = []
    for one in known:
        state = status_of(one.device, one.last_seen, one.connected, asked.until - 1)
        share = shares_of[one.device.id]
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
