"""Tables of the shell: the tokens of the HTTP API."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table, UniqueConstraint

from store.metadata import metadata

api_token = Table(
    "api_token",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(80), nullable=False),
    Column("role", String(16), nullable=False),
    Column("token_hash", String(64), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("last_used", BigInteger),
    UniqueConstraint("token_hash", name="uq_api_token_token_hash"),
    UniqueConstraint("name", name="uq_api_token_name"),
)

api_token_community = Table(
    "api_token_community",
    metadata,
    Column("token_id", Integer, ForeignKey("api_token.id"), primary_key=True),
    # "*": everywhere.
    Column("community", String(64), primary_key=True),
)
