"""What is asked of a list: which rows, in which order, how many; and what a word that is looked for means."""

import operator as operators
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from geo.ground import places
from layers.services.registers import values
from layers.services.registers.behind import Row, Value
from layers.services.registers.declare import Field, Register, registers

Operator = Literal["eq", "ne", "lt", "le", "gt", "ge", "has"]
OPERATORS: tuple[Operator, ...] = get_args(Operator)
COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operators.eq, "lt": operators.lt, "le": operators.le, "gt": operators.gt, "ge": operators.ge,
}  # fmt: skip
"""Of values, and of a column with a value, alike."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A filter: a field, how it is compared, and with what, as it is kept."""

    field: Field
    operator: Operator
    value: Value


def holds(condition: Condition, found: Mapping[str, Value]) -> bool:
    """Whether values fulfil it: the same answer as the database gives of rows as they stand."""
    keys = values.found_by(condition.field, found.get(condition.field.code))
    wanted = (values.found_by(condition.field, condition.value) or [(None, None)])[0]
    pairs = [(text if number is None else number, wanted[0] if number is None else wanted[1]) for text, number in keys]
    match condition.operator:
        case "ne":
            return all(mine != given for mine, given in pairs)
        case "has":
            return any(str(condition.value).lower() in str(mine) for mine, _ in pairs)
    return any(COMPARED[condition.operator](mine, given) for mine, given in pairs)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which rows, in which order, how many.

    ``word`` is looked for in all texts, in sealed ones where ``sees_names``. Without ``sort`` the newest come first;
    ``before`` is the number of the last row of the page before, which then goes on; ``skip`` counts rows instead.
    """

    conditions: Sequence[Condition] = ()
    states: Sequence[str] = ()
    word: str = ""
    sort: Field | None = None
    is_descending: bool = False
    with_voided: bool = False
    sees_names: bool = False
    before: int | None = None
    skip: int = 0
    limit: int = 100


@dataclass(frozen=True, kw_only=True)
class Found:
    """A page of rows, and how many there are in all."""

    rows: Sequence[Row] = field(default_factory=list)
    total: int = 0


def named_people(register: Register, community: str, wanted: Wanted) -> Iterator[tuple[Field, Register]]:
    """Fields that name rows with something personal in which a word may be looked for, and the registers of these."""
    for one in register.fields if wanted.sees_names else ():
        target = registers(community).get(one.to)
        if one.type == "row" and target is not None and target.personal:
            yield one, target


def said_by(register: Register, community: str, word: str) -> dict[str, set[str]]:
    """The codes of choices and places that a word means in either language, by field; fields without any left out."""
    found = {}
    for one in register.fields:
        names = [(code, words.name, words.name_en) for code, words in one.choices.items()]
        if one.type == "place":
            names = [(place.code, place.name, place.name_en) for place in places(community, one.layer)]
        if said := {code for code, *both in names if any(word in name.lower() for name in both)}:
            found[one.code] = said
    return found
