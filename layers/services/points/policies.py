"""Policies (register points_policies): how many points a deed earns from a day on, and how long they hold."""

import calendar
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, delete, func, insert, select, update

from layers.problem import Problem
from layers.services.points import accounts
from layers.services.points.tables import points_lot, points_policy
from layers.services.registers.behind import Behind, Row, Value, Writing
from store.language import say


@dataclass(frozen=True, kw_only=True)
class Policy:
    """``points`` for each unit of the earning; ``months`` that they hold, None: for ever; ``row`` of the register."""

    row: int
    points: int
    months: int | None


def in_force(connection: Connection, community: str, earning: str, day: str) -> Policy | None:
    """The policy of a day: the last one that began by then. None: nobody has said."""
    columns = points_policy.c
    query = (
        select(columns.row_id, columns.points, columns.months)
        .where(columns.community == community, columns.earning == earning, columns.since <= day)
        .order_by(columns.since.desc())
        .limit(1)
    )
    found = connection.execute(query).one_or_none()
    return None if found is None else Policy(row=found.row_id, points=found.points, months=found.months)


def last_day(day: date, months: int) -> date:
    """The last day of a period of months that begins on a day.

    The day of the same number in the month in which it ends, or that month's last (Civil Code of China, article 202:
    到期月的对应日为期间的最后一日；没有对应日的，月末日为期间的最后一日).

    >>> last_day(date(2026, 11, 30), 3)
    datetime.date(2027, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


class Policies(Behind):
    """A policy by which points were earned stays as it is; what is new begins on a later day than any of those."""

    def settle(self, connection: Connection, writing: Writing, row: Row) -> None:
        """Keep what the row says where entries find it."""
        accounts.hold(connection, row.community)
        columns = points_policy.c
        found = _content(row)
        before = connection.execute(select(points_policy).where(columns.row_id == row.id)).one_or_none()
        if before is not None:
            if not row.is_voided and all(getattr(before, name) == value for name, value in found.items()):
                return
            _check_unused(connection, row)
        if row.is_voided:
            connection.execute(delete(points_policy).where(columns.row_id == row.id))
            return
        _check_later(connection, row, found)
        if before is None:
            connection.execute(insert(points_policy).values(found | {"row_id": row.id, "community": row.community}))
        else:
            connection.execute(update(points_policy).where(columns.row_id == row.id).values(found))


def _content(row: Row) -> dict[str, Value]:
    return {
        "earning": row.values["earning"],
        "since": row.values["since"],
        "points": row.values["points"],
        "months": row.values.get("months"),
    }


def _check_unused(connection: Connection, row: Row) -> None:
    columns = points_lot.c
    if connection.execute(select(columns.entry_id).where(columns.policy == row.id).limit(1)).first() is not None:
        raise Problem(409, "not permitted", say("已有人按这条规则得分；要改，请登记一条更晚生效的新规则"))


def _check_later(connection: Connection, row: Row, found: dict[str, Value]) -> None:
    columns = points_lot.c
    of = (columns.community == row.community, columns.earning == found["earning"])
    last = connection.scalar(select(func.max(columns.day)).where(*of))
    if last is not None and str(found["since"]) <= last:
        raise Problem(409, "not permitted", say("{day} 已经发过分；新规则须从其后一日起生效", day=last))


BEHIND = Policies()
