"""一老一小 on the wall: what is done for the old and the young today, in totals that name nobody."""

from typing import Any

from sqlalchemy import Connection, func, not_, select

from layers.services.canteen import figures as canteen
from layers.services.care import figures as care
from layers.services.care import rows
from layers.services.learning.tables import course_session
from layers.services.registers.tables import register_row
from store.demonstration import brought
from store.instant import DAY, Instant, day_of, local_date, now

HALL = "half_past_four"
"""四点半课堂: courses of this hall of the register."""
REGISTERS = frozenset({"meals", "meal_prices", "living_alone", "check_ins", "nurseries", "courses", "sessions"})
"""What the tally is made of: where one of these changes it is told anew."""


def tally(connection: Connection, community: str, at: Instant | None = None) -> dict[str, Any]:
    """Meals of today, check-ins, nurseries and lessons after school, now or as they stood at a time.

    Null stands where nobody entered what a figure is made of, or where it would name somebody
    (`layers.totals`); ``has`` tells the one from the other.
    """
    moment = now() if at is None else at
    today = str(local_date(moment))
    prices = rows.standing(connection, community, "meal_prices", at)
    meals = canteen.open_day(canteen.lines(connection, community, today, today, at))["meals"]
    check_ins = care.check_ins(connection, community, at)
    c = register_row.c
    kept = (c.community == community, c.register.in_(REGISTERS), not_(c.voided))
    return {
        "demo": brought(connection, register_row, *kept),
        "meals": {"has": bool(prices), "today": meals if prices else None},
        "check_ins": {"has": check_ins["count"] != 0, **check_ins},
        "nurseries": care.nurseries(connection, community, at),
        "lessons": _lessons(connection, community, day_of(moment), at),
    }


def _lessons(connection: Connection, community: str, day: Instant, at: Instant | None) -> dict[str, Any]:
    """Courses of the hall with their places, and how many lessons of theirs begin on the day."""
    found = rows.standing(connection, community, "courses", at)
    courses = {one.id: one for one in found if one.values.get("hall") == HALL}
    places = sum(int(one.values.get("places") or 0) for one in courses.values())
    return {"courses": len(courses), "places": places, "today": _on(connection, community, set(courses), day, at)}


def _on(connection: Connection, community: str, courses: set[int], day: Instant, at: Instant | None) -> int:
    if at is not None:
        lessons = rows.standing(connection, community, "sessions", at)
        return sum(one.values["course"] in courses and day <= one.values["starts"] < day + DAY for one in lessons)
    c = course_session.c
    query = select(func.count()).where(c.course_id.in_(courses), c.starts >= day, c.starts < day + DAY, not_(c.voided))
    return connection.scalar(query) or 0 if courses else 0
