"""What reports tell of the services: totals that name nobody, as they are open to everybody.

What belongs to a day (meals, bookings, activities) is of the days of the period, as it was known when the report was
asked for; what stands (points, learners, care) is as it stood at the end of the period.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection

from layers import totals
from layers.people import FEWEST
from layers.sections import FEW, NO_DATA, NOT_CONFIGURED, Asked, Cell, Part, Row, Told, date_text, parts_of, word
from layers.services.activities import found as between
from layers.services.activities.activities import CANCELLED
from layers.services.bookings import use
from layers.services.canteen import figures as canteen_figures
from layers.services.canteen.prices import prices
from layers.services.care import figures as care_figures
from layers.services.learning import figures as learning_figures
from layers.services.points import totals as points_totals
from layers.services.registers import queries
from layers.services.registers.declare import registers
from store.instant import DAY, HOUR, local_month, start_of_local_month
from store.language import Word


@cache
def sections() -> Mapping[str, Part]:
    """The sections of this layer."""
    tells = {
        "canteen": canteen, "points": points, "learning": learning, "rooms": rooms, "activities": activities,
        "care": care,
    }  # fmt: skip
    return parts_of(__package__ or "", tells)


def canteen(connection: Connection, asked: Asked) -> Told:
    """Meals of days of account; of a whole month by tier, meal and payer too, as ``GET /canteen/month`` tells them."""
    if not prices(connection, asked.community):
        return Told(figures=dict.fromkeys(("meals", "money"), NOT_CONFIGURED))
    found = canteen_figures.lines(connection, asked.community, *asked.dates, asked.known_at)
    by_day = {day: canteen_figures.open_day(some)["meals"] for day, some in canteen_figures.by_day(found).items()}
    days: list[Row] = [{"day": day, "meals": _told(by_day.get(day, 0))} for day in map(date_text, asked.days)]
    if not _is_month(asked):
        meals = totals.sum_beside(sum(one.meals for one in some) for some in canteen_figures.by_day(found).values())
        return Told(figures={"meals": _told(meals), "money": NO_DATA}, tables={"days": days})
    month = canteen_figures.open_month(connection, asked.community, local_month(asked.since), found)
    tables: dict[str, list[Row]] = {
        "tiers": [
            {"tier": word(one), "meals": _told(one["meals"]), "fen": _told(one["fen"])} for one in month["tiers"]
        ],
        "by_meal": [{"meal": word(one), "meals": _told(one["meals"])} for one in month["by_meal"]],
        "payers": [{"payer": word(one), "fen": _told(one["fen"])} for one in month["payers"]],
        "days": days,
    }
    return Told(figures={"meals": _told(month["meals"]), "money": _told(month["fen"])}, tables=tables)


def _is_month(asked: Asked) -> bool:
    return start_of_local_month(asked.since) == asked.since and asked.until - asked.since > 7 * DAY


def _told(value: int | float | None) -> Cell:
    return FEW if value is None else value


def points(connection: Connection, asked: Asked) -> Told:
    """Points issued, spent, expired and in hand at the end of the period, and goods by origin."""
    found = points_totals.totals(connection, asked.community, asked.until - 1)
    codes = ("issued", "spent", "expired", "in_hand", "people")
    rows: list[Row] = [
        {"origin": one["origin"], **{code: _told(one[code]) for code in ("stock", "received", "redeemed")}}
        for one in found["origins"]
    ]
    return Told(figures={code: _told(found[code]) for code in codes}, tables={"origins": rows})


def learning(connection: Connection, asked: Asked) -> Told:
    """The community school of the year until the end of the period, as ``GET /learning/totals`` tells it."""
    found = learning_figures.told(connection, asked.seal, asked.community, asked.until - 1)
    came = found["attendance"]
    marks = (came["came"], came["absent"])
    rate: Cell = FEW if None in marks else marks[0] / sum(marks) if sum(marks) else NO_DATA
    return Told(
        figures={
            "courses": found["courses"],
            "sessions": found["sessions"],
            "sessions_of_period": _lessons(connection, asked),
            "learners": _told(found["learners"]),
            "target": found["target"] or NOT_CONFIGURED,
            "attendance": rate,
        },
        tables={"ages": [{"age": word(one), "learners": _told(one["learners"])} for one in found["by_age"]]},
    )


def _lessons(connection: Connection, asked: Asked) -> int:
    rows = queries.unsealed(connection, asked.community, "sessions", asked.known_at)
    return sum(asked.since <= _number(row.values.get("ends")) - 1 < asked.until for row in rows)


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def rooms(connection: Connection, asked: Asked) -> Told:
    """How long each room was booked, never by whom or what for."""
    busy = use.busy(connection, asked.community, asked.since, asked.until, asked.known_at)
    of_rooms = use.rooms(asked.community, busy.keys())
    rows: list[Row] = []
    for room in of_rooms:
        spans = busy.get(room, [])
        hours = sum(min(span.ends, asked.until) - max(span.starts, asked.since) for span in spans) / HOUR
        days = {date_text(max(span.starts, asked.since)) for span in spans}
        rows.append({"room": room.name, "hours": hours, "days": len(days)})
    rows.sort(key=lambda row: (-float(str(row["hours"])), str(row["room"])))
    used = [row for row in rows if row["hours"]]
    return Told(
        figures={
            "rooms": len(rows) or NOT_CONFIGURED,
            "used": len(used),
            "hours": sum(float(str(row["hours"])) for row in rows),
        },
        tables={"rooms": used},
    )


def activities(connection: Connection, asked: Asked) -> Told:
    """Activities by kind, who took part, hours of volunteers, visits at the places of culture."""
    given = between.between(
        connection, asked.seal, asked.community, "activities", asked.since, asked.until, asked.known_at
    )
    held = [row for row in given if row.state != CANCELLED]
    kinds = registers(asked.community)["activities"].field("kind").choices
    counts = Counter(str(row.values.get("kind")) for row in held)
    came = _people(connection, asked, "participations")
    helped = _people(connection, asked, "volunteer_hours")
    visits = [row for row in _of_days(connection, asked, "poi_visits") if isinstance(row.get("persons"), int)]
    return Told(
        figures={
            "held": len(held),
            "cancelled": len(given) - len(held),
            "participations": came,
            "volunteer_hours": helped if not isinstance(helped, int) else _hours(connection, asked),
            "visits": sum(row["persons"] for row in visits) if visits else NO_DATA,
        },
        tables={
            "kinds": [{"kind": word(kinds[code]), "held": n} for code, n in counts.most_common() if code in kinds],
        },
    )


def _of_days(connection: Connection, asked: Asked, register: str) -> Iterable[Mapping[str, Any]]:
    first, last = asked.dates
    for row in queries.unsealed(connection, asked.community, register, asked.known_at):
        if first <= str(row.values.get("day") or "") <= last:
            yield row.values


def _people(connection: Connection, asked: Asked, register: str) -> Cell:
    """How many rows of a register are of the period's days, where these are of at least five persons."""
    found = list(_of_days(connection, asked, register))
    persons = {row.get("person") for row in found}
    return len(found) if not found or len(persons) >= FEWEST else FEW


