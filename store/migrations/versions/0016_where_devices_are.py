"""Where a device is, apart from who may connect"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOVED = {
    "lon": sa.Float,
    "lat": sa.Float,
    "raw_lon": sa.Float,
    "raw_lat": sa.Float,
    "crs": sa.String(16),
    "position_ts": sa.BigInteger,
    "area": sa.String(64),
}


def upgrade() -> None:
    op.create_table(
        "device_place",
        sa.Column("device_id", sa.String(64), primary_key=True),
        *(sa.Column(name, kind, nullable=name != "crs") for name, kind in MOVED.items()),
    )
    names = ", ".join(MOVED)
    op.execute(f"INSERT INTO device_place (device_id, {names}) SELECT id, {names} FROM device")  # noqa: S608 - names of ours
    for name in MOVED:
        op.drop_column("device", name)


def downgrade() -> None:
    for name, kind in MOVED.items():
        default = {"nullable": False, "server_default": "WGS84"} if name == "crs" else {}
        op.add_column("device", sa.Column(name, kind, **default))
    of_device = "FROM device_place p WHERE p.device_id = device.id"
    assigned = ", ".join(f"{name} = (SELECT p.{name} {of_device})" for name in MOVED)
    op.execute(f"UPDATE device SET {assigned}")  # noqa: S608 - names of ours
    op.drop_table("device_place")
