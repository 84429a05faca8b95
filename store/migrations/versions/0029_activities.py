"""Places of activities, who signed up and who waits; photos of the wall"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "activity_place",
        _row("activity_id"),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("places", sa.Integer, nullable=False),
        sa.Column("taken", sa.Integer, nullable=False),
        sa.Column("drawn", sa.Integer, nullable=False),
        sa.CheckConstraint("taken >= 0 AND taken <= places", name="activity_place_taken"),
    )
    op.create_index("ix_activity_place_community", "activity_place", ["community"])
    op.create_table(
        "sign_up",
        _row("row_id"),
        sa.Column("activity_id", sa.BigInteger, sa.ForeignKey("activity_place.activity_id"), nullable=False),
        sa.Column("person_id", sa.BigInteger, nullable=False),
        sa.Column("ticket", sa.Integer, nullable=False),
        sa.Column("standing", sa.String(10), nullable=False),
    )
    op.create_index("uq_sign_up_activity_ticket", "sign_up", ["activity_id", "ticket"], unique=True)
    op.create_index("ix_sign_up_activity_standing", "sign_up", ["activity_id", "standing", "ticket"])
    op.create_index("ix_sign_up_person", "sign_up", ["person_id", "activity_id"])
    op.create_table(
        "media_photo",
        _row("row_id"),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("jpeg", sa.LargeBinary),
    )


def _row(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, sa.ForeignKey("register_row.id"), primary_key=True, autoincrement=False)


def downgrade() -> None:
    for table in ("media_photo", "sign_up", "activity_place"):
        op.drop_table(table)
