"""Whether a database is a demonstration's, and which records that brought"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "demonstration",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seed", sa.String(64), nullable=False),
        sa.Column("began", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "demonstration_record",
        sa.Column("community", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(120), primary_key=True),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("ref", sa.String(64), nullable=False),
    )
    op.create_index("ix_demonstration_record_kind_ref", "demonstration_record", ["community", "kind", "ref"])


def downgrade() -> None:
    op.drop_table("demonstration_record")
    op.drop_table("demonstration")
