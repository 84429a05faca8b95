"""Who writes into a register, and whether what they give is good by its declaration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from geo.ground import place
from layers.problem import Problem
from layers.roles import Actor
from layers.services.registers import queries, values
from layers.services.registers.behind import Value
from layers.services.registers.declare import Field, Register, registers
from store.language import named, say
from store.seal import Seal


@dataclass(frozen=True, kw_only=True)
class Writer:
    """Who writes into which register of a community, and what seals.

    ``is_audited``: whether each row is told in the audit trail by itself; of a file, the whole is.
    """

    register: Register
    community: str
    actor: Actor
    seal: Seal
    is_audited: bool = True


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong with a value."""

    field: str
    name: str
    why: str


References = dict[tuple[str, str], Value]
"""(field, text) -> the row that it names: asked once for all lines of a file."""


def judged(
    connection: Connection,
    writer: Writer,
    given: Mapping[str, Any],
    before: Mapping[str, Value],
    references: References | None = None,
) -> tuple[dict[str, Value], list[Fault]]:
    """The values of a row after what is given, and every fault of it; None takes a value away."""
    found: dict[str, Value] = dict(before)
    known = {one.code: one for one in writer.register.fields}
    faults = [Fault(field=code, name=code, why=say("没有这个字段")) for code in given if code not in known]
    for one in known.values():
        if one.code in given:
            try:
                found[one.code] = _taken(connection, writer, one, given[one.code], before, references)
            except values.Unfit as error:
                faults.append(Fault(field=one.code, name=named(one), why=str(error)))
                continue
        if one.required and not one.computed and found.get(one.code) is None:
            faults.append(Fault(field=one.code, name=named(one), why=say("必填")))
    return {code: value for code, value in found.items() if value is not None}, faults


def good(
    connection: Connection, writer: Writer, given: Mapping[str, Any], before: Mapping[str, Value]
) -> dict[str, Value]:
    """The same where nothing is wrong.

    Raises
    ------
    Problem
        422 with every fault.
    """
    found, faults = judged(connection, writer, given, before)
    if faults:
        raise refused(faults)
    return found


def refused(faults: Sequence[Fault]) -> Problem:
    """422 with every fault."""
    told = [{"field": one.field, "name": one.name, "why": one.why} for one in faults]
    detail = say("；").join(say("{name}：{why}", name=one.name, why=one.why) for one in faults[:5])
    return Problem(422, "bad request", detail, faults=told)


def _taken(
    connection: Connection,
    writer: Writer,
    one: Field,
    given: Any,
    before: Mapping[str, Value],
    references: References | None,
) -> Value:
    if one.computed:
        raise values.Unfit(say("由系统算出，不能填写"))
    if one.type == "row":
        found = _named(connection, writer, one, given, references)
        # Who was on the list when the row came may leave it: the row can be mended all the same.
        if one.on and isinstance(found, int) and found != before.get(one.code):
            _check_listed(connection, writer.community, one, found)
    else:
        found = values.taken(writer.community, one, given)
        if one.but and found != before.get(one.code):
            _check_kind(writer.community, one, str(found or ""))
    if one.fixed and before.get(one.code) not in (None, found):
        raise values.Unfit(say("登记后不能更改；请作废后重新登记"))
    return found


def _check_listed(connection: Connection, community: str, one: Field, number: int) -> None:
    known = registers(community)
    if any(queries.is_listed(connection, community, known[code], one.to, number) for code in one.on):
        return
    names = say("、").join(say("「{name}」", name=named(known[code])) for code in one.on)
    raise values.Unfit(say("不在{names}名单上，请先登记到那里", names=names))


def _check_kind(community: str, one: Field, code: str) -> None:
    found = place(community, one.layer, code)
    if found is not None and found.kind in one.but:
        raise values.Unfit(say("「{name}」不供选用，请另选一处", name=named(found)))


def _named(connection: Connection, writer: Writer, one: Field, given: Any, references: References | None) -> Value:
    mark = (one.code, "" if given is None else values.written(given))
    if references is not None and mark in references:
        return references[mark]
    found = queries.reference_of(connection, writer.seal, writer.community, one, given)
    if references is not None:
        references[mark] = found
    return found
