"""What stands behind the register ``participations``: who came to an activity, which earns points."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection

from layers.problem import Problem
from layers.services.activities import found, places
from layers.services.activities.activities import CANCELLED, span_of
from layers.services.points.earning import Earning
from layers.services.registers import queries
from layers.services.registers.behind import Row, Value, Writing
from store.instant import HOUR, MINUTE, local_date
from store.language import say

EARLY = 30 * MINUTE
"""So long before an activity, and after it, somebody who is found at the tap is taken to come to it."""
DAY_HOURS = 24


class Participations(Earning):
    """Somebody took part: in an activity of the register, or in what words name."""

    def completed(self, connection: Connection, writing: Writing) -> Mapping[str, Value]:
        """The activity that is now, where none was named; its title and hours, and the points that follow."""
        more = _of_activity(connection, writing)
        values = {**writing.values, **more}
        return more | dict(super().completed(connection, replace(writing, values=values)))


def _of_activity(connection: Connection, writing: Writing) -> dict[str, Value]:
    values = writing.values
    number = values.get("event")
    if number is None and values.get("activity"):
        return {}
    activity = _now(connection, writing) if not isinstance(number, int) else _named(connection, writing, number)
    before = writing.before.values if writing.before else {}
    span, day = span_of(activity.values), str(values["day"])
    is_new = before.get("event") != activity.id or before.get("day") != day
    if is_new and not local_date(span.starts).isoformat() <= day <= local_date(span.ends - 1).isoformat():
        detail = say("「{title}」不在 {day}", title=activity.values.get("title"), day=day)
        raise Problem(409, "not on that day", detail)
    length = round(min((span.ends - span.starts) / HOUR, DAY_HOURS), 2)
    return {
        "event": activity.id,
        "activity": values.get("activity") or activity.values.get("title"),
        "hours": values.get("hours") or length,
    }


def _named(connection: Connection, writing: Writing, number: int) -> Row:
    activity = queries.row(connection, writing.seal, writing.community, places.ACTIVITIES, number)
    if activity is None or activity.is_voided:
        raise Problem(409, "no such activity", say("编号 {number} 不是活动", number=number))
    if activity.state == CANCELLED:
        raise Problem(409, "activity cancelled", say("「{title}」已取消", title=activity.values.get("title")))
    return activity


def _now(connection: Connection, writing: Writing) -> Row:
    since, until = writing.at - EARLY, writing.at + EARLY
    known = found.between(connection, writing.seal, writing.community, places.ACTIVITIES, since, until)
    rows = [row for row in known if row.state != CANCELLED]
    if len(rows) != 1:
        what = say("此时有 {count} 项活动", count=len(rows)) if rows else say("此时没有活动")
        raise Problem(409, "which activity", say("{what}；请选活动或写明名称", what=what))
    return rows[0]


BEHIND = Participations()
