"""In what a screen differs from the database, record by record."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from layers.declare import layers
from layers.devices.queries import ENVIRONMENT
from layers.grid_events.queries import TALLY
from sensors.bus.merging import STAMPS
from sensors.quality import word_of
from sensors.readings import history, summary
from sensors.tables import latest, series
from store.instant import MILLISECOND, now
from store.revision import FIELD
from tests.faults.screen import State

COMMUNITY = "heling"
Differing = list[str]


def stored(connection: Connection, shown: State) -> State:
    """Every record of every layer as the database has it; of grid events those too that are shown and not open."""
    found = {layer.code: layer.records(connection, COMMUNITY, None, None) for layer in layers()}
    events = next(layer for layer in layers() if layer.code == "grid_events")
    ended = shown["grid_events"].keys() - found["grid_events"].keys()
    # A screen keeps an event that has ended until it is told everything anew.
    found["grid_events"] |= events.records(connection, COMMUNITY, set(ended), None) if ended else {}
    # As it is sent.
    return msgspec.json.decode(msgspec.json.encode(found))


def differing(shown: State, expected: State) -> Differing:
    """Each field in which a screen differs, of the layers that are expected; what follows from others comes last."""
    return [
        f"{layer} {key} {where}: shown {ours!r}, expected {theirs!r}"
        for layer, records in sorted(expected.items(), key=lambda one: one[0] == "areas")
        for key in sorted(records.keys() | shown.get(layer, {}).keys(), reverse=True)
        for where, ours, theirs in _apart(
            lasting(layer, key, shown.get(layer, {}).get(key)), lasting(layer, key, records.get(key))
        )
    ]


def lasting(layer: str, key: str, record: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A record without what only holds for the moment at which it was read."""
    if record is None:
        return None
    kept = dict(record)
    if layer == "devices":
        # What of two words is the newer is sorted out where the pages are served; they are not told.
        for name in STAMPS:
            kept.pop(name, None)
    if layer == "visitors" or (layer == "grid_events" and key == TALLY):
        # How new the record is, counted in changes of all others too: it was read after fewer of them.
        kept.pop(FIELD)
    if layer == "grid_events" and key == TALLY:
        # What is late by now: a page counts on by itself from those that will be soon, the list of which grows by time.
        moment = now() // MILLISECOND
        kept["overdue"] += sum(due <= moment for due in kept.pop("due_soon"))
        kept["by_state"] = {state: n for state, n in kept["by_state"].items() if n}
    if layer == "areas" or (layer == "devices" and key == ENVIRONMENT):
        kept["metrics"] = {metric: _lasting_mean(mean) for metric, mean in kept["metrics"].items()}
    return kept


def _lasting_mean(mean: Mapping[str, Any]) -> dict[str, Any]:
    # Where nobody is present it is stale since just before it was asked for.
    return {name: value for name, value in mean.items() if name != "stale_at" or mean["n"]}


def _apart(ours: Any, theirs: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted(ours.keys() | theirs.keys()):
            yield from _apart(ours.get(name), theirs.get(name), f"{where}.{name}")
    elif not _is_same(ours, theirs):
        yield where or "as a whole", ours, theirs


def _is_same(ours: Any, theirs: Any) -> bool:
    """Whole numbers and others are one to a page; a truth is no number. Sums of floats depend on their order."""
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_is_same, ours, theirs))
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, float) or isinstance(theirs, float):
        return isinstance(ours, int | float) and isinstance(theirs, int | float) and math.isclose(ours, theirs)
    return bool(ours == theirs)


def differing_readings(connection: Connection, shown: State) -> Differing:
    """The newest reading of each series, by the table itself."""
    query = select(series.c.device_id, series.c.metric, series.c.kind, latest).join(
        latest, latest.c.series_id == series.c.id
    )
    expected: dict[str, dict[str, Any]] = {}
    for row in connection.execute(query):
        value = history.value_of(row.kind, row.value, row.text)
        expected.setdefault(row.device_id, {})[row.metric] = [row.ts / MILLISECOND, value, word_of(row.quality)]
    known = {key: record["latest"] for key, record in shown["devices"].items() if record.get("latest")}
    return [f"latest {where}: shown {ours!r}, stored {theirs!r}" for where, ours, theirs in _apart(known, expected)]


def differing_means(connection: Connection, shown: State) -> Differing:
    """The means of each area and of all, worked out anew."""
    known: dict[str, Any] = {key: record["metrics"] for key, record in shown["areas"].items()}
    known["all"] = shown["devices"][ENVIRONMENT]["metrics"]
    means = {area or "all": found for area, found in summary.means(connection, COMMUNITY, None).items()}
    expected = {area: means.get(area, {}) for area in known}
    brief = [
        {area: {metric: _lasting_mean(mean) for metric, mean in of.items()} for area, of in one.items()}
        for one in (known, expected)
    ]
    return [f"mean {where}: shown {ours!r}, stored {theirs!r}" for where, ours, theirs in _apart(*brief)]
