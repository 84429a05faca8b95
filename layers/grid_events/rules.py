"""The tables of categories, severities, states and permitted steps. The rows stand in TOML."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

SEVERITIES = {"minor": "低", "major": "中", "critical": "高"}
OTHER = "other"


@dataclass(frozen=True)
class State:
    """A state of a grid event; ``to`` maps each permitted next state to the least role for it."""

    code: str
    name: str
    open: bool
    to: dict[str, str]


@cache
def states() -> dict[str, State]:
    """Every state by its code."""
    table = tomllib.loads((files("layers.grid_events") / "states.toml").read_text(encoding="utf-8"))
    return {code: State(code=code, **row) for code, row in table.items()}


@cache
def categories() -> dict[str, dict[str, str]]:
    """Every category by its dotted code: ``name`` and ``name_en``."""
    return tomllib.loads((files("layers.grid_events") / "categories.toml").read_text(encoding="utf-8"))


def open_states() -> list[str]:
    """The states in which something is still to be done."""
    return [code for code, state in states().items() if state.open]
