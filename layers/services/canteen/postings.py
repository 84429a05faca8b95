"""The books of the canteen: for each meal what each payer owes, in the day of account that is open.

A day of account is closed with all days before it. What comes after goes into the open day, as what it is: a late entry
of a meal of another day, or a reversal.
"""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select

from layers.services.canteen.tables import canteen_closing, canteen_meal, canteen_posting
from store.instant import Instant, local_date

ENTRY, REVERSAL = "entry", "reversal"


def closed_through(connection: Connection, community: str, at: Instant | None = None) -> str:
    """The last day that is closed, now or at a time; "" where none is."""
    columns = canteen_closing.c
    query = select(func.max(columns.through)).where(columns.community == community)
    return connection.scalar(query if at is None else query.where(columns.at <= at)) or ""


def open_day(connection: Connection, community: str, at: Instant, wanted: str) -> str:
    """The day of account for what is of a day: that day, or where it is closed today, or the first that is open."""
    closed = closed_through(connection, community)
    if wanted > closed:
        return wanted
    return max(str(local_date(at)), str(date.fromisoformat(closed) + timedelta(1)))


def post(connection: Connection, community: str, meal: dict[str, Any], payer: str | None, at: Instant) -> None:
    """Enter what each payer owes for a meal, a row of `canteen_meal`; ``payer`` is who pays what the guest does not."""
    rest = meal["price"] - meal["by_guest"]
    owed = [("guest", meal["by_guest"])] if meal["by_guest"] or not rest else []
    if rest:
        owed.append((str(payer), rest))
    of = {
        "community": community,
        "account_day": meal["account_day"],
        "meal_id": meal["row_id"],
        "kind": ENTRY,
        "tier": meal["tier"],
        "meal": meal["meal"],
        "meal_day": meal["day"],
        "at": at,
    }
    rows = [of | {"payer": who, "fen": fen, "meals": int(place == 0)} for place, (who, fen) in enumerate(owed)]
    connection.execute(insert(canteen_posting), rows)


def reverse(connection: Connection, community: str, number: int, at: Instant) -> str:
    """Take back what was entered for a meal; returns the day of account that this stands in."""
    columns = canteen_posting.c
    entered = connection.execute(
        select(canteen_posting).where(columns.meal_id == number, columns.kind == ENTRY).order_by(columns.id)
    ).all()
    day = open_day(connection, community, at, entered[0].account_day)
    rows = [
        {name: value for name, value in one._mapping.items() if name != "id"}
        | {"kind": REVERSAL, "fen": -one.fen, "meals": -one.meals, "account_day": day, "at": at}
        for one in entered
    ]
    connection.execute(insert(canteen_posting), rows)
    return day


def of_day(connection: Connection, community: str, day: str, limit: int) -> list[dict[str, Any]]:
    """The postings of a day of account, in their order; each says whether it is late or a reversal."""
    columns = canteen_posting.c
    query = (
        select(canteen_posting)
        .where(columns.community == community, columns.account_day == day)
        .order_by(columns.id)
        .limit(limit)
    )
    return [dict(one._mapping) | {"late": one.meal_day != one.account_day} for one in connection.execute(query)]


def standing(connection: Connection, community: str, person: int, day: str, meal: str) -> int | None:
    """The number of the first portion that somebody had of a meal of a day; None where there is none."""
    columns = canteen_meal.c
    query = select(columns.row_id).where(
        columns.community == community,
        columns.person == person,
        columns.day == day,
        columns.meal == meal,
        columns.voided_day.is_(None),
        ~columns.second,
    )
    return connection.scalar(query)
