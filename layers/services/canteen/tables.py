"""What stands behind meals: prices by day, meals, the postings of their money, what is closed, what was paid.

A posting is only ever added, and never to a day that is closed; a closing is only ever added. Triggers hold that
(migration 0028), as they hold that no two prices have a day in common.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from layers.services.registers.tables import NUMBER
from store.metadata import metadata

FIRST_PORTION = text("voided_day IS NULL AND NOT second")

canteen_price = Table(
    "canteen_price",
    metadata,
    Column("row_id", BigInteger, ForeignKey("register_row.id"), primary_key=True, autoincrement=False),
    Column("community", String(64), nullable=False),
    Column("since", String(10), nullable=False),
    # The last day; none: until the next price.
    Column("until", String(10)),
    Column("price", Integer, nullable=False),
    # Tiers as JSON: code, least age or null, what the guest pays, who pays the rest.
    Column("tiers", Text, nullable=False),
    Column("voided", Boolean, nullable=False),
    CheckConstraint("price >= 0", name="ck_canteen_price_price"),
    CheckConstraint("until IS NULL OR until >= since", name="ck_canteen_price_until"),
    Index("ix_canteen_price_community_since", "community", "since"),
)

canteen_meal = Table(
    "canteen_meal",
    metadata,
    Column("row_id", BigInteger, ForeignKey("register_row.id"), primary_key=True, autoincrement=False),
    Column("community", String(64), nullable=False),
    Column("person", BigInteger, ForeignKey("register_row.id"), nullable=False),
    Column("day", String(10), nullable=False),
    Column("meal", String(16), nullable=False),
    Column("second", Boolean, nullable=False),
    Column("policy", BigInteger, ForeignKey("canteen_price.row_id"), nullable=False),
    Column("tier", String(16), nullable=False),
    Column("price", Integer, nullable=False),
    Column("by_guest", Integer, nullable=False),
    Column("by_cooperative", Integer, nullable=False),
    Column("by_other", Integer, nullable=False),
    # The day of account that it was posted in, and the one that it was taken back in.
    Column("account_day", String(10), nullable=False),
    Column("voided_day", String(10)),
    CheckConstraint("by_guest + by_cooperative + by_other = price", name="ck_canteen_meal_balance"),
    CheckConstraint("by_guest >= 0 AND by_cooperative >= 0 AND by_other >= 0", name="ck_canteen_meal_paid"),
    Index(
        "uq_canteen_meal_first_portion",
        "community",
        "person",
        "day",
        "meal",
        unique=True,
        sqlite_where=FIRST_PORTION,
        postgresql_where=FIRST_PORTION,
    ),
    Index("ix_canteen_meal_policy", "policy", "day"),
    Index("ix_canteen_meal_account_day", "community", "account_day"),
    Index("ix_canteen_meal_voided_day", "community", "voided_day"),
)

canteen_posting = Table(
    "canteen_posting",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("account_day", String(10), nullable=False),
    Column("meal_id", BigInteger, ForeignKey("canteen_meal.row_id"), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("payer", String(24), nullable=False),
    Column("fen", Integer, nullable=False),
    # 1 or -1 on one of a meal's postings and 0 on the others, so that meals add up as money does.
    Column("meals", Integer, nullable=False),
    Column("tier", String(16), nullable=False),
    Column("meal", String(16), nullable=False),
    Column("meal_day", String(10), nullable=False),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("meal_id", "kind", "payer", name="uq_canteen_posting_meal_id_kind_payer"),
    CheckConstraint(
        "(kind = 'entry' AND fen >= 0) OR (kind = 'reversal' AND fen <= 0)", name="ck_canteen_posting_sign"
    ),
    Index("ix_canteen_posting_community_account_day", "community", "account_day"),
)

canteen_closing = Table(
    "canteen_closing",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("kind", String(8), nullable=False),
    # 2026-11-27 or 2026-11, and the last day that is closed with it.
    Column("period", String(10), nullable=False),
    Column("through", String(10), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(100), nullable=False),
    # Sums by payer and tier, as JSON.
    Column("sums", Text, nullable=False),
    # Over sums and postings, and the digest of the closing before.
    Column("digest", String(64), nullable=False),
    Column("previous", String(64), nullable=False),
    UniqueConstraint("community", "kind", "period", name="uq_canteen_closing_community_kind_period"),
    Index("ix_canteen_closing_community_through", "community", "through"),
)

canteen_payment = Table(
    "canteen_payment",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("row_id", BigInteger, ForeignKey("register_row.id"), nullable=False),
    Column("community", String(64), nullable=False),
    Column("payer", String(24), nullable=False),
    Column("month", String(7), nullable=False),
    # Below 0 where a payment is taken back.
    Column("fen", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_canteen_payment_community_month", "community", "month"),
)
