"""The events of a period, by when they were reported"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_grid_event_community_received", "grid_event", ["community", "received"])


def downgrade() -> None:
    op.drop_index("ix_grid_event_community_received", "grid_event")
