"""Names and phones of staff, what they chose, by what sessions are known, what notices are of, backups"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

COLUMNS = {
    "app_user": (
        sa.Column("real_name", sa.LargeBinary),
        sa.Column("phone", sa.LargeBinary),
        sa.Column("theme", sa.String(16)),
        sa.Column("unwanted", sa.Text),
        sa.Column("first_hour_away", sa.BigInteger),
    ),
    "user_session": (sa.Column("agent", sa.String(200)), sa.Column("source", sa.String(80))),
    "notice": (sa.Column("severity", sa.String(16)), sa.Column("category", sa.String(64))),
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for column in columns:
            op.add_column(table, column.copy())
    op.create_table(
        "database_backup",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("file", sa.String(300), nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("began", sa.BigInteger, nullable=False),
        sa.Column("moved", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.BigInteger),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.String(300)),
    )


def downgrade() -> None:
    op.drop_table("database_backup")
    for table, columns in COLUMNS.items():
        with op.batch_alter_table(table) as changed:
            for column in columns:
                changed.drop_column(column.name)
