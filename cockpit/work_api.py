"""Routes of long work that a request waits for, below ``/api/v1/work``: how far it is, and stopping it."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from layers.problem import Problem
from layers.web import WORK_NAME, WriteActor
from store import far

Name = Annotated[str, Path(pattern=WORK_NAME, description="what the request that waits was given as `work`")]


def router() -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/api/v1/work", tags=["work"])

    @routes.get("/{name}")
    def how_far(name: Name, actor: WriteActor) -> dict[str, Any]:
        """How many rows of a stage of one's own work are done; 404 where it is over, or another process does it."""
        work = far.of(actor.label, name)
        if work is None:
            raise Problem(404, "not found", f"no work {name!r} of yours is done here")
        return {"stage": work.stage, "done": work.done, "total": work.total}

    @routes.post("/{name}/stop", status_code=202)
    def stop(name: Name, actor: WriteActor) -> dict[str, Any]:
        """Stop one's own work: the request that waits for it is answered with 409, and nothing was changed."""
        if not far.stop(actor.label, name):
            raise Problem(404, "not found", f"no work {name!r} of yours is done here")
        return {"stopping": True}

    return routes
