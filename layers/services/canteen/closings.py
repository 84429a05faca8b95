"""Closings of days and months: what is closed never changes.

A closing holds the sums by payer and tier, and a digest over them, over every posting of the period and over the
digest of the closing before: who changed one of them in the database could not hide it.
"""

import hashlib
import json
from calendar import monthrange
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, func, insert, select

from layers.problem import Problem
from layers.services.canteen import figures, rules
from layers.services.canteen.postings import closed_through
from layers.services.canteen.prices import hold
from layers.services.canteen.tables import canteen_closing, canteen_meal, canteen_posting
from store import audit
from store.instant import Instant, format_rfc3339, local_date
from store.language import say

DAY, MONTH = "day", "month"
PAID = ("by_guest", "by_cooperative", "by_other")


def close(connection: Connection, community: str, kind: str, period: str, at: Instant, actor: str) -> tuple[Any, bool]:
    """Close a day ("2026-11-27") or a month ("2026-11"); returns the closing, and whether it came now.

    Raises
    ------
    Problem
        409 where it is not over, where a day before it is still open, or where it does not balance: with the
        difference in fen.
    """
    hold(connection, community)
    known = _known(connection, community, kind, period)
    if known is not None:
        return known, False
    first, last = days_of(kind, period)
    _check_over(connection, community, kind, last, at)
    _check_earlier_closed(connection, community, kind, last)
    _check_balance(connection, community, first, last)
    if kind == MONTH:
        _check_days(connection, community, period)
    sums = _sums(connection, community, first, last)
    previous = _previous(connection, community)
    digest = _digest(connection, community, kind, period, sums, previous)
    row = {
        "community": community,
        "kind": kind,
        "period": period,
        "through": last,
        "at": at,
        "actor": actor,
        "sums": sums,
        "digest": digest,
        "previous": previous,
    }
    connection.execute(insert(canteen_closing).values(row))
    audit.record(connection, actor, "canteen.close", f"{community}/{period}", {"digest": digest})
    return _known(connection, community, kind, period), True


def days_of(kind: str, period: str) -> tuple[str, str]:
    """The first and last day of a period."""
    if kind == DAY:
        return period, period
    year, month = map(int, period.split("-"))
    return f"{period}-01", f"{period}-{monthrange(year, month)[1]:02d}"


def listed(
    connection: Connection, community: str, limit: int, before: int | None = None, at: Instant | None = None
) -> list[Any]:
    """Closings, newest first; ``before`` is the number of one that the list goes on after."""
    columns = canteen_closing.c
    query = select(canteen_closing).where(columns.community == community).order_by(columns.id.desc()).limit(limit)
    query = query if before is None else query.where(columns.id < before)
    return list(connection.execute(query if at is None else query.where(columns.at <= at)))


def told(row: Any) -> dict[str, Any]:
    """A closing as the API tells it."""
    return {
        "id": row.id,
        row.kind: row.period,
        "at": format_rfc3339(row.at),
        "by": row.actor,
        **json.loads(row.sums),
        "digest": row.digest,
        "previous": row.previous,
    }


def is_intact(connection: Connection, row: Any) -> bool:
    """Whether a closing and its postings are still as they were closed."""
    found = _digest(connection, row.community, row.kind, row.period, row.sums, row.previous)
    sums = _sums(connection, row.community, *days_of(row.kind, row.period))
    return (found, sums) == (row.digest, row.sums)


def open_months(connection: Connection, community: str, at: Instant) -> list[str]:
    """Months that are over, have postings, and are not closed; the earliest first."""
    columns, closed = canteen_posting.c, canteen_closing.c
    month = func.substr(columns.account_day, 1, 7)
    done = select(closed.period).where(closed.community == community, closed.kind == MONTH)
    query = (
        select(month)
        .where(columns.community == community, columns.account_day < f"{local_date(at):%Y-%m}-01")
        .where(month.not_in(done))
        .group_by(month)
        .order_by(month)
    )
    return list(connection.scalars(query))


def _known(connection: Connection, community: str, kind: str, period: str) -> Any:
    columns = canteen_closing.c
    query = select(canteen_closing).where(
        columns.community == community, columns.kind == kind, columns.period == period
    )
    return connection.execute(query).one_or_none()


