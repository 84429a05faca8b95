"""Accounts: a person's own in a community, and the community's own; and who may write into the ledger."""

from typing import Any

from sqlalchemy import Connection, Row, and_, insert, not_, select

from layers.problem import Problem
from layers.services.points.tables import points_account
from layers.services.registers.tables import register_row
from store.instant import Instant
from store.language import say
from store.once import alone

PERSONS = "persons"
"""The register whose rows are people."""


def hold(connection: Connection, community: str) -> None:
    """Be the only one who writes into a community's ledger and stock until the transaction ends.

    One lock instead of one for each account: an earning, a redemption and the expiry of many lots touch rows in
    different orders, and who waits for another never holds what that one waits for. Take it before anything else is
    written.
    """
    alone(connection, "points", community)


def own(connection: Connection, community: str, code: str, at: Instant) -> int:
    """The number of one of the community's own accounts; opened where there is none yet."""
    columns = points_account.c
    known = connection.scalar(select(columns.id).where(columns.community == community, columns.code == code))
    return _opened(connection, community, at, code=code) if known is None else int(known)


def of_person(connection: Connection, community: str, person: int, at: Instant) -> int:
    """The number of a person's account; opened where there is none yet.

    Raises
    ------
    Problem
        404 where no such person is registered.
    """
    columns = points_account.c
    known = connection.scalar(select(columns.id).where(columns.community == community, columns.person == person))
    if known is not None:
        return int(known)
    row = register_row.c
    is_person = and_(row.id == person, row.community == community, row.register == PERSONS, not_(row.voided))
    if connection.scalar(select(row.id).where(is_person)) is None:
        raise Problem(404, "not found", say("没有编号 {person} 的服务对象", person=person))
    return _opened(connection, community, at, person=person)


def one(connection: Connection, community: str, number: int) -> Row[Any]:
    """An account as it stands.

    Raises
    ------
    Problem
        404 where there is none.
    """
    query = select(points_account).where(points_account.c.community == community, points_account.c.id == number)
    found = connection.execute(query).one_or_none()
    if found is None:
        raise Problem(404, "not found", say("没有编号 {number} 的积分账户", number=number))
    return found


def _opened(
    connection: Connection, community: str, at: Instant, person: int | None = None, code: str | None = None
) -> int:
    row = {"community": community, "person": person, "code": code, "balance": 0, "opened": at}
    return int(connection.execute(insert(points_account).values(row).returning(points_account.c.id)).scalar_one())
