"""Routes of services: registers, and what stands behind them."""

from fastapi import APIRouter

from layers.services import come_to
from layers.services.activities import api as activities
from layers.services.bookings import api as bookings
from layers.services.canteen import api as canteen
from layers.services.care import api as care
from layers.services.learning import api as learning
from layers.services.points import api as points
from layers.services.registers import api as registers


def router() -> APIRouter:
    """The routes below ``/api/v1/{community}``."""
    routes = APIRouter(tags=["services"])
    come_to.add_to(routes)
    registers.add_to(routes)
    bookings.add_to(routes)
    canteen.add_to(routes)
    points.add_to(routes)
    learning.add_to(routes)
    care.add_to(routes)
    activities.add_to(routes)
    return routes
