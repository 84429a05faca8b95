"""One grid event: what it is, what was done, and what whoever is signed in may do next."""

from collections.abc import Callable
from typing import Any

import msgspec
from dash import html

from cockpit import access
from cockpit.pages import frame
from geo.communities import communities
from layers.grid_events import queries
from layers.grid_events.rules import actions, states
from store.databases import Databases


def page(databases: Databases) -> Callable[..., Any]:
    """The layout of ``/events/{event}``; the script keeps it."""

    def layout(event: str = "", theme: str | None = None, **_other: str) -> Any:
        found = next((code for code in communities() if _knows(databases, code, event)), None)
        if found is None:
            raise frame.NoPage(f"没有编号为 {event[:32]!r} 的事件")
        access.check_found("PAGE /events/{event}", found)
        content = [html.Div(className="event-page", **{"data-event-page": event})]
        community = frame.known_community(found)
        return frame.desk(community, "event", content, theme=frame.theme_of(theme), life=life())

    return layout


def _knows(databases: Databases, community: str, event: str) -> bool:
    with databases.of(community).connect() as connection:
        return queries.one(connection, community, event) is not None


def life() -> str:
    """The table of steps and actions, as the scripts read it."""
    table = {
        "states": {code: {"name": one.name, "to": one.to} for code, one in states().items()},
        "actions": {code: {"name": one.name, "in": one.states, "role": one.role} for code, one in actions().items()},
    }
    return msgspec.json.encode(table).decode()
