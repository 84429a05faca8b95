"""The tables of categories, severities, states, actions and permitted steps. The rows stand in TOML."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

SEVERITIES = {"minor": "低", "major": "中", "critical": "高"}
OTHER = "other"
FIRST_LEVEL = "stewards"
OF_ASSIGNEE = frozenset({"dispatched", "in_hand", "sent_back"})
"""States in which the event is in somebody's hands: another steward may not take it on."""


@dataclass(frozen=True)
class State:
    """A state of a grid event; ``to`` maps each permitted next state to the least role for it.

    ``clock`` is a limit that begins in the state, ``category`` for the category's, ``runs`` where the one
    that began before goes on, ``stopped`` where it waits; None where nothing is due.
    """

    code: str
    name: str
    open: bool
    to: dict[str, str]
    clock: str | None = None


@dataclass(frozen=True)
class Action:
    """What changes something else than the state, in which states, and the least role for it."""

    code: str
    name: str
    states: tuple[str, ...]
    role: str


@cache
def _life() -> dict[str, Any]:
    return tomllib.loads((files("layers.grid_events") / "life.toml").read_text(encoding="utf-8"))


@cache
def states() -> dict[str, State]:
    """Every state by its code."""
    return {code: State(code=code, **row) for code, row in _life()["states"].items()}


@cache
def actions() -> dict[str, Action]:
    """Every action by its code."""
    rows = _life()["actions"].items()
    return {code: Action(code, row["name"], tuple(row["in"]), row["role"]) for code, row in rows}


@cache
def levels() -> dict[str, str]:
    """The levels of governance, lowest first, with their names."""
    return dict(_life()["levels"])


@cache
def categories() -> dict[str, dict[str, str]]:
    """Every category by its dotted code: names, tree, class, severity, limit, department."""
    return tomllib.loads((files("layers.grid_events") / "categories.toml").read_text(encoding="utf-8"))


def open_states() -> list[str]:
    """The states in which something is still to be done."""
    return [code for code, state in states().items() if state.open]


def word(code: str) -> str:
    """The name of a state or an action."""
    return states()[code].name if code in states() else actions()[code].name
