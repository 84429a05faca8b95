"""The route of the figures: to managers, each of what belongs to a community told of their own ones only."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from cockpit.vitals.measured import Measure, Measured, is_seen, of_communities
from cockpit.vitals.rules import STATES, State, Value, Vital, groups
from geo.communities import communities
from layers.roles import EVERYWHERE, Actor
from layers.web import Manager
from sensors.shared import Shared
from store.instant import DAY, HOUR, Instant, format_rfc3339
from store.language import Word, in_all

HOURS = DAY // HOUR


class Since:
    """Since when each figure is in its state, as far as this process saw it."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, frozenset[str]], tuple[State, Instant]] = {}

    def of(self, code: str, seen_by: frozenset[str], state: State, at: Instant) -> Instant:
        """When it came into the state in which it is now; ``seen_by`` are the communities that it is told of."""
        before, since = self._known.get((code, seen_by), (None, at))
        if before != state:
            since = at
            self._known[code, seen_by] = state, since
        return since


def router(measure: Measure) -> APIRouter:
    """``GET /api/v1/health``."""
    routes = APIRouter(prefix="/api/v1", tags=["health"])
    since = Since()
    measured = Shared(measure)

    @routes.get("/health")
    async def health(actor: Manager) -> dict[str, Any]:
        """How the cockpit itself fares: each figure with its state, since when, and what to do; the last day."""
        found = await measured.answer()
        seen = _seen(actor)
        told = _groups(found, seen, since.of)
        return {
            "at": format_rfc3339(found.at),
            "state": _gravest([one["state"] for one in told]),
            "groups": told,
            "last_day": {"quarantined": _by_hour(found, seen), "alarms": _alarms(found, seen)},
        }

    return routes


def _seen(actor: Actor) -> frozenset[str]:
    """The communities whose figures somebody may see."""
    return frozenset(code for code in communities() if actor.is_in(code)) | (
        {EVERYWHERE} if EVERYWHERE in actor.communities else frozenset()
    )


def _groups(
    found: Measured, seen: frozenset[str], since: Callable[[str, frozenset[str], State, Instant], Instant]
) -> list[dict[str, Any]]:
    figures = found.figures | of_communities(found, seen)
    raised = {one["rule"]: one["raised"] for one in found.alarms if one["is_active"]}
    told = []
    for code, group in groups().items():
        rows = []
        for name, vital in group.rows.items():
            value, why = figures.get(f"{code}.{name}", (None, None))
            state = vital.state(value)
            began = since(f"{code}.{name}", seen, state, found.at)
            if state == "high" and vital.alarm in raised:
                began = min(began, raised[vital.alarm])
            rows.append(_row(name, vital, value, why, state, began))
        state = _gravest([row["state"] for row in rows if row["state"] != "unknown"])
        told.append({"code": code, **in_all("name", group), "state": state, "rows": rows})
    return told


def _row(code: str, vital: Vital, value: Value, why: Word | None, state: State, since: Instant) -> dict[str, Any]:
    is_ill = state in ("middle", "high")
    return {
        "code": code,
        **in_all("name", vital),
        "kind": vital.kind,
        "value": round(value, vital.precision) if isinstance(value, int | float) else value,
        **in_all("unit", vital, "unit"),
        "precision": vital.precision,
        "state": state,
        "since": format_rfc3339(since),
        **in_all("why", why if why is not None and value is None else Word("", ""), "name"),
        **in_all("todo", vital if is_ill else Word("", ""), "todo" if is_ill else "name"),
        "limits": {"above": vital.middle_above, "below": vital.middle_below},
    }


def _by_hour(found: Measured, seen: frozenset[str]) -> list[dict[str, Any]]:
    last = found.at // HOUR
    return [
        {
            "hour": format_rfc3339(hour * HOUR),
            "count": sum(n for (who, began), n in found.quarantined.items() if began == hour and is_seen(who, seen)),
        }
        for hour in range(last - HOURS + 1, last + 1)
    ]


def _alarms(found: Measured, seen: frozenset[str]) -> list[dict[str, Any]]:
    """The system's own alarms, each once though every community has it."""
    told: dict[tuple[str, Instant], dict[str, Any]] = {}
    for one in found.alarms:
        if one["community"] in seen:
            told.setdefault((one["rule"], one["raised"]), one)
    return [
        {
            "rule": one["rule"],
            **in_all("name", one),
            "priority": one["priority"],
            "raised": format_rfc3339(one["raised"]),
            "returned": None if one["returned"] is None else format_rfc3339(one["returned"]),
        }
        for one in told.values()
    ]


def _gravest(states: list[State]) -> State:
    return next((state for state in STATES if state in states), "unknown")
