"""A step made on a phone has an id and a time of its own, so that it is taken once; phones are called"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

INDEX = "uq_grid_event_transition_ref"


def upgrade() -> None:
    op.add_column("grid_event_transition", sa.Column("ref", sa.String(64)))
    op.add_column("grid_event_transition", sa.Column("made", sa.BigInteger))
    op.create_index(INDEX, "grid_event_transition", ["event_id", "actor", "ref"], unique=True)
    op.add_column("webhook", sa.Column("person", sa.String(80)))
    op.create_table(
        "push_key",
        sa.Column("community", sa.String(64), primary_key=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("push_key")
    op.drop_column("webhook", "person")
    op.drop_index(INDEX, "grid_event_transition")
    op.drop_column("grid_event_transition", "made")
    op.drop_column("grid_event_transition", "ref")
