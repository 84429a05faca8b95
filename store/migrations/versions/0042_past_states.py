"""When an event came stands beside how it stands: what was open at a past time is found without all that ever was"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

KEPT = "state, seq, level, assignee, rating, due, warn, at"
"""What of its newest step an event stands with."""


def upgrade() -> None:
    _anew(has_received=True)


def downgrade() -> None:
    _anew(has_received=False)


def _anew(*, has_received: bool) -> None:
    """Make the table and what keeps it once more. All that it holds follows from the steps, so nothing is lost."""
    _take_off()
    op.create_table(
        "grid_event_present",
        sa.Column("event_id", sa.String(32), sa.ForeignKey("grid_event.id"), primary_key=True),
        sa.Column("community", sa.String(64), nullable=False),
        *([sa.Column("received", sa.BigInteger, nullable=False)] if has_received else []),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("assignee", sa.String(80)),
        sa.Column("rating", sa.Integer),
        sa.Column("due", sa.BigInteger),
        sa.Column("warn", sa.BigInteger),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.execute(_newest("SELECT max(seq) FROM grid_event_transition WHERE event_id = s.event_id", "", has_received))
    op.create_index("ix_grid_event_present_community_state", "grid_event_present", ["community", "state"])
    op.create_index("ix_grid_event_present_community_assignee", "grid_event_present", ["community", "assignee"])
    if has_received:
        columns = ["community", "at", "received", "event_id"]
        op.create_index("ix_grid_event_present_community_at", "grid_event_present", columns)
    if op.get_bind().dialect.name == "sqlite":
        for what, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            body = _again(row, has_received)
            op.execute(
                f"CREATE TRIGGER grid_event_present_{what.lower()} AFTER {what} ON grid_event_transition"
                f" BEGIN {body} END"
            )
        return
    body = "".join(
        f"IF TG_OP {'=' if row == 'OLD' else '<>'} 'DELETE' THEN {_again(row, has_received)} END IF; "
        for row in ("NEW", "OLD")
    )
    op.execute(
        f"CREATE FUNCTION grid_event_present() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER grid_event_present AFTER INSERT OR UPDATE OR DELETE ON grid_event_transition"
        " FOR EACH ROW EXECUTE FUNCTION grid_event_present()"
    )


def _take_off() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for what in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER grid_event_present_{what}")
    else:
        op.execute("DROP TRIGGER grid_event_present ON grid_event_transition")
        op.execute("DROP FUNCTION grid_event_present()")
    op.drop_table("grid_event_present")


def _newest(which: str, of: str, has_received: bool) -> str:
    steps = ", ".join(f"s.{name}" for name in KEPT.split(", "))
    more, received = ("received, ", "e.received, ") if has_received else ("", "")
    return (
        f"INSERT INTO grid_event_present (event_id, community, {more}{KEPT})"  # noqa: S608
        f" SELECT s.event_id, e.community, {received}{steps}"
        f" FROM grid_event_transition s JOIN grid_event e ON e.id = s.event_id WHERE s.seq = ({which}){of}"
    )


def _again(row: str, has_received: bool) -> str:
    which = f"SELECT max(seq) FROM grid_event_transition WHERE event_id = {row}.event_id"  # noqa: S608
    filled = _newest(which, f" AND s.event_id = {row}.event_id", has_received)
    return f"DELETE FROM grid_event_present WHERE event_id = {row}.event_id; {filled};"  # noqa: S608
