"""A formula over a register: what it counts of which rows, by which date, and whether a community can count it."""

from typing import Literal

from layers.problem import Problem
from layers.services.registers import asked, values
from layers.services.registers.declare import Field, Register, registers
from layers.services.registers.wanted import Condition
from layers.sources import Formula, Span
from store.instant import format_rfc3339, local_date, local_month
from store.language import say

DATED = ("date", "time", "month", "integer")
"""Types of fields that can say when a row counts; an integer is a year."""
SUMMED = ("integer", "number", "money")


class RegisterFormula(Formula, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is counted of a register's rows.

    ``of``: the rows ("count"), the values of ``field`` added up ("sum"), or how many different ones there are
    ("distinct"). ``where`` are conditions as the list takes them, ``states`` the states that count. ``date`` is the
    field that says when a row counts; without it a figure is of all rows that stand.
    """

    register: str
    of: Literal["count", "sum", "distinct"] = "count"
    field: str = ""
    where: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    date: str = ""


def fault(community: str, formula: RegisterFormula) -> str | None:
    """Why a community cannot count this; None where it can."""
    one = registers(community).get(formula.register)
    if one is None:
        return say("没有登记簿「{to}」", to=formula.register)
    fields = open_fields(one)
    if formula.date and (formula.date not in fields or fields[formula.date].type not in DATED):
        return say("「{code}」不是这本登记簿的日期字段", code=formula.date)
    if formula.of != "count":
        if formula.field not in fields or (formula.of == "sum" and fields[formula.field].type not in SUMMED):
            return say("「{code}」不是这本登记簿里可以这样统计的字段", code=formula.field)
        if fields[formula.field].type == "long":
            return say("「{code}」不是这本登记簿里可以这样统计的字段", code=formula.field)
    unknown = next((state for state in formula.states if state not in one.states), None)
    if unknown is not None:
        return say("这本登记簿没有状态「{state}」", state=unknown)
    try:
        conditions(community, one, formula)
    except Problem as problem:
        return problem.detail
    return None


def is_of_people(community: str, formula: RegisterFormula) -> bool:
    """Whether it tells of somebody: the rows do, or a field that it asks is a number of people (docs/registers.md)."""
    one = registers(community)[formula.register]
    asked_for = {formula.field, *(text.partition(":")[0] for text in formula.where)}
    return one.is_of_people or any(field.people for field in one.fields if field.code in asked_for)


def open_fields(one: Register) -> dict[str, Field]:
    """The fields that everybody may count by: none that is personal."""
    return {field.code: field for field in one.fields if not field.personal}


def conditions(community: str, one: Register, formula: RegisterFormula) -> list[Condition]:
    """The conditions of a formula, as the register's list takes them."""
    return list(asked.conditions(community, open_fields(one), formula.where))


def bounds(field: Field, span: Span) -> list[tuple[str, str | int]]:
    """Both ends of a span as the field's values: as a list's condition writes them, and as they are kept."""
    ends: list[tuple[str, str | int]] = []
    for end in (span.since, span.until):
        match field.type:
            case "time":
                ends.append((format_rfc3339(end), end))
            case "month":
                ends.append((local_month(end), local_month(end)))
            case "integer":
                ends.append((str(local_date(end).year), local_date(end).year))
            case _:
                ends.append((local_date(end).isoformat(), local_date(end).isoformat()))
    return ends


def scale(one: Register, formula: RegisterFormula) -> int:
    """Money is kept in fen and told in yuan."""
    return values.FEN if formula.of == "sum" and one.field(formula.field).type == "money" else 1


def person_field(one: Register) -> Field | None:
    """The field that names whom a row is about, where there is one."""
    return next((field for field in one.fields if field.is_person), None)


def area_field(one: Register) -> Field | None:
    """The field that says of which area a row is, where there is one."""
    return next((field for field in one.fields if field.type == "place" and field.layer == "areas"), None)
