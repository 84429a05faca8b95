"""一老一小 on the wall: meals of today, check-ins, nursery places, lessons after school; totals only."""

from typing import Any

from geo.communities import Community
from layers import parts
from store.language import marked, say

ROWS = (
    ("meals", marked("今日用餐")),
    ("seen", marked("按期看望")),
    ("overdue", marked("逾期未看望")),
    ("nurseries", marked("托育在托")),
    ("lessons", marked("四点半课堂")),
)


def panel(community: Community) -> Any:
    """One row a figure; the script sets them from the tally of the live channel."""
    rows = [parts.figure(f"services.*.{code}", say(name), "") for code, name in ROWS]
    waiting = say("还没有登记；在「登记簿」页登记后在此显示")
    return parts.panel("services", say("一老一小"), *rows, waiting=waiting, note=parts.note(community, "services"))
