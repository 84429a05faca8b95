"""Tables of people: users, where their role holds, sessions, invitations, displays. Secrets are kept as hashes."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table, UniqueConstraint

from store.metadata import metadata

app_user = Table(
    "app_user",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(80), nullable=False),
    Column("role", String(16), nullable=False),
    # argon2id; none until the invitation was taken up.
    Column("password_hash", String(200)),
    Column("created", BigInteger, nullable=False),
    Column("disabled", BigInteger),
    UniqueConstraint("name", name="uq_app_user_name"),
)

app_user_community = Table(
    "app_user_community",
    metadata,
    Column("user_id", Integer, ForeignKey("app_user.id"), primary_key=True),
    # "*": everywhere.
    Column("community", String(64), primary_key=True),
)

user_session = Table(
    "user_session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", Integer, ForeignKey("app_user.id"), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("ended", BigInteger),
)

invitation = Table(
    "invitation",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    # None: whoever has the link names the first admin.
    Column("user_id", Integer, ForeignKey("app_user.id")),
    Column("expires", BigInteger, nullable=False),
    Column("used", BigInteger),
)

sign_in_failure = Table(
    "sign_in_failure",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last", BigInteger, nullable=False),
)

display = Table(
    "display",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(80), nullable=False),
    Column("community", String(64), nullable=False),
    Column("token_hash", String(64), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("revoked", BigInteger),
    UniqueConstraint("name", name="uq_display_name"),
    UniqueConstraint("token_hash", name="uq_display_token_hash"),
)
