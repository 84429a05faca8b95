"""The canteen: prices by day, meals, postings, closings, payments; what is posted or closed never changes"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

FIRST_PORTION = sa.text("voided_day IS NULL AND NOT second")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
KEPT = ("canteen_meal", "canteen_posting", "canteen_closing", "canteen_payment")
MEAL_STANDS = "row_id, community, person, day, meal, second, policy, tier, price, by_guest, by_cooperative, by_other"
OVERLAPS = (
    "NOT NEW.voided AND EXISTS (SELECT 1 FROM canteen_price AS p"
    " WHERE p.community = NEW.community AND NOT p.voided AND p.row_id <> NEW.row_id"
    " AND (p.since = NEW.since OR (p.since < NEW.since AND p.until >= NEW.since)"
    " OR (NEW.since < p.since AND NEW.until >= p.since)))"
)
IS_CLOSED = (
    "EXISTS (SELECT 1 FROM canteen_closing AS c WHERE c.community = NEW.community AND c.through >= NEW.account_day)"
)


def upgrade() -> None:
    op.create_table(
        "canteen_price",
        _row(),
        _community(),
        sa.Column("since", sa.String(10), nullable=False),
        sa.Column("until", sa.String(10)),
        sa.Column("price", sa.Integer, nullable=False),
        sa.Column("tiers", sa.Text, nullable=False),
        sa.Column("voided", sa.Boolean, nullable=False),
        sa.CheckConstraint("price >= 0", name="ck_canteen_price_price"),
        sa.CheckConstraint("until IS NULL OR until >= since", name="ck_canteen_price_until"),
    )
    op.create_index("ix_canteen_price_community_since", "canteen_price", ["community", "since"])
    _meals()
    _postings()
    _closings()
    op.create_table(
        "canteen_payment",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("row_id", sa.BigInteger, sa.ForeignKey("register_row.id"), nullable=False),
        _community(),
        sa.Column("payer", sa.String(24), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("fen", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_canteen_payment_community_month", "canteen_payment", ["community", "month"])
    (_triggers_of_sqlite if op.get_bind().dialect.name == "sqlite" else _triggers_of_postgresql)()


def _meals() -> None:
    op.create_table(
        "canteen_meal",
        _row(),
        _community(),
        sa.Column("person", sa.BigInteger, sa.ForeignKey("register_row.id"), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("meal", sa.String(16), nullable=False),
        sa.Column("second", sa.Boolean, nullable=False),
        sa.Column("policy", sa.BigInteger, sa.ForeignKey("canteen_price.row_id"), nullable=False),
        sa.Column("tier", sa.String(16), nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("price", "by_guest", "by_cooperative", "by_other")),
        sa.Column("account_day", sa.String(10), nullable=False),
        sa.Column("voided_day", sa.String(10)),
        sa.CheckConstraint("by_guest + by_cooperative + by_other = price", name="ck_canteen_meal_balance"),
        sa.CheckConstraint("by_guest >= 0 AND by_cooperative >= 0 AND by_other >= 0", name="ck_canteen_meal_paid"),
    )
    op.create_index(
        "uq_canteen_meal_first_portion",
        "canteen_meal",
        ["community", "person", "day", "meal"],
        unique=True,
        sqlite_where=FIRST_PORTION,
        postgresql_where=FIRST_PORTION,
    )
    op.create_index("ix_canteen_meal_policy", "canteen_meal", ["policy", "day"])
    op.create_index("ix_canteen_meal_account_day", "canteen_meal", ["community", "account_day"])
    op.create_index("ix_canteen_meal_voided_day", "canteen_meal", ["community", "voided_day"])


def _postings() -> None:
    op.create_table(
        "canteen_posting",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        _community(),
        sa.Column("account_day", sa.String(10), nullable=False),
        sa.Column("meal_id", sa.BigInteger, sa.ForeignKey("canteen_meal.row_id"), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("payer", sa.String(24), nullable=False),
        sa.Column("fen", sa.Integer, nullable=False),
        sa.Column("meals", sa.Integer, nullable=False),
        sa.Column("tier", sa.String(16), nullable=False),
        sa.Column("meal", sa.String(16), nullable=False),
        sa.Column("meal_day", sa.String(10), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("meal_id", "kind", "payer", name="uq_canteen_posting_meal_id_kind_payer"),
        sa.CheckConstraint(
            "(kind = 'entry' AND fen >= 0) OR (kind = 'reversal' AND fen <= 0)", name="ck_canteen_posting_sign"
        ),
    )
    op.create_index("ix_canteen_posting_community_account_day", "canteen_posting", ["community", "account_day"])


def _closings() -> None:
    op.create_table(
        "canteen_closing",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        _community(),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("through", sa.String(10), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("sums", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.UniqueConstraint("community", "kind", "period", name="uq_canteen_closing_community_kind_period"),
    )
    op.create_index("ix_canteen_closing_community_through", "canteen_closing", ["community", "through"])


def _row() -> sa.Column[int]:
    return sa.Column("row_id", sa.BigInteger, sa.ForeignKey("register_row.id"), primary_key=True, autoincrement=False)


def _community() -> sa.Column[str]:
    return sa.Column("community", sa.String(64), nullable=False)


def _triggers_of_sqlite() -> None:
    for what in ("INSERT", "UPDATE"):
        _refused_by_sqlite(f"canteen_price_overlap_{what.lower()}", f"{what} ON canteen_price", OVERLAPS)
    _refused_by_sqlite("canteen_posting_closed", "INSERT ON canteen_posting", IS_CLOSED)
    for table in KEPT:
        of = f" OF {MEAL_STANDS}" if table == "canteen_meal" else ""
        _refused_by_sqlite(f"{table}_kept_update", f"UPDATE{of} ON {table}", "TRUE")
        _refused_by_sqlite(f"{table}_kept_delete", f"DELETE ON {table}", "TRUE")


def _refused_by_sqlite(name: str, when: str, condition: str) -> None:
    op.execute(f"CREATE TRIGGER {name} BEFORE {when} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{name}'); END")


def _triggers_of_postgresql() -> None:
    # Two that insert at once do not see each other's rows: they wait for each other.
    alone = "PERFORM pg_advisory_xact_lock(hashtextextended('canteen_price ' || NEW.community, 0));"
    _refused_by_postgresql("canteen_price_overlap", "INSERT OR UPDATE ON canteen_price", OVERLAPS, alone)
    _refused_by_postgresql("canteen_posting_closed", "INSERT ON canteen_posting", IS_CLOSED)
    for table in KEPT:
        of = f" OF {MEAL_STANDS}" if table == "canteen_meal" else ""
        _refused_by_postgresql(f"{table}_kept", f"UPDATE{of} OR DELETE ON {table}", "TRUE")


def _refused_by_postgresql(name: str, when: str, condition: str, first: str = "") -> None:
    refusal = f"RAISE EXCEPTION '{name}' USING ERRCODE = 'integrity_constraint_violation'"
    body = f"BEGIN {first} IF {condition} THEN {refusal}; END IF; RETURN NEW; END"
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute(f"CREATE TRIGGER {name} BEFORE {when} FOR EACH ROW EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    for table in ("canteen_payment", "canteen_closing", "canteen_posting", "canteen_meal", "canteen_price"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for name in ("canteen_price_overlap", "canteen_posting_closed", *(f"{table}_kept" for table in KEPT)):
            op.execute(f"DROP FUNCTION {name}()")
