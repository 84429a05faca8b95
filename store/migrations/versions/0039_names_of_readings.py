"""By which name a reading came, so that a word for a metric can be taken back; and what is to go back"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reading", sa.Column("said", sa.Integer))
    op.add_column("reading_hour", sa.Column("said", sa.Integer))
    op.create_table(
        "word_return",
        sa.Column("said", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("series_id", sa.Integer, primary_key=True, autoincrement=False),
    )


def downgrade() -> None:
    op.drop_table("word_return")
    op.drop_column("reading_hour", "said")
    op.drop_column("reading", "said")
