"""Governance on the wall: hard matters of the month, mediations, grids with a steward, the council, partners."""

from typing import Any

from geo.communities import Community
from layers import parts
from store.language import marked, say

ROWS = (
    ("hard", marked("本月办成难事")),
    ("open", marked("在办难事")),
    ("mediation", marked("调解办结")),
    ("grids", marked("网格有网格员")),
    ("council", marked("本年议事")),
    ("partners", marked("本年共建服务")),
)


def panel(community: Community) -> Any:
    """One row a figure; the script sets them from the totals of the live channel."""
    rows = [parts.figure(f"governance.*.{code}", say(name), "") for code, name in ROWS]
    waiting = say("还没有登记；在「共治」页登记后在此显示")
    return parts.panel("governance", say("党建智治"), *rows, waiting=waiting, note=parts.note(community, "governance"))
