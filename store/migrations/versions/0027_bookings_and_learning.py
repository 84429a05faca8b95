"""Occurrences of bookings, never two at once; places of tours by day; places of courses, who has one and who waits"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

LONGEST = 31 * 86_400_000_000

# btree_gist is a trusted extension: whoever may create in the database may create it (PostgreSQL 13 and later).
EXCLUDED = """
ALTER TABLE booking_slot ADD CONSTRAINT booking_slot_once EXCLUDE USING gist (
    community WITH =, layer WITH =, room WITH =, int8range(starts, ends) WITH &&
) WHERE (dropped IS NULL)
"""
MEETS = """
EXISTS (
    SELECT 1 FROM booking_slot AS other
    WHERE other.community = NEW.community AND other.layer = NEW.layer AND other.room = NEW.room
    AND other.dropped IS NULL AND other.id IS NOT NEW.id
    AND other.starts < NEW.ends AND other.starts > NEW.starts - 2678400000000 AND other.ends > NEW.starts
)
"""


def upgrade() -> None:
    _bookings()
    _tours()
    _learning()


def _of(name: str, **more: bool) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, sa.ForeignKey("register_row.id"), **({"nullable": False} | more))


def _bookings() -> None:
    op.create_table(
        "booking_slot",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        _of("row_id"),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("layer", sa.String(16), nullable=False),
        sa.Column("room", sa.String(64), nullable=False),
        sa.Column("starts", sa.BigInteger, nullable=False),
        sa.Column("ends", sa.BigInteger, nullable=False),
        sa.Column("entered", sa.BigInteger, nullable=False),
        sa.Column("dropped", sa.BigInteger),
        sa.CheckConstraint("starts < ends", name="booking_slot_lasts"),
        sa.CheckConstraint(f"ends - starts <= {LONGEST}", name="booking_slot_longest"),
    )
    op.create_index("ix_booking_slot_room", "booking_slot", ["community", "layer", "room", "starts"])
    op.create_index("ix_booking_slot_row", "booking_slot", ["row_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        op.execute(EXCLUDED)
        return
    for when in ("INSERT", "UPDATE"):
        op.execute(
            f"CREATE TRIGGER booking_slot_once_{when.lower()} AFTER {when} ON booking_slot "
            f"WHEN NEW.dropped IS NULL AND {MEETS} BEGIN SELECT RAISE(ABORT, 'booking_slot_once'); END"
        )


def _tours() -> None:
    op.create_table(
        "tour_day",
        sa.Column("product_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("places", sa.Integer, nullable=False),
        sa.Column("taken", sa.Integer, nullable=False),
        sa.CheckConstraint("taken >= 0 AND taken <= places", name="tour_day_places"),
    )
    op.create_table(
        "tour_party",
        _of("row_id", primary_key=True, autoincrement=False),
        sa.Column("product_id", sa.BigInteger, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
    )
    op.create_index("ix_tour_party_product_day", "tour_party", ["product_id", "day"])


def _learning() -> None:
    op.create_table(
        "course_place",
        _of("course_id", primary_key=True, autoincrement=False),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("places", sa.Integer, nullable=False),
        sa.Column("taken", sa.Integer, nullable=False),
        sa.Column("drawn", sa.Integer, nullable=False),
        sa.CheckConstraint("taken >= 0 AND taken <= places", name="course_place_taken"),
    )
    op.create_index("ix_course_place_community", "course_place", ["community"])
    op.create_table(
        "enrolment",
        _of("row_id", primary_key=True, autoincrement=False),
        _course(),
        sa.Column("person_id", sa.BigInteger, nullable=False),
        sa.Column("ticket", sa.Integer, nullable=False),
        sa.Column("standing", sa.String(10), nullable=False),
    )
    op.create_index("uq_enrolment_course_ticket", "enrolment", ["course_id", "ticket"], unique=True)
    op.create_index("ix_enrolment_course_standing", "enrolment", ["course_id", "standing", "ticket"])
    op.create_index("ix_enrolment_person", "enrolment", ["person_id", "course_id"])
    op.create_table(
        "course_session",
        _of("row_id", primary_key=True, autoincrement=False),
        _course(),
        sa.Column("starts", sa.BigInteger, nullable=False),
        sa.Column("ends", sa.BigInteger, nullable=False),
        sa.Column("voided", sa.Boolean, nullable=False),
    )
    op.create_index("ix_course_session_course", "course_session", ["course_id", "starts"])


def _course() -> sa.Column[int]:
    return sa.Column("course_id", sa.BigInteger, sa.ForeignKey("course_place.course_id"), nullable=False)


def downgrade() -> None:
    for table in ("course_session", "enrolment", "course_place", "tour_party", "tour_day", "booking_slot"):
        op.drop_table(table)
