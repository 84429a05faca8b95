"""What stands behind the register ``tour_products``: as many places a day as it says, never fewer than are booked."""

from sqlalchemy import Connection

from layers.problem import Problem
from layers.services.bookings import tours
from layers.services.registers.behind import Behind, Row, Writing
from store.instant import local_date
from store.language import say


class TourProducts(Behind):
    """A product has places each day, and ends only when nobody comes any more."""

    def settle(self, connection: Connection, writing: Writing, row: Row) -> None:
        """Let the days that come have the places; a product that is void must have no bookings to come."""
        tours.lock(connection, row.community)
        today = local_date(row.at)
        if not row.is_voided:
            tours.offer(connection, row.id, tours.number_of(row.values.get("places")), today)
        elif tours.is_booked(connection, row.id, today):
            raise Problem(409, "product in use", say("还有预订未到；请先作废预订"))


BEHIND = TourProducts()
