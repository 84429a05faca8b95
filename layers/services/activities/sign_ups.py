"""What stands behind the register ``sign_ups``: never more people than places, and a line that keeps its order."""

from sqlalchemy import Connection

from layers.problem import Problem
from layers.services.activities import places
from layers.services.activities.activities import CANCELLED, span_of
from layers.services.lines import Comers
from layers.services.registers import queries
from layers.services.registers.behind import Writing
from store.language import say


class SignUps(Comers):
    """A person who comes to an activity: with a place, in line for one, or no more."""

    line = places.LINE
    field = "activity"

    def check_may(self, connection: Connection, writing: Writing, number: int) -> None:
        """Refuse where the activity is over or cancelled, or nobody signs up for it."""
        found = queries.row(connection, writing.seal, writing.community, places.ACTIVITIES, number)
        if found is None or found.is_voided:
            raise Problem(409, "no such activity", say("编号 {number} 不是活动", number=number))
        title = found.values.get("title")
        if found.state == CANCELLED:
            raise Problem(409, "activity cancelled", say("「{title}」已取消", title=title))
        if span_of(found.values).ends <= writing.at:
            raise Problem(409, "activity over", say("「{title}」已结束", title=title))
        if not found.values.get("places"):
            raise Problem(409, "no sign-up", say("「{title}」不用报名", title=title))


BEHIND = SignUps()
