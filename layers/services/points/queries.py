"""Accounts and statements, now or at a past time. A reversal counts against what it reverses."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Subquery, func, select, union_all

from layers.services.points.tables import points_account, points_entry
from store.instant import Instant, format_rfc3339

WAYS = {"issued": "earned", "spent": "spent", "expired": "expired"}
"""The community's own account -> what its entries are for a person."""


def listed(
    connection: Connection,
    community: str,
    limit: int,
    before: int | None = None,
    at: Instant | None = None,
    person: int | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of the accounts of people, newest first, and the cursor of the next; None where there is none.

    ``person`` is the one whose account alone is asked for.

    ``balance`` is what was earned without what was spent and what expired.
    """
    columns = points_account.c
    query = select(columns.id, columns.person).where(columns.community == community, columns.person.is_not(None))
    if at is not None:
        query = query.where(columns.opened <= at)
    if person is not None:
        query = query.where(columns.person == person)
    if before is not None:
        query = query.where(columns.id < before)
    rows = connection.execute(query.order_by(columns.id.desc()).limit(limit + 1)).all()
    page = rows[:limit]
    found = by_way(connection, community, [row.id for row in page], at)
    told = [{"id": row.id, "person": row.person, "balance": in_hand(found[row.id]), **found[row.id]} for row in page]
    return told, str(page[-1].id) if len(rows) > limit else None


def in_hand(ways: Mapping[str, int]) -> int:
    """What is left of what was earned."""
    return ways["earned"] - ways["spent"] - ways["expired"]


def by_way(
    connection: Connection, community: str, numbers: list[int] | None, at: Instant | None
) -> Mapping[int, dict[str, int]]:
    """What was earned, spent and expired, by the number of a person's account; None: of all."""
    own, mine = points_account.alias("own").c, points_account.alias("mine").c
    sides = _sides(community, numbers, at)
    query = (
        select(sides.c.account, own.code, func.sum(sides.c.amount).label("amount"))
        .join(own.id.table, own.id == sides.c.other)
        .join(mine.id.table, mine.id == sides.c.account)
        .where(own.code.is_not(None), mine.person.is_not(None))
        .group_by(sides.c.account, own.code)
    )
    found: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(WAYS.values(), 0))
    for account, code, amount in connection.execute(query):
        found[account][WAYS[code]] = int(amount) if code == "issued" else -int(amount)
    return found


def statement(
    connection: Connection,
    community: str,
    account: int,
    limit: int,
    before: int | None = None,
    at: Instant | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of an account's entries, newest first, each with the balance after it, and the cursor of the next."""
    sides = _sides(community, [account], at)
    reversal, own = points_entry.alias("reversal").c, points_account.alias("own").c
    query = (
        select(sides, own.code.label("code"), own.person.label("person"), reversal.id.label("reversed_by"))
        .join(own.id.table, own.id == sides.c.other)
        .outerjoin(reversal.id.table, reversal.reverses == sides.c.id)
        .order_by(sides.c.id.desc())
    )
    if before is not None:
        query = query.where(sides.c.id < before)
    rows = connection.execute(query.limit(limit + 1)).all()
    page = rows[:limit]
    if not page:
        return [], None
    earlier = select(func.sum(sides.c.amount)).where(sides.c.id <= page[0].id)
    balance, told = int(connection.execute(earlier).scalar_one()), []
    for row in page:
        told.append(_told(row, balance, at))
        balance -= row.amount
    return told, str(page[-1].id) if len(rows) > limit else None


def entry(connection: Connection, community: str, number: int) -> dict[str, Any]:
    """An entry with the balance of the person's account after it."""
    columns = points_entry.c
    found = connection.execute(select(columns.source, columns.target).where(columns.id == number)).one()
    query = select(points_account).where(points_account.c.id.in_(found), points_account.c.person.is_not(None))
    account = connection.execute(query).one()
    told, _ = statement(connection, community, account.id, 1, number + 1)
    return {**told[0], "account": account.id, "person": account.person}


def _told(row: Row[Any], balance: int, at: Instant | None) -> dict[str, Any]:
    is_known = row.reversed_by is not None and at is None
    return {
        "id": row.id,
        "at": format_rfc3339(row.at),
        "kind": "reversal" if row.reverses is not None else WAYS[row.code],
        "with": row.code,
        "amount": row.amount,
        "balance": balance,
        "memo": row.memo,
        "reference": row.reference,
        "row": row.row_id,
        "reverses": row.reverses,
        "reversed_by": row.reversed_by if is_known else None,
        "by": row.actor,
    }


def _sides(community: str, numbers: list[int] | None, at: Instant | None) -> Subquery:
    """Each entry as its two accounts see it: what came in is above zero, what went out below."""
    columns = points_entry.c
    kept = (columns.id, columns.at, columns.memo, columns.reference, columns.row_id, columns.reverses, columns.actor)

    def seen(account: Any, other: Any, amount: ColumnElement[int]) -> Any:
        query = select(account.label("account"), other.label("other"), amount.label("amount"), *kept)
        query = query.where(columns.community == community)
        if numbers is not None:
            query = query.where(account.in_(numbers))
        return query if at is None else query.where(columns.at <= at)

    return union_all(
        seen(columns.target, columns.source, columns.amount), seen(columns.source, columns.target, -columns.amount)
    ).subquery("sides")
