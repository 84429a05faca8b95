"""Routes of services: registers, and what stands behind them."""

from fastapi import APIRouter


def router() -> APIRouter:
    """The routes below ``/api/v1/{community}``."""
    return APIRouter(tags=["services"])
