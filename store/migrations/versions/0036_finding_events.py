"""What events are found by, with an index of the pairs of signs in it; and views of lists that people keep"""

import re
from itertools import pairwise

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

AT_ONCE = 1_000
RUN = re.compile(r"[^\W_]+")
UNDONE = sa.text("action = 'undone'")


def upgrade() -> None:
    op.create_table(
        "grid_event_search",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("event_id", sa.String(32), sa.ForeignKey("grid_event.id"), nullable=False),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("reporter", sa.String(80), nullable=False),
        sa.Column("pairs", sa.Text, nullable=False),
    )
    op.create_index("uq_grid_event_search_event_id", "grid_event_search", ["event_id"], unique=True)
    op.create_index("ix_grid_event_present_community_assignee", "grid_event_present", ["community", "assignee"])
    op.create_index(
        "ix_grid_event_transition_undone",
        "grid_event_transition",
        ["event_id", "seq"],
        sqlite_where=UNDONE,
        postgresql_where=UNDONE,
    )
    op.create_table(
        "saved_view",
        sa.Column("account", sa.String(100), primary_key=True),
        sa.Column("community", sa.String(64), primary_key=True),
        sa.Column("page", sa.String(40), primary_key=True),
        sa.Column("name", sa.String(60), primary_key=True),
        sa.Column("asked", sa.String(2000), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        _index_of_sqlite()
    else:
        op.execute(
            "CREATE INDEX ix_grid_event_search_pairs ON grid_event_search USING gin (string_to_array(pairs, ' '))"
        )
    _fill(op.get_bind())


def _index_of_sqlite() -> None:
    op.execute(
        "CREATE VIRTUAL TABLE grid_event_pairs USING fts5(pairs, content='grid_event_search', content_rowid='number',"
        " detail=none, columnsize=0, tokenize='unicode61 remove_diacritics 0')"
    )
    op.execute(
        "CREATE TRIGGER grid_event_search_insert AFTER INSERT ON grid_event_search BEGIN"
        " INSERT INTO grid_event_pairs(rowid, pairs) VALUES (NEW.number, NEW.pairs); END"
    )
    op.execute(
        "CREATE TRIGGER grid_event_search_delete AFTER DELETE ON grid_event_search BEGIN"
        " INSERT INTO grid_event_pairs(grid_event_pairs, rowid, pairs) VALUES ('delete', OLD.number, OLD.pairs); END"
    )


def _fill(connection: sa.Connection) -> None:
    """What there is already is found too."""
    event = sa.table("grid_event", *map(sa.column, ("id", "community", "title", "detail", "reporter")))
    kept = sa.table("grid_event_search", *map(sa.column, ("event_id", "community", "said", "reporter", "pairs")))
    last = ""
    while True:
        asked = sa.select(event).where(event.c.id > last).order_by(event.c.id).limit(AT_ONCE)
        found = connection.execute(asked).all()
        if not found:
            return
        connection.execute(sa.insert(kept), [_found_by(*row) for row in found])
        last = found[-1].id


def _found_by(number: str, community: str, title: str, detail: str, reporter: str) -> dict[str, str]:
    said, who = f"{title}\n{detail}".lower(), (reporter.partition(":")[2] or reporter).lower()
    runs = RUN.findall(f"{said}\n{who}\n{number.lower()}")
    pairs = {"".join(pair) for run in runs for pair in pairwise(run)}
    return {"event_id": number, "community": community, "said": said, "reporter": who, "pairs": " ".join(sorted(pairs))}


def downgrade() -> None:
    op.drop_table("saved_view")
    op.drop_index("ix_grid_event_transition_undone", "grid_event_transition")
    op.drop_index("ix_grid_event_present_community_assignee", "grid_event_present")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE grid_event_pairs")
    op.drop_table("grid_event_search")
