"""How many people a day's tours take: places of a product by day, which bookings take and give back."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, insert, select, update

from layers.problem import Problem
from layers.services.bookings.tables import tour_day, tour_party
from layers.services.registers.behind import Value
from store.language import say
from store.once import alone

PRODUCTS, BOOKINGS = "tour_products", "tour_bookings"
CLOSED = "closed"


@dataclass(frozen=True)
class Party:
    """So many people of a booking, on a day of a product."""

    product: int
    day: str
    people: int


def lock(connection: Connection, community: str) -> None:
    """Be the only one who books tours of a community, until the transaction ends."""
    alone(connection, "tours", community)


def offer(connection: Connection, product: int, places: int, since: date) -> None:
    """Let each day of a product from ``since`` on have so many places.

    Raises
    ------
    Problem
        409 with the first day on which more are taken.
    """
    c = tour_day.c
    coming = (c.product_id == product) & (c.day >= since.isoformat())
    query = select(c.day, c.taken).where(coming, c.taken > places).order_by(c.day).limit(1)
    fuller = connection.execute(query).one_or_none()
    if fuller is not None:
        detail = say("{day} 已预订 {taken} 人，名额不能少于此数", day=fuller.day, taken=fuller.taken)
        raise Problem(409, "places taken", detail, day=fuller.day, taken=fuller.taken)
    connection.execute(update(tour_day).where(coming).values(places=places))


def is_booked(connection: Connection, product: int, since: date) -> bool:
    """Whether somebody comes from a day on."""
    c = tour_day.c
    query = select(c.day).where(c.product_id == product, c.day >= since.isoformat(), c.taken > 0).limit(1)
    return connection.scalar(query) is not None


def book(connection: Connection, number: int, party: Party | None, places: int) -> None:
    """Let a booking be of this party and no other, None: of nobody; a day of the product that is new has ``places``.

    Raises
    ------
    Problem
        409 with how many places are left.
    """
    before = connection.execute(select(tour_party).where(tour_party.c.row_id == number)).one_or_none()
    if before is not None:
        _take(connection, Party(before.product_id, before.day, -before.people))
    if party is not None:
        _ensure(connection, party, places)
        _check_left(connection, party)
        _take(connection, party)
    row = {"people": party.people if party else 0}
    if before is not None:
        where = tour_party.c.row_id == number
        more = {"day": party.day} if party else {}
        connection.execute(update(tour_party).where(where).values(row | more))
    elif party is not None:
        new = row | {"row_id": number, "product_id": party.product, "day": party.day}
        connection.execute(insert(tour_party).values(new))


def number_of(value: Value) -> int:
    """A field's whole number."""
    return value if isinstance(value, int) else 0


def _ensure(connection: Connection, party: Party, places: int) -> None:
    c = tour_day.c
    if connection.scalar(select(c.taken).where(c.product_id == party.product, c.day == party.day)) is None:
        new = {"product_id": party.product, "day": party.day, "places": places, "taken": 0}
        connection.execute(insert(tour_day).values(new))


def _check_left(connection: Connection, party: Party) -> None:
    c = tour_day.c
    found = connection.execute(select(tour_day).where(c.product_id == party.product, c.day == party.day)).one()
    left = found.places - found.taken
    if party.people > left:
        raise Problem(409, "no places left", say("{day} 只余 {left} 个名额", day=party.day, left=left), left=left)


def _take(connection: Connection, party: Party) -> None:
    c = tour_day.c
    where = (c.product_id == party.product) & (c.day == party.day)
    connection.execute(update(tour_day).where(where).values(taken=c.taken + party.people))
