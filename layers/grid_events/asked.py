"""Which events a request asks for: the same words for the list, the page, the export and whoever follows one."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Query

from geo.communities import Community
from layers.grid_events import queries
from layers.grid_events.rules import ALL, OPEN, SEVERITIES, UNASSIGNED, VALID, states
from layers.people import sees_people
from layers.problem import Problem
from layers.roles import Actor
from layers.web import CommunityPath, Viewer, check_codes, instant_query

MOST_LETTERS = 100
MOST_WORDS = 10
OTHERS = (OPEN, UNASSIGNED, VALID, ALL)
"""What may be asked for beside a state."""
TIMES = ("from", "to", "reported_from", "reported_to", "reached_from", "reached_to")
Codes = list[str] | None


async def event_filter(
    community: CommunityPath,
    viewer: Viewer,
    state: Annotated[Codes, Query(max_length=20, description="states, open, unassigned, valid, or all")] = None,
    category: Annotated[str | None, Query(description="a category, or the first part of several")] = None,
    area: Annotated[str | None, Query(description="an area, or none")] = None,
    grid: Annotated[str | None, Query(description="a grid, or none")] = None,
    severity: Annotated[Codes, Query(max_length=3, description="minor, major, critical")] = None,
    q: Annotated[str | None, Query(description="up to 10 words: title, detail, place, number, day, people")] = None,
    id_: Annotated[Codes, Query(alias="id", max_length=200, description="only these")] = None,
    assignee: Annotated[str | None, Query(max_length=80, description="role steward; none: nobody")] = None,
    reporter: Annotated[str | None, Query(max_length=80, description="role steward")] = None,
    overdue: Annotated[bool | None, Query(description="open and past its limit, or false: open and in time")] = None,
    reached: Annotated[str | None, Query(description="a state that it came to, whatever it is in now")] = None,
    from_: Annotated[str | None, Query(alias="from")] = None,
    to: str | None = None,
    reported_from: Annotated[str | None, Query(description="received then or later")] = None,
    reported_to: Annotated[str | None, Query(description="received before")] = None,
    reached_from: Annotated[str | None, Query(description="with reached: it came there then or later")] = None,
    reached_to: Annotated[str | None, Query(description="with reached: it came there before")] = None,
) -> queries.Filter:
    """Which events are asked for; 400 for an unknown state, 403 where somebody without a role asks by a person."""
    return filter_of(
        community,
        viewer,
        state=state or (),
        category=category,
        area=area,
        grid=grid,
        severity=severity or (),
        q=q,
        ids=id_ or (),
        assignee=assignee,
        reporter=reporter,
        overdue=overdue,
        reached=reached,
        times={
            "from": from_,
            "to": to,
            "reported_from": reported_from,
            "reported_to": reported_to,
            "reached_from": reached_from,
            "reached_to": reached_to,
        },
    )


def filter_of(
    community: Community,
    viewer: Actor | None,
    *,
    state: Sequence[str],
    category: str | None,
    area: str | None,
    grid: str | None,
    severity: Sequence[str],
    q: str | None,
    ids: Sequence[str],
    assignee: str | None,
    reporter: str | None,
    overdue: bool | None,
    reached: str | None,
    times: dict[str, str | None],
) -> queries.Filter:
    """The filter that these words mean for whoever asks."""
    check_codes("state", state, [*states(), *OTHERS])
    check_codes("severity", severity, SEVERITIES)
    check_codes("reached", [reached] if reached is not None else [], states())
    is_told_people = sees_people(viewer, community.code)
    if (assignee is not None or reporter is not None) and not is_told_people:
        raise Problem(403, "role does not suffice", "asking by a person needs the role steward")
    moments = {name: instant_query(name, text) for name, text in times.items()}
    return queries.Filter(
        state=[] if ALL in state else state,
        category=category,
        area=area,
        grid=grid,
        severity=severity,
        assignee=assignee,
        reporter=reporter,
        words=words_of(q),
        names_people=is_told_people,
        ids=ids,
        is_overdue=overdue,
        reached=reached,
        since=moments["from"],
        until=moments["to"],
        reported=(moments["reported_from"], moments["reported_to"]),
        reached_in=(moments["reached_from"], moments["reached_to"]),
    )


def words_of(text: str | None) -> list[str]:
    """What is searched for; 400 for more than a search can mean: each word is asked of the database by itself."""
    if len(text or "") > MOST_LETTERS:
        raise Problem(400, "bad parameter", f"q has more than {MOST_LETTERS} letters")
    words = (text or "").split()
    if len(words) > MOST_WORDS:
        raise Problem(400, "bad parameter", f"q has more than {MOST_WORDS} words")
    return words


Wanted = Annotated[queries.Filter, Depends(event_filter)]
