"""Which events a request asks for: the same words for the list, the export and whoever follows one."""

from typing import Annotated

from fastapi import Depends, Query

from layers.grid_events import queries
from layers.grid_events.rules import OPEN, SEVERITIES, UNASSIGNED, states
from layers.people import sees_people
from layers.problem import Problem
from layers.web import CommunityPath, Viewer, check_codes, instant_query

MOST_LETTERS = 100
MOST_WORDS = 10


async def event_filter(
    community: CommunityPath,
    viewer: Viewer,
    state: Annotated[list[str] | None, Query(max_length=20, description="states, open, or unassigned")] = None,
    category: Annotated[str | None, Query(description="a category, or the first part of several")] = None,
    area: str | None = None,
    severity: Annotated[list[str] | None, Query(max_length=3, description="minor, major, critical")] = None,
    q: Annotated[str | None, Query(description="up to 10 words of the title or detail, or a number")] = None,
    id_: Annotated[list[str] | None, Query(alias="id", max_length=200, description="only these")] = None,
    assignee: Annotated[str | None, Query(max_length=80, description="role steward")] = None,
    from_: Annotated[str | None, Query(alias="from")] = None,
    to: str | None = None,
) -> queries.Filter:
    """Which events are asked for; 400 for an unknown state, 403 where somebody without a role asks by assignee."""
    check_codes("state", state or (), [*states(), OPEN, UNASSIGNED])
    check_codes("severity", severity or (), SEVERITIES)
    if assignee is not None and not sees_people(viewer, community.code):
        raise Problem(403, "role does not suffice", "asking by assignee needs the role steward")
    return queries.Filter(
        state=state or (),
        category=category,
        area=area,
        severity=severity or (),
        assignee=assignee,
        words=words_of(q),
        ids=id_ or (),
        since=instant_query("from", from_),
        until=instant_query("to", to),
    )


def words_of(text: str | None) -> list[str]:
    """What is searched for; 400 for more than a search can mean: each word costs the database a look at every event."""
    if len(text or "") > MOST_LETTERS:
        raise Problem(400, "bad parameter", f"q has more than {MOST_LETTERS} letters")
    words = (text or "").split()
    if len(words) > MOST_WORDS:
        raise Problem(400, "bad parameter", f"q has more than {MOST_WORDS} words")
    return words


Wanted = Annotated[queries.Filter, Depends(event_filter)]
