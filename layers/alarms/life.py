"""The life of an alarm as a table (ANSI/ISA-18.2-2016, 5.3 and figure 7). The rows stand in life.toml."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec

NORMAL = "normal"


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A state: ``open`` while somebody may still have to do with it, ``sounds`` while nobody has acknowledged it."""

    name: str
    name_en: str
    open: bool
    sounds: bool


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens to an alarm: from each state the one that follows.

    ``to`` whether or not the condition holds, else ``active`` where it does and ``inactive`` where it does not;
    ``latched`` before ``to`` for a latched alarm. ``role`` is the least that a person needs; without one no
    person brings it about. ``name`` tells what happened, ``verb`` what one who brings it about does.
    """

    name: str
    name_en: str
    verb: str = ""
    verb_en: str = ""
    role: str | None = None
    to: Mapping[str, str] = {}
    active: Mapping[str, str] = {}
    inactive: Mapping[str, str] = {}
    latched: Mapping[str, str] = {}


class Life(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole table."""

    states: dict[str, State]
    events: dict[str, Event]


@cache
def life() -> Life:
    """The table, each state and event by its code."""
    table = tomllib.loads((files("layers.alarms") / "life.toml").read_text(encoding="utf-8"))
    return msgspec.convert(table, Life)


def after(event: str, state: str, *, is_active: bool, is_latched: bool = False) -> str | None:
    """The state that follows; None where the event is not possible in this state.

    Parameters
    ----------
    is_active
        Whether the alarm's condition holds, after the event.
    """
    row = life().events[event]
    ways = (row.latched if is_latched and row.latched else row.to, row.active if is_active else row.inactive)
    return next((way[state] for way in ways if state in way), None)


def possible(state: str, *, is_active: bool, is_latched: bool) -> list[str]:
    """The events that a person can bring about in this state."""
    events = [code for code, event in life().events.items() if event.role is not None]
    return [code for code in events if after(code, state, is_active=is_active, is_latched=is_latched) is not None]


@cache
def open_states() -> tuple[str, ...]:
    """The states of alarms that are not over."""
    return tuple(code for code, state in life().states.items() if state.open)


@cache
def sounding() -> frozenset[str]:
    """The states that nobody has acknowledged."""
    return frozenset(code for code, state in life().states.items() if state.sounds)