def _hours(connection: Connection, asked: Asked) -> float:
    found = _of_days(connection, asked, "volunteer_hours")
    return float(sum(row["hours"] for row in found if isinstance(row.get("hours"), int | float)))


def care(connection: Connection, asked: Asked) -> Told:
    """Totals of care as they stood at the end of the period, as ``GET /care/totals`` tells everybody."""
    found = care_figures.told(connection, asked.community, asked.until - 1)
    alone, served = found["living_alone"], found["service_times"]
    centres: list[Row] = [
        {"place": str(one.get("centre") or one.get("name")), "what": what, "day": one.get("day") or one.get("as_of"),
         "places": one["places"], "taken": _told(one["taken"]) if one["places"] is not None else None}
        for what, rows in ((DAY_CARE, found["day_care"]), (NURSERY, found["nurseries"]))
        for one in rows
    ]  # fmt: skip
    campaigns: list[Row] = [
        {"campaign": one["name"], "kind": word(one, "kind_name"), "seen": _told(one["seen"]),
         "target": one["target"], "covered": one["covered"]}
        for one in found["campaigns"]
    ]  # fmt: skip
    return Told(
        figures={
            "social_cases": _told(found["social_cases"]["count"]),
            "legal_aid": _told(found["legal_aid"]["count"]),
            "service_requests": _told(found["service_requests"]["count"]),
            "on_time": _told(served["on_time"]),
            "wishes": _told(found["wishes"]["count"]),
            "living_alone": _told(alone["count"]),
            "seen": _told(alone["seen"]),
        },
        tables={"centres": centres, "campaigns": campaigns},
    )


DAY_CARE, NURSERY = Word("日间照料", "Day care"), Word("托育", "Nursery")
