"""What an alarm's figure means in words, and notices in both languages"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ADDED = {"alarm": ("said", "said_en"), "notice": ("title_en",)}
LENGTHS = {"said": 120, "said_en": 120, "title_en": 200}


def upgrade() -> None:
    for table, columns in ADDED.items():
        for name in columns:
            op.add_column(table, sa.Column(name, sa.String(LENGTHS[name])))


def downgrade() -> None:
    for table, columns in ADDED.items():
        with op.batch_alter_table(table) as changed:
            for name in columns:
                changed.drop_column(name)
