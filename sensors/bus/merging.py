"""How a record that screens know takes in what is new: field by field, whatever the order in which it comes.

The same rules as in the database: the newest reading of a metric stays the newest (`sensors.readings.observations`), a
device was last heard when it was heard last. A page does the same (assets/js/10-live.js).
"""

from collections.abc import Callable, Mapping
from typing import Any

from sensors.horizon import is_ahead
from sensors.quality import SUSPECT
from store.revision import FIELD

Record = dict[str, Any]
READING = ("ts", "value", "word")
NOWHERE = object()
STAMPS: Mapping[str, tuple[str, ...]] = {
    "connected_at": ("connected",),
    "position_ts": ("area", "lon", "lat", "building", "room", "storey"),
}
"""What says of other fields how new they are: of two ingesters the one with the older word may be heard last.

They are of use where records are merged, and told to no page.
"""


def merge(known: Record | None, new: Record) -> Record:
    """What is known from now on; ``known`` is left as it was."""
    if known is None:
        return new.copy()
    # One that was read before is not believed because it is told after.
    if FIELD in new and known.get(FIELD, 0) > new[FIELD]:
        return known
    merged: Record = known | new
    for stamp in STAMPS.keys() & new.keys():
        if _is_older(new[stamp], known.get(stamp)):
            merged |= {name: known[name] for name in (stamp, *STAMPS[stamp]) if name in known}
    was_ahead = is_ahead(known.get("last_seen"))
    for name in MERGED.keys() & new.keys() & known.keys():
        if was_ahead and name in HEARD:
            continue
        merged[name] = MERGED[name](known[name], new[name])
    if "latest" in new and "suspect" in merged:
        merged["suspect"] = any(one[2] == SUSPECT for one in merged["latest"].values())
    return merged


def _newest(known: Mapping[str, list[Any]], new: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """metric -> ``[ts, value, word]``, and a fourth element where the device did not say it itself, at that time."""
    found = dict(known)
    for metric, one in new.items():
        if metric not in found or _is_newer(found[metric], one):
            found[metric] = one
    return found


def _is_newer(known: list[Any], new: list[Any]) -> bool:
    said, was_said = float(new[0]), float(known[0])
    if not is_live(new):
        return said > was_said and not is_live(known)
    return said > was_said or (is_ahead(was_said) and not is_ahead(said))


def _is_older(new: float, known: float | None) -> bool:
    return known is not None and new < known and not is_ahead(known)


def settled(record: Record) -> Record:
    """A record for whom nothing newer will reach: without what says only what is newer than what."""
    found = {name: value for name, value in record.items() if name != FIELD and name not in STAMPS}
    if "latest" in found:
        found["latest"] = {metric: one[: len(READING)] for metric, one in found["latest"].items()}
    return found


def changes(before: Record | None, after: Record, new: Record) -> Record:
    """The fields of ``new`` that are known otherwise after it: what a page is told, which only puts it in its place."""
    if before is None:
        return after
    told = {}
    for name in new.keys() - STAMPS.keys():
        value, was = after[name], before.get(name, NOWHERE)
        if name in BY_KEY and was is not NOWHERE:
            value = {key: value.get(key) for key in new[name] if value.get(key) != was.get(key)}
            if value:
                told[name] = value
        elif value != was:
            told[name] = value
    return told


def placed(known: Record | None, told: Record) -> Record:
    """What a page that knows a record makes of what it is told (assets/js/10-live.js)."""
    if known is None:
        return told
    by_key = {name: _by_key(known[name], told[name]) for name in BY_KEY & told.keys() & known.keys()}
    after = known | told | by_key
    if "latest" in told and "suspect" in known:
        after["suspect"] = any(one[2] == SUSPECT for one in after["latest"].values())
    return after


def difference(before: Mapping[str, Record], after: Mapping[str, Record]) -> dict[str, Record | None]:
    """What a page that knows the records of a layer is told to know others: by key; None is gone."""
    told: dict[str, Record | None] = dict.fromkeys(before.keys() - after.keys())
    for key, record in after.items():
        was = before.get(key)
        if was is None:
            told[key] = record
        elif was != record:
            found = _differing(was, record)
            if found:
                told[key] = found
    return told


def _differing(was: Record, record: Record) -> Record:
    found: Record = {}
    for name in (was.keys() | record.keys()) - STAMPS.keys():
        old, new = was.get(name), record.get(name)
        if old == new:
            continue
        if name in BY_KEY and old:
            of_each, then = new or {}, old.keys() | (new or {}).keys()
            found[name] = {key: of_each.get(key) for key in then if of_each.get(key) != old.get(key)}
        else:
            found[name] = new
    return found


def together(told: Record | None, further: Record) -> Record:
    """What a page is told at one time of what it would have been told one after the other."""
    if told is None:
        return further
    return told | further | {name: told[name] | further[name] for name in BY_KEY & told.keys() & further.keys()}


def may_join(pending: Record, new: Record) -> bool:
    """Whether two may be merged before what they come to is known.

    A reading that is older than the one before it, or was not said live, may count or not by what is known.
    """
    latest = pending.get("latest", {})
    return all(
        is_live(one) and is_live(latest[metric]) and one[0] >= latest[metric][0]
        for metric, one in new.get("latest", {}).items()
        if metric in latest
    )


def is_live(one: list[Any]) -> bool:
    """Whether the device said a reading itself, at its time; not where it was kept by a broker or played back."""
    return len(one) <= len(READING)


def _greatest(known: int | None, new: int | None) -> int | None:
    return max((one for one in (known, new) if one is not None), default=None)


def _by_key(known: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """What is told as nothing is gone."""
    return {key: value for key, value in (known | new).items() if value is not None}


HEARD = frozenset({"last_seen"})
BY_KEY = frozenset({"latest", "metrics"})
"""The fields of which a part tells the keys that changed."""
MERGED: Mapping[str, Callable[[Any, Any], Any]] = {
    "latest": _newest,
    "metrics": _by_key,
    "last_seen": _greatest,
}
"""The fields that are not simply replaced."""
