"""The route of a demonstration: how much of its past is filled in."""

from typing import Any

from fastapi import APIRouter

from layers.web import Given
from store import demonstration
from store.databases import Databases


def router() -> APIRouter:
    """The route."""
    routes = APIRouter(tags=["demonstration"])

    @routes.get("/api/v1/demonstration")
    def told(given: Given) -> dict[str, Any]:
        """``filling``: percent of the past that are filled in while it is; null where nobody does."""
        return {"filling": filling(given.databases)}

    return routes


def filling(databases: Databases) -> int | None:
    """Percent of the past that are filled in, of the database that has least; None where nobody fills any in."""
    found = []
    for engine in databases.all:
        with engine.connect() as connection:
            found.append(demonstration.filling(connection))
    return min((one for one in found if one is not None), default=None)
