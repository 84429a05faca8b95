"""The tables of kinds of matters, topics, bodies of the council and fields of partners. The rows stand in TOML."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class MatterState:
    """A state of a matter; ``to`` maps each permitted next state to the least role for it."""

    name: str
    open: bool
    to: dict[str, str]


@dataclass(frozen=True)
class Kind:
    """A kind of matter; ``good`` are the ends that count as done, ``sealed`` says that nothing written is readable."""

    name: str
    name_en: str
    role: str
    first: str
    good: tuple[str, ...]
    states: dict[str, MatterState]
    sealed: bool = False


@cache
def _rows() -> dict[str, Any]:
    return tomllib.loads((files("layers.governance") / "governance.toml").read_text(encoding="utf-8"))


@cache
def kinds() -> dict[str, Kind]:
    """Every kind of matter by its code."""
    found = {}
    for code, row in _rows()["kinds"].items():
        states = {name: MatterState(**state) for name, state in row["states"].items()}
        found[code] = Kind(**row | {"states": states, "good": tuple(row["good"])})
    return found


def words() -> dict[str, str]:
    """The word of each code: kinds, their states, topics, bodies, fields."""
    states = {name: state.name for kind in kinds().values() for name, state in kind.states.items()}
    return states | {code: kind.name for code, kind in kinds().items()} | topics() | bodies() | fields()


def topics() -> dict[str, str]:
    """What a mediation may be about."""
    return dict(_rows()["topics"])


def bodies() -> dict[str, str]:
    """Who sits on the council (联盟议事)."""
    return dict(_rows()["bodies"])


def fields() -> dict[str, str]:
    """What partners help with."""
    return dict(_rows()["fields"])


def hard_matters_a_month() -> int:
    """How many hard matters are to be solved each month."""
    return int(_rows()["hard_matters_a_month"])
