"""Services that neighbours ask for: on time or not follows from the days; a state says nothing that is not there."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from layers.problem import Problem
from layers.services.registers.behind import Behind, Row, Value, Writing
from store.language import say

SERVED, RATED = ("served", "rated"), "rated"


class Requests(Behind):
    """A service is on time if it was rendered by its due day."""

    def completed(self, connection: Connection, writing: Writing) -> Mapping[str, Value]:
        """Whether it was served on time; nothing as long as it was not served."""
        given: Mapping[str, Any] = writing.values
        served = given.get("served")
        for code in ("due", "served"):
            if given.get(code) is not None and given[code] < given["asked"]:
                raise _unfit(say("{day} 早于提出日期 {asked}", day=given[code], asked=given["asked"]))
        return {"on_time": None if served is None else served <= given["due"]}

    def settle(self, connection: Connection, writing: Writing, row: Row) -> None:
        """Refuse a state that lacks its day or its mark, and a mark of what was not served."""
        if row.is_voided:
            return
        if row.state in SERVED and row.values.get("served") is None:
            raise _unfit(say("办到要有办到日期"))
        if row.state == RATED and row.values.get("satisfied") is None:
            raise _unfit(say("评价要有满意度"))
        if row.state not in SERVED and row.values.get("satisfied") is not None:
            raise _unfit(say("办到之后才能评价"))


def _unfit(why: str) -> Problem:
    return Problem(422, "bad request", why)


BEHIND = Requests()
