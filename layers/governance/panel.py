"""Governance on the wall: hard matters of the month, mediations, grids with a steward, the council, partners."""

from typing import Any

from geo.communities import Community
from layers import parts
from store.language import marked, say

ROWS = (
    ("hard", marked("本月办成难事"), "of=hard&state=solved&from=month"),
    ("open", marked("在办难事"), "of=hard&state=listed,in_hand"),
    ("mediation", marked("调解办结"), "of=mediation&state=ended"),
    ("grids", marked("网格有网格员"), "of=grids"),
    ("council", marked("本年议事"), "of=meetings&from=year"),
    ("partners", marked("本年共建服务"), "of=deeds&from=year"),
)
"""Key, name, and what the page of governance is asked for."""


def panel(community: Community) -> Any:
    """One row a figure; the script sets them from the totals of the live channel."""
    rows = [
        parts.figure(f"governance.*.{code}", say(name), "", rows=f"/governance?{asked}") for code, name, asked in ROWS
    ]
    waiting = say("还没有登记；在「共治」页登记后在此显示")
    return parts.panel("governance", say("党建智治"), *rows, waiting=waiting, note=parts.note(community, "governance"))
