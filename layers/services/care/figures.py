"""Totals of care as everybody may see them: none that names somebody, none by which such a one could be found.

Each register is told by one table only, the whole of its choices: two tables of the same rows with different cells
would tell what each of them hides.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from layers import totals
from layers.people import FEWEST
from layers.services.care import rows
from layers.services.care.living_alone import CHECK_INS, WATCHED, watched
from layers.services.care.rows import Plain
from layers.services.registers import unchanged
from layers.services.registers.declare import registers
from store.instant import Instant
from store.language import in_all

BY_CHOICE = {"social_cases": "kind", "legal_aid": "kind", "service_requests": "group"}
"""Registers that are told by a choice: register -> field."""
BY_STATE = ("wishes",)
READ = (*BY_CHOICE, *BY_STATE, "campaigns", "social_visits", WATCHED, CHECK_INS, "day_care", "nurseries")
"""Registers that the totals come from."""


def told(connection: Connection, community: str, at: Instant | None = None) -> dict[str, Any]:
    """Every total of care, now or as it stood at a time."""
    if at is None:
        return unchanged.told(connection, community, "care", READ, lambda: _all(connection, community, None))
    return _all(connection, community, at)


def _all(connection: Connection, community: str, at: Instant | None) -> dict[str, Any]:
    found = {code: rows.standing(connection, community, code, at) for code in BY_CHOICE}
    wishes = rows.standing(connection, community, "wishes", at)
    return {
        **{code: _by_choice(community, code, field, found[code]) for code, field in BY_CHOICE.items()},
        "service_times": _served(found["service_requests"]),
        "wishes": _by_state(community, "wishes", wishes),
        "campaigns": _campaigns(connection, community, at),
        "living_alone": check_ins(connection, community, at),
        "day_care": _day_care(rows.standing(connection, community, "day_care", at)),
        "nurseries": nurseries(connection, community, at),
    }


def coverage(target: int | None, seen: int) -> dict[str, Any]:
    """How many of those whom a campaign means to reach it has seen; null where that, or who is left, would name one."""
    if target is None:
        return {"target": None, "seen": totals.told(seen), "covered": None}
    shown = totals.hidden({"seen": seen, "left": max(target - seen, 0)})["seen"]
    return {"target": target, "seen": shown, "covered": None if shown is None or not target else shown / target}


def _campaigns(connection: Connection, community: str, at: Instant | None) -> list[dict[str, Any]]:
    visited: dict[int, set[int]] = {}
    for visit in rows.standing(connection, community, "social_visits", at):
        if (campaign := visit.values.get("campaign")) is not None:
            visited.setdefault(campaign, set()).add(visit.values["person"])
    kinds = registers(community)["campaigns"].field("kind").choices
    return [
        {
            "id": one.id,
            "name": one.values["name"],
            "kind": one.values["kind"],
            **in_all("kind_name", kinds[one.values["kind"]]),
            "starts": one.values["starts"],
            "ends": one.values.get("ends"),
            **coverage(one.values.get("target"), len(visited.get(one.id, ()))),
            "served": _told(one.values.get("served")),
            "hours": one.values.get("hours") if _told(one.values.get("served")) is not None else None,
        }
        for one in rows.standing(connection, community, "campaigns", at)
    ]


def check_ins(connection: Connection, community: str, at: Instant | None = None) -> dict[str, Any]:
    """Of those who live alone: how many were seen in time, and how many are overdue to be seen."""
    everybody = watched(connection, community, at)
    late = sum(one.late > 0 for one in everybody)
    return {"count": totals.told(len(everybody)), **totals.hidden({"seen": len(everybody) - late, "overdue": late})}


def _served(found: Sequence[Plain]) -> dict[str, Any]:
    """Of services that were rendered: on time or late, and how satisfied those were who said so."""
    served = [one for one in found if one.values.get("on_time") is not None]
    on_time = sum(one.values["on_time"] for one in served)
    marks = [one.values["satisfied"] for one in served if one.values.get("satisfied") is not None]
    is_told = len(marks) >= FEWEST
    return {
        "served": totals.told(len(served)),
        **totals.hidden({"on_time": on_time, "late": len(served) - on_time}),
        "satisfied": round(sum(marks) / len(marks), 1) if is_told else None,
    }


def _day_care(found: Sequence[Plain]) -> list[dict[str, Any]]:
    """The newest day of each centre. Free places name nobody, but tell how many are taken."""
    newest: dict[str, Plain] = {}
    for one in sorted(found, key=lambda row: str(row.values["day"])):
        newest[one.values["centre"]] = one
    return [
        {"centre": centre, "day": one.values["day"], **_places(one.values)} for centre, one in sorted(newest.items())
    ]


def nurseries(connection: Connection, community: str, at: Instant | None = None) -> list[dict[str, Any]]:
    """Each nursery with its places, taken and free."""
    kept = ("name", "operator", "as_of")
    found = rows.standing(connection, community, "nurseries", at)
    return [{name: one.values.get(name) for name in kept} | _places(one.values) for one in found]


def _places(values: Mapping[str, Any]) -> dict[str, Any]:
    taken = _told(values.get("taken"))
    return {"places": values.get("places"), "taken": taken, "free": None if taken is None else values.get("free")}


def _by_choice(community: str, code: str, field: str, found: Iterable[Plain]) -> dict[str, Any]:
    choices = registers(community)[code].field(field).choices
    return _table(field, choices, [one.values[field] for one in found])


def _by_state(community: str, code: str, found: Iterable[Plain]) -> dict[str, Any]:
    return _table("state", registers(community)[code].states, [str(one.state) for one in found])


def _table(what: str, words: Mapping[str, Any], found: Sequence[str]) -> dict[str, Any]:
    counts = {code: found.count(code) for code in words}
    shown = totals.hidden(counts)
    table = [{what: code, **in_all("name", words[code]), "count": count} for code, count in shown.items()]
    return {"count": totals.told(sum(counts.values())), f"by_{what}": table}


def _told(count: int | None) -> int | None:
    return None if count is None else totals.told(count)
