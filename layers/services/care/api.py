"""Routes of care: who is overdue to be seen, for stewards; totals, for everybody."""

from typing import Any

from fastapi import APIRouter

from layers.services.care import figures
from layers.services.care.living_alone import watched
from layers.services.registers import queries, words
from layers.services.registers.declare import registers
from layers.web import At, CommunityPath, Given, Limit, Reading, StaffAt, WriteActor
from store.instant import format_rfc3339

PERSONS = "persons"


def add_to(routes: APIRouter) -> None:
    """Add the routes below ``/api/v1/{community}/care``."""

    @routes.get("/care/overdue")
    def overdue(
        community: CommunityPath,
        connection: Reading,
        given: Given,
        actor: WriteActor,
        at: At,
        limit: Limit = 200,
    ) -> dict[str, Any]:
        """Who lives alone and is overdue to be seen, the longest first; ``count`` is how many that are."""
        code = community.code
        late = [one for one in watched(connection, code, at) if one.late]
        people = queries.rows(connection, given.seal, code, PERSONS, [one.person for one in late[:limit]])
        register = registers(code)[PERSONS]
        seen = words.seen(register, actor, code)
        rows = [
            {
                "row": one.row,
                "person": one.person,
                "called": words.called(register, community.code, people[one.person].values, one.person, seen)
                if one.person in people
                else f"#{one.person}",
                "area": one.area,
                "every_days": one.every_days,
                "last": one.last,
                "due": one.due,
                "days_overdue": one.late,
            }
            for one in late[:limit]
        ]
        return {"count": len(late), "overdue": rows, "at": None if at is None else format_rfc3339(at)}

    @routes.get("/care/totals")
    def totals(community: CommunityPath, connection: Reading, at: StaffAt) -> dict[str, Any]:
        """Totals of care, now or at a time; null where one is fewer than 5, or would tell such a one."""
        told = figures.told(connection, community.code, at)
        return {**told, "at": None if at is None else format_rfc3339(at)}
