"""Places of courses, who has one and who waits in which order, and when lessons are."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table

from store.metadata import metadata

# The rows of other registers are named by what stands here of them, never by the registers' own table: whoever changes
# such a row has locked it, and would wait for who enters what names it, who waits for them.
course_place = Table(
    "course_place",
    metadata,
    Column("course_id", BigInteger, ForeignKey("register_row.id"), primary_key=True, autoincrement=False),
    Column("community", String(64), nullable=False),
    Column("places", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    # The last number that was drawn by who came to enrol.
    Column("drawn", Integer, nullable=False),
    CheckConstraint("taken >= 0 AND taken <= places", name="course_place_taken"),
    Index("ix_course_place_community", "community"),
)

enrolment = Table(
    "enrolment",
    metadata,
    Column("row_id", BigInteger, ForeignKey("register_row.id"), primary_key=True, autoincrement=False),
    Column("course_id", BigInteger, ForeignKey("course_place.course_id"), nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("ticket", Integer, nullable=False),
    Column("standing", String(10), nullable=False),
    Index("uq_enrolment_course_ticket", "course_id", "ticket", unique=True),
    Index("ix_enrolment_course_standing", "course_id", "standing", "ticket"),
    Index("ix_enrolment_person", "person_id", "course_id"),
)

course_session = Table(
    "course_session",
    metadata,
    Column("row_id", BigInteger, ForeignKey("register_row.id"), primary_key=True, autoincrement=False),
    Column("course_id", BigInteger, ForeignKey("course_place.course_id"), nullable=False),
    Column("starts", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Column("voided", Boolean, nullable=False),
    Index("ix_course_session_course", "course_id", "starts"),
)
