"""The elderly who live alone: who was seen when, and who is overdue to be seen."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from layers.services.care import rows
from store.instant import Instant, local_date, now

WATCHED, CHECK_INS, UNREACHED = "living_alone", "check_ins", "unreached"


@dataclass(frozen=True, kw_only=True)
class Watched:
    """Somebody who is to be seen every ``every_days``; ``last`` is the day when they were, None: not yet.

    ``due`` is the last day on which it is still in time; ``late`` counts the days since, 0: in time.
    """

    row: int
    person: int
    area: str | None
    every_days: int
    last: str | None
    due: str
    late: int


def watched(connection: Connection, community: str, at: Instant | None = None) -> list[Watched]:
    """Everybody who is to be seen, now or as it stood at a time; the most overdue first."""
    today = local_date(now() if at is None else at)
    seen = _seen(connection, community, at)
    found = [
        _one(row, seen.get(row.values["person"]), today) for row in rows.standing(connection, community, WATCHED, at)
    ]
    return sorted(found, key=lambda one: (-one.late, one.due, one.row))


def _one(row: rows.Plain, last: Instant | None, today: date) -> Watched:
    since = date.fromisoformat(row.values["since"])
    day = None if last is None else local_date(last)
    # However far in the future somebody wrote that it begins.
    due = date.fromordinal(min(max(since, day or since).toordinal() + row.values["every_days"], date.max.toordinal()))
    return Watched(
        row=row.id,
        person=row.values["person"],
        area=row.values.get("area"),
        every_days=row.values["every_days"],
        last=None if day is None else str(day),
        due=str(due),
        late=max((today - due).days, 0),
    )


def _seen(connection: Connection, community: str, at: Instant | None) -> dict[int, Instant]:
    if at is None:
        return rows.latest(connection, community, CHECK_INS, "person", "seen", ("how", UNREACHED))
    found: dict[int, Instant] = {}
    for row in rows.standing(connection, community, CHECK_INS, at):
        if row.values["how"] != UNREACHED:
            person = row.values["person"]
            found[person] = max(row.values["seen"], found.get(person, 0))
    return found
