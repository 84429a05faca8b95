"""What the rows that pass a list's filters come to: their number, a field added up, or how many differ in it."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from layers.problem import Problem
from layers.services import counted, formula
from layers.services.formula import RegisterFormula
from layers.services.registers import asked
from layers.services.registers.api import Code, readable
from layers.web import CommunityPath, Reading, Viewer

Of = Literal["count", "sum", "distinct"]


def add_to(routes: APIRouter) -> None:
    """The route below ``/api/v1/{community}``."""

    @routes.get("/registers/{code}/come-to")
    def come_to(
        code: Code,
        community: CommunityPath,
        connection: Reading,
        viewer: Viewer,
        of: Annotated[Of, Query(description="what is counted")] = "count",
        field: Annotated[str, Query(max_length=64, description="which field, with sum and distinct")] = "",
        where: asked.Where = None,
        state: asked.States = None,
    ) -> dict[str, Any]:
        """What the rows come to, as they stand; for who may read them."""
        register = readable(code, community, viewer)
        given = RegisterFormula(
            register=register.code, of=of, field=field, where=tuple(where or ()), states=tuple(state or ())
        )
        wrong = formula.fault(community.code, given)
        if wrong is not None:
            raise Problem(400, "bad parameter", wrong)
        return {"value": counted.whole(connection, community.code, register, given)}
