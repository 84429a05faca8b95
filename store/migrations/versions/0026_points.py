"""Points: accounts, entries, lots and policies; goods in stock. The database adds each entry to the sums by itself"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

SUMS = {
    "points_entry": (
        "UPDATE points_account SET balance = balance + CASE WHEN id = NEW.target THEN NEW.amount ELSE -NEW.amount END"
        " WHERE id IN (NEW.source, NEW.target);"
    ),
    "points_lot_use": "UPDATE points_lot SET rest = rest - NEW.amount WHERE entry_id = NEW.lot_id;",
    "goods_movement": "UPDATE goods_stock SET pieces = pieces + NEW.pieces WHERE row_id = NEW.goods;",
}
"""What is only ever added -> which sum each row of it changes."""
OPEN = {"points_entry": "memo"}
"""What somebody wrote in it: a name must go out of it again, where its owner asks for that."""
TABLES = (
    "goods_movement",
    "goods_stock",
    "points_lot_use",
    "points_lot",
    "points_policy",
    "points_entry",
    "points_account",
)


def upgrade() -> None:
    _accounts()
    _lots()
    _goods()
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, sum_up in SUMS.items():
        (_triggers_of_sqlite if is_sqlite else _triggers_of_postgresql)(table, sum_up)


def _accounts() -> None:
    op.create_table(
        "points_account",
        _number(),
        _community(),
        sa.Column("person", sa.BigInteger, sa.ForeignKey("register_row.id")),
        sa.Column("code", sa.String(16)),
        sa.Column("balance", sa.BigInteger, nullable=False),
        sa.Column("opened", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("community", "id"),
        sa.UniqueConstraint("community", "person"),
        sa.UniqueConstraint("community", "code"),
        sa.CheckConstraint("(person IS NULL) <> (code IS NULL)", "owner"),
        sa.CheckConstraint("person IS NULL OR balance >= 0", "balance"),
    )
    account = ["points_account.community", "points_account.id"]
    op.create_table(
        "points_entry",
        _number(),
        _community(),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("source", sa.BigInteger, nullable=False),
        sa.Column("target", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("memo", sa.Text, nullable=False),
        sa.Column("reference", sa.String(128)),
        sa.Column("row_id", sa.BigInteger, sa.ForeignKey("register_row.id")),
        sa.Column("reverses", sa.BigInteger, sa.ForeignKey("points_entry.id"), unique=True),
        sa.ForeignKeyConstraint(["community", "source"], account),
        sa.ForeignKeyConstraint(["community", "target"], account),
        sa.UniqueConstraint("community", "reference"),
        sa.CheckConstraint("amount > 0", "amount"),
        sa.CheckConstraint("source <> target", "sides"),
    )
    op.create_index("ix_points_entry_community_at", "points_entry", ["community", "at"])
    op.create_index("ix_points_entry_source", "points_entry", ["source", "id"])
    op.create_index("ix_points_entry_target", "points_entry", ["target", "id"])
    op.create_index("ix_points_entry_row_id", "points_entry", ["row_id"])


def _lots() -> None:
    op.create_table(
        "points_policy",
        _of("row_id", "register_row.id"),
        _community(),
        sa.Column("earning", sa.String(40), nullable=False),
        sa.Column("since", sa.String(10), nullable=False),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("months", sa.Integer),
        sa.UniqueConstraint("community", "earning", "since"),
        sa.CheckConstraint("points >= 0", "points"),
        sa.CheckConstraint("months > 0", "months"),
    )
    op.create_table(
        "points_lot",
        _of("entry_id", "points_entry.id"),
        _community(),
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("points_account.id"), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("rest", sa.BigInteger, nullable=False),
        sa.Column("until", sa.String(10)),
        sa.Column("earning", sa.String(40), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("policy", sa.BigInteger, sa.ForeignKey("points_policy.row_id")),
        sa.CheckConstraint("rest >= 0 AND rest <= amount", "rest"),
    )
    op.create_index("ix_points_lot_account_id", "points_lot", ["account_id", "entry_id"])
    op.create_index("ix_points_lot_community_until", "points_lot", ["community", "until"])
    op.create_index("ix_points_lot_community_earning_day", "points_lot", ["community", "earning", "day"])
    op.create_index("ix_points_lot_policy", "points_lot", ["policy"])
    op.create_table(
        "points_lot_use",
        _of("entry_id", "points_entry.id"),
        _of("lot_id", "points_lot.entry_id"),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.CheckConstraint("amount <> 0", "amount"),
    )
    op.create_index("ix_points_lot_use_lot_id", "points_lot_use", ["lot_id"])


def _goods() -> None:
    op.create_table(
        "goods_stock",
        _of("row_id", "register_row.id"),
        _community(),
        sa.Column("origin", sa.String(200), nullable=False),
        sa.Column("price", sa.BigInteger, nullable=False),
        sa.Column("pieces", sa.BigInteger, nullable=False),
        sa.Column("voided", sa.Boolean, nullable=False),
        sa.CheckConstraint("pieces >= 0", "pieces"),
        sa.CheckConstraint("price > 0", "price"),
    )
    op.create_index("ix_goods_stock_community_origin", "goods_stock", ["community", "origin"])
    op.create_table(
        "goods_movement",
        _number(),
        _community(),
        sa.Column("goods", sa.BigInteger, sa.ForeignKey("goods_stock.row_id"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("row_id", sa.BigInteger, sa.ForeignKey("register_row.id"), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("pieces", sa.BigInteger, nullable=False),
        sa.CheckConstraint("pieces <> 0", "pieces"),
    )
    op.create_index("ix_goods_movement_goods_at", "goods_movement", ["goods", "at"])
    op.create_index("ix_goods_movement_row_id", "goods_movement", ["row_id"])


def _number() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("id", kind, primary_key=True, autoincrement=True)


def _community() -> sa.Column[str]:
    return sa.Column("community", sa.String(64), nullable=False)


def _of(name: str, to: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, sa.ForeignKey(to), primary_key=True, autoincrement=False)


def _triggers_of_sqlite(table: str, sum_up: str) -> None:
    op.execute(f"CREATE TRIGGER {table}_sums AFTER INSERT ON {table} BEGIN {sum_up} END")
    for what, when in (("update", _change(table)), ("delete", "DELETE")):
        refused = f"SELECT RAISE(ABORT, '{table}: rows are only ever added');"
        op.execute(f"CREATE TRIGGER {table}_stays_{what} BEFORE {when} ON {table} BEGIN {refused} END")


def _triggers_of_postgresql(table: str, sum_up: str) -> None:
    refused = f"RAISE EXCEPTION '{table}: rows are only ever added';"
    for name, body, when in (
        ("sums", f"{sum_up} RETURN NULL;", "AFTER INSERT"),
        ("stays", refused, f"BEFORE {_change(table)} OR DELETE"),
    ):
        made = f"CREATE FUNCTION {table}_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
        op.execute(made)
        op.execute(f"CREATE TRIGGER {table}_{name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_{name}()")


def _change(table: str) -> str:
    if table not in OPEN:
        return "UPDATE"
    columns = sa.inspect(op.get_bind()).get_columns(table)
    return "UPDATE OF " + ", ".join(one["name"] for one in columns if one["name"] != OPEN[table])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        for table in SUMS:
            for name in ("sums", "stays"):
                op.execute(f"DROP FUNCTION {table}_{name}()")
