"""Accounts, entries and lots of points; policies; goods in stock. Sums are kept by the database with each row.

Entries, what they draw from lots, and movements of stock are only ever added: triggers of the migration refuse anything
else, and add each to the balance, the rest of the lot, the pieces in stock, which CHECK keeps from falling below zero.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from layers.services.registers.tables import NUMBER
from store.metadata import metadata

points_account = Table(
    "points_account",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    # Whose it is: a row of the register of persons; else one of the community's own (accounts.toml).
    Column("person", BigInteger, ForeignKey("register_row.id")),
    Column("code", String(16)),
    Column("balance", BigInteger, nullable=False),
    Column("opened", BigInteger, nullable=False),
    UniqueConstraint("community", "id"),
    UniqueConstraint("community", "person"),
    UniqueConstraint("community", "code"),
    CheckConstraint("(person IS NULL) <> (code IS NULL)", "owner"),
    CheckConstraint("person IS NULL OR balance >= 0", "balance"),
)

points_entry = Table(
    "points_entry",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("source", BigInteger, nullable=False),
    Column("target", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("memo", Text, nullable=False),
    # Whoever posts it may name it: the same reference is the same entry.
    Column("reference", String(128)),
    # The row of a register that it follows from.
    Column("row_id", BigInteger, ForeignKey("register_row.id")),
    Column("reverses", BigInteger, ForeignKey("points_entry.id"), unique=True),
    # Both accounts are of the entry's community.
    ForeignKeyConstraint(["community", "source"], ["points_account.community", "points_account.id"]),
    ForeignKeyConstraint(["community", "target"], ["points_account.community", "points_account.id"]),
    UniqueConstraint("community", "reference"),
    CheckConstraint("amount > 0", "amount"),
    CheckConstraint("source <> target", "sides"),
    Index("ix_points_entry_community_at", "community", "at"),
    Index("ix_points_entry_source", "source", "id"),
    Index("ix_points_entry_target", "target", "id"),
    Index("ix_points_entry_row_id", "row_id"),
)

points_lot = Table(
    "points_lot",
    metadata,
    # The entry that earned it.
    Column("entry_id", BigInteger, ForeignKey("points_entry.id"), primary_key=True, autoincrement=False),
    Column("community", String(64), nullable=False),
    Column("account_id", BigInteger, ForeignKey("points_account.id"), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("rest", BigInteger, nullable=False),
    # The last day on which it holds, None: for ever.
    Column("until", String(10)),
    Column("earning", String(40), nullable=False),
    # The day that it was earned on, and the policy that it follows from.
    Column("day", String(10), nullable=False),
    Column("policy", BigInteger, ForeignKey("points_policy.row_id")),
    CheckConstraint("rest >= 0 AND rest <= amount", "rest"),
    Index("ix_points_lot_account_id", "account_id", "entry_id"),
    Index("ix_points_lot_community_until", "community", "until"),
    Index("ix_points_lot_community_earning_day", "community", "earning", "day"),
    Index("ix_points_lot_policy", "policy"),
)

points_lot_use = Table(
    "points_lot_use",
    metadata,
    # What an entry drew from a lot; below zero: gave back.
    Column("entry_id", BigInteger, ForeignKey("points_entry.id"), primary_key=True, autoincrement=False),
    Column("lot_id", BigInteger, ForeignKey("points_lot.entry_id"), primary_key=True, autoincrement=False),
    Column("amount", BigInteger, nullable=False),
    CheckConstraint("amount <> 0", "amount"),
    Index("ix_points_lot_use_lot_id", "lot_id"),
)

points_policy = Table(
    "points_policy",
    metadata,
    Column("row_id", BigInteger, ForeignKey("register_row.id"), primary_key=True, autoincrement=False),
    Column("community", String(64), nullable=False),
    Column("earning", String(40), nullable=False),
    Column("since", String(10), nullable=False),
    Column("points", Integer, nullable=False),
    Column("months", Integer),
    UniqueConstraint("community", "earning", "since"),
    CheckConstraint("points >= 0", "points"),
    CheckConstraint("months > 0", "months"),
)

goods_stock = Table(
    "goods_stock",
    metadata,
    Column("row_id", BigInteger, ForeignKey("register_row.id"), primary_key=True, autoincrement=False),
    Column("community", String(64), nullable=False),
    Column("origin", String(200), nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("pieces", BigInteger, nullable=False),
    Column("voided", Boolean, nullable=False),
    CheckConstraint("pieces >= 0", "pieces"),
    CheckConstraint("price > 0", "price"),
    Index("ix_goods_stock_community_origin", "community", "origin"),
)

goods_movement = Table(
    "goods_movement",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("goods", BigInteger, ForeignKey("goods_stock.row_id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    # The receipt or the redemption that it follows from.
    Column("row_id", BigInteger, ForeignKey("register_row.id"), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("pieces", BigInteger, nullable=False),
    CheckConstraint("pieces <> 0", "pieces"),
    Index("ix_goods_movement_goods_at", "goods", "at"),
    Index("ix_goods_movement_row_id", "row_id"),
)
