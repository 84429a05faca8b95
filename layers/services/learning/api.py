"""Routes of the community school: totals for everybody, a course's line for stewards."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from layers.problem import Problem
from layers.services.learning import figures
from layers.web import CommunityPath, Given, Reading, StaffAt, WriteActor

Number = Annotated[int, Path(ge=1, le=2**53)]


def add_to(routes: APIRouter) -> None:
    """Its routes below ``/api/v1/{community}``."""

    @routes.get("/learning/totals")
    def learners(community: CommunityPath, connection: Reading, given: Given, at: StaffAt) -> dict[str, Any]:
        """Learners of the year against its target, by band of age and by channel; courses, lessons, attendance.

        No total of fewer than 5 is told, nor one from which such a one could be found: it is null.
        """
        return figures.told(connection, given.seal, community.code, at)

    @routes.get("/learning/courses/{course}/line")
    def line(
        community: CommunityPath, connection: Reading, given: Given, actor: WriteActor, course: Number
    ) -> dict[str, Any]:
        """A course's places, how many are taken, and who waits for one in which position."""
        found = figures.line(connection, given.seal, community.code, course)
        if found is None:
            raise Problem(404, "not found", f"no course {course} in {community.code!r}")
        return found
