"""What is asked of a list in its address: filters, a word, an order, a page."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query

from layers.problem import Problem
from layers.roles import Actor, suffices
from layers.services.registers import values, words
from layers.services.registers.declare import Field, Register
from layers.services.registers.wanted import OPERATORS, Condition, Wanted
from store.language import say

MOST_CONDITIONS = 20
Where = Annotated[
    list[Annotated[str, Query(max_length=400)]] | None,
    Query(description="field:operator:value; operators eq ne lt le gt ge has", max_length=MOST_CONDITIONS),
]
States = Annotated[list[str] | None, Query(description="a state; may stand several times", max_length=MOST_CONDITIONS)]
Word = Annotated[str, Query(max_length=100, description="looked for in all texts, and as a number")]
Sort = Annotated[str, Query(max_length=41, description="a field; - before it for the greatest first")]
Skip = Annotated[int, Query(ge=0, le=1_000_000, description="rows to leave out first; for a grid that jumps")]
Cursor = Annotated[str | None, Query(max_length=20, description="of the page before; for the newest first only")]


def wanted(
    register: Register,
    viewer: Actor | None,
    community: str,
    *,
    where: list[str] | None,
    state: list[str] | None,
    q: str,
    sort: str,
    skip: int,
    cursor: str | None,
    limit: int,
    voided: bool,
) -> Wanted:
    """What a list's address asks for.

    Raises
    ------
    Problem
        400 with what cannot be asked, and what can.
    """
    fields = {one.code: one for one in register.fields if one.code in words.seen(register, viewer, community)}
    for one in state or ():
        if one not in register.states:
            raise Problem(400, "bad parameter", f"state {one!r} is not one of {', '.join(register.states)}")
    if cursor is not None and (sort or not cursor.isdecimal()):
        raise Problem(400, "bad parameter", say("cursor: 取自同一个不带 sort 的列表"))
    order = sort.removeprefix("-")
    return Wanted(
        conditions=conditions(community, fields, where or ()),
        states=tuple(state or ()),
        word=q.strip(),
        sort=_field(fields, "sort", order) if order else None,
        is_descending=sort.startswith("-"),
        with_voided=voided,
        sees_names=suffices(viewer, community, register.names),
        before=int(cursor) if cursor is not None else None,
        skip=skip,
        limit=limit,
    )


def conditions(community: str, fields: dict[str, Field], texts: Sequence[str]) -> tuple[Condition, ...]:
    """Conditions as an address or a formula writes them.

    Raises
    ------
    Problem
        400 with the first that cannot be, or where there are too many: each is a question of its own to the database.
    """
    if len(texts) > MOST_CONDITIONS:
        said = say("where：{count} 个条件，最多 {most} 个", count=len(texts), most=MOST_CONDITIONS)
        raise Problem(400, "bad parameter", said)
    return tuple(condition(community, fields, text) for text in texts)


def _field(fields: dict[str, Field], what: str, code: str) -> Field:
    if code not in fields:
        raise Problem(400, "bad parameter", f"{what} {code!r} is not one of {', '.join(fields)}")
    field = fields[code]
    if field.personal or field.type == "long":
        raise Problem(400, "bad parameter", say("{what}: 不能按「{code}」筛选或排序", what=what, code=code))
    return field


def condition(community: str, fields: dict[str, Field], text: str) -> Condition:
    code, _, rest = text.partition(":")
    operator, _, given = rest.partition(":")
    field = _field(fields, "where", code)
    if operator not in OPERATORS:
        raise Problem(400, "bad parameter", f"where: operator {operator!r} is not one of {', '.join(OPERATORS)}")
    if operator == "has" and not values.KINDS[field.type].is_number:
        return Condition(field=field, operator=operator, value=given.strip().lower())
    try:
        value: Any = values.taken(community, field, given)
    except values.Unfit as error:
        raise Problem(400, "bad parameter", f"where {code}: {error}") from None
    if value is None or operator == "has":
        raise Problem(
            400, "bad parameter", say("where {code}：{operator} 要有可以比较的值", code=code, operator=operator)
        )
    return Condition(field=field, operator=operator, value=value)
