"""Which limit the clock of a grid event is: what was stopped goes on only where it belongs"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STEP = "grid_event_transition"
LIMIT_OF = {
    "reported": "filing",
    "filed": "dispatching",
    "dispatched": "handling",
    "in_hand": "handling",
    "sent_back": "handling",
    "handled": "checking",
    "verified": "checking",
}


def upgrade() -> None:
    op.add_column(STEP, sa.Column("limit_name", sa.String(16)))
    step = sa.table(STEP, *(sa.column(name) for name in ("event_id", "seq", "state", "due", "time_left", "limit_name")))
    by_state = sa.case(LIMIT_OF, value=step.c.state, else_=None)
    op.execute(sa.update(step).where(step.c.due.is_not(None)).values(limit_name=by_state))
    # Of a stopped clock: the limit of the last state before the event was suspended.
    before = step.alias("before")
    last = (
        sa.select(sa.case(LIMIT_OF, value=before.c.state, else_=None))
        .where(before.c.event_id == step.c.event_id, before.c.seq < step.c.seq, before.c.state != "suspended")
        .order_by(before.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    op.execute(sa.update(step).where(step.c.time_left.is_not(None)).values(limit_name=last))


def downgrade() -> None:
    op.drop_column(STEP, "limit_name")
