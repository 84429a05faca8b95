"""One grid event: what it is, what was done, and what whoever is signed in may do next."""

from collections.abc import Callable
from typing import Any

import msgspec
from dash import html

from cockpit import access
from cockpit.pages import frame
from cockpit.pages.address import NoPage, instant_of
from geo.communities import communities
from layers.grid_events import queries
from layers.grid_events.rules import actions, states
from store.databases import Databases
from store.instant import Instant
from store.language import named, say

GIVEN_OUT = ("dispatched", "in_hand")
"""States whose step may name who gets the event."""


def page(databases: Databases) -> Callable[..., Any]:
    """The layout of ``/events/{event}``; the script keeps it."""

    def layout(event: str = "", theme: str | None = None, at: str | None = None, **_other: str) -> Any:
        found = community_of(databases, event)
        access.check_found("PAGE /events/{event}", found)
        content = [html.Div(className="event-page", **{"data-event-page": event})]
        community = frame.known_community(found)
        return frame.desk(
            community,
            "event",
            content,
            theme=frame.theme_of(theme),
            subject=event,
            life=life(),
            **frame.past_of(at),
        )

    return layout


def check(databases: Databases) -> Callable[..., None]:
    """Whether there is such an event, and who asks may see it."""

    def known(event: str, at: str | None = None, **_other: str) -> None:
        found = community_of(databases, event, instant_of(at) if at else None)
        access.check_found("PAGE /events/{event}", found)

    return known


def community_of(databases: Databases, event: str, at: Instant | None = None) -> str:
    """The community that an event is of.

    Raises
    ------
    NoPage
        If there is no such event, or at a past time was none yet.
    """
    found = next((code for code in communities() if _knows(databases, code, event, None)), None)
    if found is None:
        raise NoPage(say("没有编号为「{event}」的事件", event=event[:32]))
    if at is not None and not _knows(databases, found, event, at):
        raise NoPage(say("那时还没有编号为「{event}」的事件", event=event[:32]))
    return found


def _knows(databases: Databases, community: str, event: str, at: Instant | None) -> bool:
    with databases.of(community).connect() as connection:
        return queries.one(connection, community, event, at) is not None


def life() -> str:
    """The table of steps and actions, as the scripts read it."""
    table = {
        "states": {
            code: {"name": named(one), "verb": named(one, "verb"), "to": one.to, "given_out": code in GIVEN_OUT}
            for code, one in states().items()
        },
        "actions": {
            code: {"name": named(one), "verb": named(one, "verb"), "in": one.states, "role": one.role}
            for code, one in actions().items()
        },
    }
    return msgspec.json.encode(table).decode()
