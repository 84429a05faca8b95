"""A position has its time; who sent a refused message is part of it"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# As the detail of a refusal said it until now.
SENT_BY = re.compile(r"sent by '([a-z0-9][a-z0-9_-]{0,63})': |'([a-z0-9][a-z0-9_-]{0,63})' may not publish ")


def upgrade() -> None:
    op.add_column("device", sa.Column("position_ts", sa.BigInteger))
    op.add_column("quarantine", sa.Column("sender", sa.String(64)))
    kept = sa.table("quarantine", *(sa.column(name) for name in ("id", "detail", "sender")))
    connection = op.get_bind()
    told = sa.select(kept.c.id, kept.c.detail).where(
        kept.c.detail.like("sent by '%") | kept.c.detail.like("'%' may not publish %")
    )
    rows = [(row.id, SENT_BY.match(row.detail)) for row in connection.execute(told)]
    known = [{"number": number, "who": match[1] or match[2]} for number, match in rows if match is not None]
    if known:
        statement = sa.update(kept).where(kept.c.id == sa.bindparam("number"))
        connection.execute(statement.values(sender=sa.bindparam("who")), known)


def downgrade() -> None:
    op.drop_column("quarantine", "sender")
    op.drop_column("device", "position_ts")
