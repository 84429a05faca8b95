"""Tokens for communities and a time, accounts of identity providers, known devices, refusals summed up"""

import time

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

YEAR_US = 365 * 86_400 * 1_000_000


def upgrade() -> None:
    _tokens()
    op.create_table(
        "app_user_identity",
        sa.Column("issuer", sa.String(255), primary_key=True),
        sa.Column("subject", sa.String(255), primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("app_user.id"), nullable=False),
        sa.Column("bound", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("issuer", "user_id", name="uq_app_user_identity_issuer"),
    )
    op.create_table(
        "known_device",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("app_user.id"), primary_key=True),
        sa.Column("last_seen", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "sign_in_refused",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("source", sa.String(80), primary_key=True),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("untold", sa.Integer, nullable=False),
    )
    _failures()


def _tokens() -> None:
    # A token that was revoked is no token any more; the audit trail tells of it.
    op.execute("DELETE FROM api_token WHERE revoked IS NOT NULL")
    with op.batch_alter_table("api_token") as token:
        token.add_column(sa.Column("expires", sa.BigInteger))
        token.add_column(sa.Column("last_used", sa.BigInteger))
    # Those that are in use go on as they did, for a year.
    expires = time.time_ns() // 1000 + YEAR_US
    op.execute(sa.text("UPDATE api_token SET expires = :at").bindparams(at=expires))
    with op.batch_alter_table("api_token") as token:
        token.alter_column("expires", existing_type=sa.BigInteger, nullable=False)
        token.drop_column("revoked")
    # Last, since SQLite makes a table anew to change it, and lets none go that rows point to.
    op.create_table(
        "api_token_community",
        sa.Column("token_id", sa.Integer, sa.ForeignKey("api_token.id"), primary_key=True),
        sa.Column("community", sa.String(64), primary_key=True),
    )
    op.execute("INSERT INTO api_token_community (token_id, community) SELECT id, '*' FROM api_token")


def _failures() -> None:
    """What was counted by name alone counts for the name as a whole."""
    # Not renamed: on PostgreSQL the old table would keep the name of the new one's key.
    rows = op.get_bind().execute(sa.text("SELECT name, failures, last FROM sign_in_failure")).all()
    op.drop_table("sign_in_failure")
    made = op.create_table(
        "sign_in_failure",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("source", sa.String(80), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(made, [row._asdict() | {"source": ""} for row in rows])


def downgrade() -> None:
    for table in ("sign_in_refused", "known_device", "app_user_identity", "sign_in_failure", "api_token_community"):
        op.drop_table(table)
    op.create_table(
        "sign_in_failure",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
    )
    with op.batch_alter_table("api_token") as token:
        token.add_column(sa.Column("revoked", sa.BigInteger))
        token.drop_column("expires")
        token.drop_column("last_used")