def _check_over(connection: Connection, community: str, kind: str, last: str, at: Instant) -> None:
    today = str(local_date(at))
    # On the last day of a month more meals may come; a day is closed when its last meal is over.
    if kind == MONTH and last >= today:
        raise Problem(409, "conflict", say("{day} 过完才能月结", day=last))
    if last > today:
        raise Problem(409, "conflict", say("{day} 还没有到，不能结账", day=last))
    closed = closed_through(connection, community)
    if kind == DAY and last <= closed:
        raise Problem(409, "conflict", say("账已结到 {day}", day=closed))


def _check_earlier_closed(connection: Connection, community: str, kind: str, last: str) -> None:
    """Days close in their order, and a month after its days; a day without postings needs no closing."""
    columns = canteen_posting.c
    query = select(func.min(columns.account_day)).where(
        columns.community == community,
        columns.account_day > closed_through(connection, community),
        columns.account_day < last if kind == DAY else columns.account_day <= last,
    )
    still_open = connection.scalar(query)
    if still_open is not None:
        raise Problem(409, "conflict", say("请先结 {day} 的账", day=still_open), day=still_open)


def _check_balance(connection: Connection, community: str, first: str, last: str) -> None:
    """Hold the postings of a period against the meals that stand in it: payer by payer, to the fen."""
    posted = dict.fromkeys(PAID, 0)
    columns = canteen_posting.c
    query = (
        select(columns.payer, func.sum(columns.fen))
        .where(columns.community == community, columns.account_day.between(first, last))
        .group_by(columns.payer)
    )
    for payer, fen in connection.execute(query):
        posted[_paid_by(payer)] += int(fen)
    entered = _owed(connection, community, canteen_meal.c.account_day, first, last)
    taken_back = _owed(connection, community, canteen_meal.c.voided_day, first, last)
    differences = {name: posted[name] - (entered[name] - taken_back[name]) for name in PAID}
    if any(differences.values()):
        raise _unbalanced(sum(differences.values()), differences)


def _paid_by(payer: str) -> str:
    return {rules.GUEST: "by_guest", rules.COOPERATIVE: "by_cooperative"}.get(payer, "by_other")


def _owed(connection: Connection, community: str, day: Any, first: str, last: str) -> dict[str, int]:
    columns = canteen_meal.c
    sums = [func.coalesce(func.sum(columns[name]), 0) for name in PAID]
    query = select(*sums).where(columns.community == community, day.between(first, last))
    return dict(zip(PAID, map(int, connection.execute(query).one()), strict=True))


def _check_days(connection: Connection, community: str, month: str) -> None:
    """Hold the closings of a month's days against its postings."""
    columns = canteen_closing.c
    query = select(columns.sums).where(
        columns.community == community, columns.kind == DAY, columns.period.like(f"{month}-__")
    )
    closed = sum(json.loads(sums)["fen"] for sums in connection.scalars(query))
    difference = figures.summed(figures.lines(connection, community, *days_of(MONTH, month)))["fen"] - closed
    if difference:
        raise _unbalanced(difference, {"days": difference})


def _unbalanced(difference: int, differences: Mapping[str, int]) -> Problem:
    what = say("账不平，差 {fen} 分", fen=difference)
    return Problem(409, "does not balance", what, difference=difference, differences=dict(differences))


def _sums(connection: Connection, community: str, first: str, last: str) -> str:
    return _canonical(figures.summed(figures.lines(connection, community, first, last)))


def _previous(connection: Connection, community: str) -> str:
    columns = canteen_closing.c
    query = select(columns.digest).where(columns.community == community).order_by(columns.id.desc()).limit(1)
    return connection.scalar(query) or ""


def _digest(connection: Connection, community: str, kind: str, period: str, sums: str, previous: str) -> str:
    columns = canteen_posting.c
    of = [columns[name] for name in ("id", "account_day", "meal_id", "kind", "payer", "fen", "meals", "tier", "meal")]
    query = (
        select(*of, columns.meal_day, columns.at)
        .where(columns.community == community, columns.account_day.between(*days_of(kind, period)))
        .order_by(columns.id)
    )
    postings: Iterable[Any] = connection.execute(query)
    content = [community, kind, period, sums, previous, [list(one) for one in postings]]
    return hashlib.sha256(_canonical(content).encode()).hexdigest()


def _canonical(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
