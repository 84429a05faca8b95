"""What stands behind the register ``tour_bookings``: no day takes more people than its product has places."""

from collections.abc import Mapping

from sqlalchemy import Connection

from layers.problem import Problem
from layers.services.bookings import tours
from layers.services.bookings.tours import Party
from layers.services.registers import queries
from layers.services.registers.behind import Behind, Row, Value, Writing
from store.language import say


class TourBookings(Behind):
    """So many people on a day of a product."""

    def completed(self, connection: Connection, writing: Writing) -> Mapping[str, Value]:
        """Nothing is computed; a day on which the product is not offered is refused."""
        tours.lock(connection, writing.community)
        product, day = _product(connection, writing), str(writing.values["day"])
        before = writing.before.values if writing.before else {}
        if before.get("day") == day:
            return {}
        first, last = product.values.get("starts"), product.values.get("ends")
        is_offered = (not first or day >= str(first)) and (not last or day <= str(last))
        if product.state == tours.CLOSED or not is_offered:
            detail = say("「{product}」{day} 不开放", product=product.values.get("name"), day=day)
            raise Problem(409, "not offered", detail)
        return {}

    def settle(self, connection: Connection, writing: Writing, row: Row) -> None:
        """Take the places, or give them back."""
        tours.lock(connection, row.community)
        party = None
        if not row.is_voided:
            people = tours.number_of(row.values["people"])
            party = Party(tours.number_of(row.values["product"]), str(row.values["day"]), people)
        places = tours.number_of(_product(connection, writing).values.get("places")) if party else 0
        tours.book(connection, row.id, party, places)


def _product(connection: Connection, writing: Writing) -> Row:
    number = tours.number_of(writing.values["product"])
    found = queries.row(connection, writing.seal, writing.community, tours.PRODUCTS, number)
    if found is None or found.is_voided:
        raise Problem(409, "no such product", say("编号 {number} 不是产品", number=number))
    return found


BEHIND = TourBookings()
