"""The tables of categories, severities, states, actions and permitted steps. The rows stand in TOML."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from store.language import Word

SEVERITIES = {"minor": Word("低", "Low"), "major": Word("中", "Medium"), "critical": Word("高", "High")}
GROUPS = {
    "facility": Word("公共设施", "Public facilities"),
    "environment": Word("环境", "Environment"),
    "order": Word("秩序", "Order"),
    "safety": Word("安全", "Safety"),
    "service": Word("服务", "Services"),
}
"""The first parts of the categories' codes."""
OTHER = "other"
FIRST = "reported"
"""The state of an event that was just reported."""
FIRST_LEVEL = "stewards"
OF_ASSIGNEE = frozenset({"dispatched", "in_hand", "sent_back"})
"""States in which the event is in somebody's hands: another steward may not take it on."""
TO_BE_GIVEN = frozenset({FIRST, "filed"})
"""States before that: nobody has it yet."""


@dataclass(frozen=True)
class State:
    """A state of a grid event; ``to`` maps each permitted next state to the least role for it.

    ``verb`` is what brings an event there, as a button says it; "" where nobody does.
    """

    code: str
    name: str
    name_en: str
    open: bool
    to: dict[str, str]
    verb: str = ""
    verb_en: str = ""


@dataclass(frozen=True)
class Action:
    """What changes something else than the state, in which states, and the least role for it."""

    code: str
    name: str
    name_en: str
    verb: str
    verb_en: str
    states: tuple[str, ...]
    role: str


@dataclass(frozen=True)
class Category:
    """A category of grid events: names, tree and class of GB/T 30428.2, who answers for it.

    ``severity`` is that of a report without one; ``limits`` are those of its own: name -> severity -> limit.
    """

    code: str
    name: str
    name_en: str
    tree: str
    class_: str
    severity: str
    department: str
    department_en: str
    limits: dict[str, dict[str, str]]


@dataclass(frozen=True)
class Clocks:
    """``clocks.toml``: the limit that each state belongs to, limits by severity, and what each step does."""

    limit_of: dict[str, str]
    limits: dict[str, dict[str, str]]
    steps: dict[str, dict[str, str]]


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((files("layers.grid_events") / name).read_text(encoding="utf-8"))


@cache
def _life() -> dict[str, Any]:
    return _read("life.toml")


@cache
def clocks() -> Clocks:
    """The table of limits and clocks."""
    return Clocks(**_read("clocks.toml"))


@cache
def states() -> dict[str, State]:
    """Every state by its code."""
    return {code: State(code=code, **row) for code, row in _life()["states"].items()}


@cache
def actions() -> dict[str, Action]:
    """Every action by its code."""
    words = ("name", "name_en", "verb", "verb_en", "role")
    rows = _life()["actions"].items()
    return {code: Action(code, states=tuple(row["in"]), **{one: row[one] for one in words}) for code, row in rows}


@cache
def levels() -> dict[str, Word]:
    """The levels of governance, lowest first, with their names."""
    return {code: Word(**row) for code, row in _life()["levels"].items()}


@cache
def categories() -> dict[str, Category]:
    """Every category by its dotted code."""
    names = set(clocks().limit_of.values())
    return {
        code: Category(
            code=code,
            class_=row["class"],
            limits={name: row[name] for name in names & row.keys()},
            **{name: row[name] for name in ("name", "name_en", "tree", "severity", "department", "department_en")},
        )
        for code, row in _read("categories.toml").items()
    }


OPEN, UNASSIGNED, VALID, ALL = "open", "unassigned", "valid", "all"
"""What may be asked for beside a state: what is not done; what lies with nobody; what was not voided; all."""
VOID = "void"
NONE = "none"
"""What is asked for of an area, a grid or an assignee where there is none."""


def open_states() -> list[str]:
    """The states in which something is still to be done."""
    return [code for code, state in states().items() if state.open]


UNDONE = "undone"
"""What stands for an action where a step was taken back."""
RELEASED = "released"
"""What a reassignment to nobody is: of whoever had it the account was closed. It has no note, which would name them."""
_WORDS = {
    UNDONE: Word("撤回", "Taken back"),
    RELEASED: Word("收回：原经办人没有在用账号", "Taken back: whoever had it has no active account"),
}


def step(code: str) -> State | Action | Word:
    """The row of a state or an action, or the word for a step that is neither."""
    if code in _WORDS:
        return _WORDS[code]
    return states()[code] if code in states() else actions()[code]
