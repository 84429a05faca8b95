"""How many rows were counted in a backup"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("database_backup", sa.Column("counted", sa.BigInteger))


def downgrade() -> None:
    op.drop_column("database_backup", "counted")
