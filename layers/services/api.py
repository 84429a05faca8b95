"""Routes of services: registers, and what stands behind them."""

from fastapi import APIRouter

from layers.services.points import api as points


def router() -> APIRouter:
    """The routes below ``/api/v1/{community}``."""
    routes = APIRouter(tags=["services"])
    points.add_to(routes)
    return routes
