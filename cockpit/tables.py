"""Tables of the shell: the tokens of the HTTP API."""

from sqlalchemy import BigInteger, Column, Integer, String, Table, UniqueConstraint

from store.metadata import metadata

api_token = Table(
    "api_token",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(80), nullable=False),
    Column("role", String(16), nullable=False),
    Column("token_hash", String(64), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("revoked", BigInteger),
    UniqueConstraint("token_hash", name="uq_api_token_token_hash"),
    UniqueConstraint("name", name="uq_api_token_name"),
)
