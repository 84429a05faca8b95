"""The tables of kinds of matters, topics, bodies of the council and fields of partners. The rows stand in TOML."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from store.language import Word


@dataclass(frozen=True)
class MatterState:
    """A state of a matter; ``to`` maps each permitted next state to the least role for it.

    ``verb`` is what brings a matter there, as a button says it.
    """

    name: str
    name_en: str
    verb: str
    verb_en: str
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
    return (
        states
        | {code: kind.name for code, kind in kinds().items()}
        | {code: word.name for table in (topics(), bodies(), fields()) for code, word in table.items()}
    )


def topics() -> dict[str, Word]:
    """What a mediation may be about."""
    return _words("topics")


def bodies() -> dict[str, Word]:
    """Who sits on the council (联盟议事)."""
    return _words("bodies")


def fields() -> dict[str, Word]:
    """What partners help with."""
    return _words("fields")


def _words(table: str) -> dict[str, Word]:
    return {code: Word(**row) for code, row in _rows()[table].items()}


def hard_matters_a_month() -> int:
    """How many hard matters are to be solved each month."""
    return int(_rows()["hard_matters_a_month"])
