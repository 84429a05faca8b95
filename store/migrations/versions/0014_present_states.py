"""The present state of an event and of a matter as a row, kept by the database itself with each step"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KEPT = {
    "grid_event": ("event_id", "grid_event_transition", "state, seq, level, assignee, rating, due, warn, at"),
    "matter": ("matter_id", "matter_step", "state, seq, at"),
}
"""What has steps -> (its key in them, their table, what of the newest step is its present state)."""


def upgrade() -> None:
    op.create_table(
        "grid_event_present",
        sa.Column("event_id", sa.String(32), sa.ForeignKey("grid_event.id"), primary_key=True),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("assignee", sa.String(80)),
        sa.Column("rating", sa.Integer),
        sa.Column("due", sa.BigInteger),
        sa.Column("warn", sa.BigInteger),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_grid_event_present_community_state", "grid_event_present", ["community", "state"])
    op.create_index("ix_grid_event_transition_state_at", "grid_event_transition", ["state", "at"])
    op.create_table(
        "matter_present",
        sa.Column("matter_id", sa.String(32), sa.ForeignKey("matter.id"), primary_key=True),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_matter_present_community_state", "matter_present", ["community", "state"])
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for thing, (key, steps, columns) in KEPT.items():
        op.execute(_newest(thing, key, steps, columns, f"SELECT max(seq) FROM {steps} WHERE {key} = s.{key}"))  # noqa: S608
        (_triggers_of_sqlite if is_sqlite else _trigger_of_postgresql)(thing, key, steps, columns)


def _newest(thing: str, key: str, steps: str, columns: str, which: str, of: str = "") -> str:
    listed = ", ".join(f"s.{name.strip()}" for name in columns.split(","))
    return (
        f"INSERT INTO {thing}_present ({key}, community, {columns}) SELECT s.{key}, e.community, {listed}"  # noqa: S608
        f" FROM {steps} s JOIN {thing} e ON e.id = s.{key} WHERE s.seq = ({which}){of}"
    )


def _again(thing: str, key: str, steps: str, columns: str, row: str) -> str:
    which = f"SELECT max(seq) FROM {steps} WHERE {key} = {row}.{key}"  # noqa: S608
    filled = _newest(thing, key, steps, columns, which, f" AND s.{key} = {row}.{key}")
    return f"DELETE FROM {thing}_present WHERE {key} = {row}.{key}; {filled};"  # noqa: S608


def _triggers_of_sqlite(thing: str, key: str, steps: str, columns: str) -> None:
    for what, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        body = _again(thing, key, steps, columns, row)
        op.execute(f"CREATE TRIGGER {thing}_present_{what.lower()} AFTER {what} ON {steps} BEGIN {body} END")


def _trigger_of_postgresql(thing: str, key: str, steps: str, columns: str) -> None:
    body = "".join(
        f"IF TG_OP {'=' if row == 'OLD' else '<>'} 'DELETE' THEN {_again(thing, key, steps, columns, row)} END IF; "
        for row in ("NEW", "OLD")
    )
    op.execute(
        f"CREATE FUNCTION {thing}_present() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {thing}_present AFTER INSERT OR UPDATE OR DELETE ON {steps}"
        f" FOR EACH ROW EXECUTE FUNCTION {thing}_present()"
    )


def downgrade() -> None:
    op.drop_index("ix_grid_event_transition_state_at", "grid_event_transition")
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for thing, (_key, steps, _columns) in KEPT.items():
        if is_sqlite:
            for what in ("insert", "update", "delete"):
                op.execute(f"DROP TRIGGER {thing}_present_{what}")
        else:
            op.execute(f"DROP TRIGGER {thing}_present ON {steps}")
            op.execute(f"DROP FUNCTION {thing}_present()")
        op.drop_table(f"{thing}_present")
