"""Registers: rows, their versions, and the values that they are found by"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

STANDS = sa.text("key IS NOT NULL AND NOT voided")
STANDS_LITE = sa.text("key IS NOT NULL AND voided = 0")
SEALED = sa.text("sealed IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "register_row",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        *_of(),
        sa.Column("reference", sa.String(128)),
        sa.Column("key", sa.String(300)),
        sa.Column("seq", sa.Integer, nullable=False),
        *_content(),
        sa.Column("created", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_register_row_community_register", "register_row", ["community", "register", "voided", "id"])
    op.create_index("uq_register_row_reference", "register_row", ["community", "register", "reference"], unique=True)
    op.create_index(
        "uq_register_row_key",
        "register_row",
        ["community", "register", "key"],
        unique=True,
        sqlite_where=STANDS_LITE,
        postgresql_where=STANDS,
    )
    op.create_index(
        "ix_register_row_sealed",
        "register_row",
        ["community", "register", "at"],
        sqlite_where=SEALED,
        postgresql_where=SEALED,
    )
    op.create_table(
        "register_version",
        _row(),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        *_of(),
        sa.Column("action", sa.String(10), nullable=False),
        *_content(),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("ix_register_version_community_register_at", "register_version", ["community", "register", "at"])
    op.create_table(
        "register_value",
        _row(),
        sa.Column("field", sa.String(40), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        *_of(),
        sa.Column("text", sa.String(200)),
        sa.Column("number", sa.Float),
    )
    for kind in ("text", "number"):
        columns = ["community", "register", "field", kind, "row_id"]
        op.create_index(f"ix_register_value_{kind}", "register_value", columns)


def _row() -> sa.Column[int]:
    return sa.Column("row_id", sa.BigInteger, sa.ForeignKey("register_row.id"), primary_key=True, autoincrement=False)


def _of() -> list[sa.Column[str]]:
    return [sa.Column("community", sa.String(64), nullable=False), sa.Column("register", sa.String(40), nullable=False)]


def _content() -> list[sa.Column[object]]:
    return [
        sa.Column("state", sa.String(40)),
        sa.Column("voided", sa.Boolean, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
    ]


def downgrade() -> None:
    for table in ("register_value", "register_version", "register_row"):
        op.drop_table(table)
