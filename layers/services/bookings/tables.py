"""What is booked: each occurrence of a booking, and how many places of a tour are taken on a day."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table

from layers.services.bookings.recurrence import LONGEST
from layers.services.registers.tables import NUMBER
from store.metadata import metadata

# An occurrence that counts no more stays, so that a past time shows what was known then. Of those that count no two
# meet in a place: PostgreSQL holds it by the exclusion constraint `booking_slot_once`, SQLite by triggers of that name.
booking_slot = Table(
    "booking_slot",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("row_id", BigInteger, ForeignKey("register_row.id"), nullable=False),
    Column("community", String(64), nullable=False),
    # The layer of the ground that the room is of: rooms, or sites for a place under the sky.
    Column("layer", String(16), nullable=False),
    Column("room", String(64), nullable=False),
    Column("starts", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Column("entered", BigInteger, nullable=False),
    Column("dropped", BigInteger),
    CheckConstraint("starts < ends", name="booking_slot_lasts"),
    CheckConstraint(f"ends - starts <= {LONGEST}", name="booking_slot_longest"),
    Index("ix_booking_slot_room", "community", "layer", "room", "starts"),
    Index("ix_booking_slot_row", "row_id"),
)

# Products are named without a foreign key: who changes one has locked its row, and would wait for who books it.
tour_day = Table(
    "tour_day",
    metadata,
    Column("product_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", String(10), primary_key=True),
    Column("places", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    CheckConstraint("taken >= 0 AND taken <= places", name="tour_day_places"),
)

tour_party = Table(
    "tour_party",
    metadata,
    Column("row_id", BigInteger, ForeignKey("register_row.id"), primary_key=True, autoincrement=False),
    Column("product_id", BigInteger, nullable=False),
    Column("day", String(10), nullable=False),
    Column("people", Integer, nullable=False),
    Index("ix_tour_party_product_day", "product_id", "day"),
)
