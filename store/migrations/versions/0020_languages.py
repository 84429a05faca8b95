"""The language that a user, or the wall of a display, is spoken to in"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("app_user", "display"):
        op.add_column(table, sa.Column("language", sa.String(16)))


def downgrade() -> None:
    for table in ("app_user", "display"):
        with op.batch_alter_table(table) as changed:
            changed.drop_column("language")
