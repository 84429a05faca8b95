"""What an alarm's event says in English too; those that there are get their titles from their alarms"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

ADDED = {"title_en": sa.String(200), "detail_en": sa.Text}
AT_ONCE = 500


def upgrade() -> None:
    for name, kind in ADDED.items():
        op.add_column("grid_event", sa.Column(name, kind))
    _name(op.get_bind())


def _name(connection: sa.Connection) -> None:
    """Give the events that alarms opened the English of their rules; what was measured stays as it was said."""
    event = sa.table("grid_event", *map(sa.column, ("id", "reporter", "reporter_ref", "title_en")))
    alarm = sa.table("alarm", *map(sa.column, ("id", "name_en", "label")))
    query = sa.select(event.c.id, event.c.reporter_ref).where(event.c.reporter == "alarm")
    # An event's own id at its reporter is the alarm's with the number of the time behind it.
    opened = [(row.id, row.reporter_ref.rpartition("-")[0]) for row in connection.execute(query)]
    for first in range(0, len(opened), AT_ONCE):
        part = dict(opened[first : first + AT_ONCE])
        rows = connection.execute(sa.select(alarm).where(alarm.c.id.in_(part.values()), alarm.c.name_en != ""))
        names = {row.id: f"{row.name_en} · {row.label}"[:200] for row in rows}
        for number, ref in part.items():
            if ref in names:
                connection.execute(sa.update(event).where(event.c.id == number).values(title_en=names[ref]))


def downgrade() -> None:
    for name in ADDED:
        op.drop_column("grid_event", name)
