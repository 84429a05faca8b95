"""Tables of people: users, where their role holds, sessions, invitations, devices, displays. Secrets are hashed."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, String, Table, Text, UniqueConstraint

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
    # None: as the browser asks.
    Column("language", String(16)),
    # What is personal of staff: sealed.
    Column("real_name", LargeBinary),
    Column("phone", LargeBinary),
    # None: dark.
    Column("theme", String(16)),
    # Kinds of notices, parted by spaces, that this person does not want.
    Column("unwanted", Text),
    # When an admin put the checklist of the first hour away.
    Column("first_hour_away", BigInteger),
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
    # By what its owner knows it again: the browser, and the address it came from.
    Column("agent", String(200)),
    Column("source", String(80)),
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

# An account of an identity provider, bound at its first sign-in: from then on only this pair counts, not the name.
app_user_identity = Table(
    "app_user_identity",
    metadata,
    Column("issuer", String(255), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("user_id", Integer, ForeignKey("app_user.id"), nullable=False),
    Column("bound", BigInteger, nullable=False),
    UniqueConstraint("issuer", "user_id", name="uq_app_user_identity_issuer"),
)

# A browser that a user has signed in with before.
known_device = Table(
    "known_device",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", Integer, ForeignKey("app_user.id"), primary_key=True),
    Column("last_seen", BigInteger, nullable=False),
)

# Tries that failed: of a name from a source, of a source as a whole (name ""), of a name as a whole (source "").
sign_in_failure = Table(
    "sign_in_failure",
    metadata,
    Column("name", String(80), primary_key=True),
    # An address, a network, or a known device.
    Column("source", String(80), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last", BigInteger, nullable=False),
)

# Refusals that are to be told in the audit trail, summed up: a row there for each name, source and while.
sign_in_refused = Table(
    "sign_in_refused",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("source", String(80), primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("untold", Integer, nullable=False),
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
    Column("language", String(16)),
    UniqueConstraint("name", name="uq_display_name"),
    UniqueConstraint("token_hash", name="uq_display_token_hash"),
)
