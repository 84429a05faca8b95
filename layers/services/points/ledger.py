"""The ledger: entries move points from one account to another, and are never changed or taken out.

What a person earns is a lot that holds until a day. What is spent comes out of the oldest lots; what nobody spent in
time goes to the account of what expired. A mistake is put right by an entry that names the one that it reverses.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from layers.problem import Problem
from layers.services.points import accounts, rules
from layers.services.points.policies import Policy, last_day
from layers.services.points.tables import points_account, points_entry, points_lot, points_lot_use
from layers.services.registers.blots import blotted, stands_in
from store.instant import Instant, local_date
from store.language import say

LAPSED_AT_ONCE = 1_000
"""Lots that one pass of time lets expire; the next pass takes the rest."""
TIME = "system:points"
"""Who acts where time does."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """Who posts an entry, when, and what they say of it.

    ``reference`` is their own name for it; ``row`` the row of a register that it follows from.
    """

    community: str
    at: Instant
    actor: str
    memo: str = ""
    reference: str | None = None
    row: int | None = None


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What was done for points: the earning's code, the day, and the policy of that day, None where there is none."""

    earning: str
    day: str
    policy: Policy | None = None


def earn(connection: Connection, told: Told, person: int, amount: int, deed: Deed) -> int:
    """Let a person have points, as a lot that holds as long as the policy says; returns the entry's number.

    Raises
    ------
    Problem
        404 where no such person is registered.
    """
    accounts.hold(connection, told.community)
    target = accounts.of_person(connection, told.community, person, told.at)
    source = accounts.own(connection, told.community, "issued", told.at)
    number = _post(connection, told, source, target, amount)
    months = None if deed.policy is None else deed.policy.months
    lot = {
        "entry_id": number, "community": told.community, "account_id": target, "amount": amount, "rest": amount,
        "until": None if months is None else last_day(local_date(told.at), months).isoformat(),
        "earning": deed.earning, "day": deed.day, "policy": None if deed.policy is None else deed.policy.row,
    }  # fmt: skip
    connection.execute(insert(points_lot).values(lot))
    return number


def spend(connection: Connection, told: Told, person: int, amount: int) -> int:
    """Take points of a person out of the oldest lots that still hold; returns the entry's number.

    Raises
    ------
    Problem
        409 with the balance where it does not suffice; 404 where no such person is registered.
    """
    accounts.hold(connection, told.community)
    source = accounts.of_person(connection, told.community, person, told.at)
    lapsed = _lapsed(told.community, told.at).where(points_lot.c.account_id == source)
    _expire(connection, told.community, told.at, connection.execute(lapsed).all())
    balance = accounts.one(connection, told.community, source).balance
    if balance < amount:
        what = say("积分不够：余额 {balance} 点，需要 {amount} 点", balance=balance, amount=amount)
        raise Problem(409, "not enough points", what, balance=balance)
    target = accounts.own(connection, told.community, "spent", told.at)
    number = _post(connection, told, source, target, amount)
    _draw(connection, number, _oldest(connection, source, amount))
    return number


def reverse(connection: Connection, told: Told, number: int) -> int:
    """Take an entry back by another that names it; returns the new entry's number.

    Raises
    ------
    Problem
        404 where there is none; 409 where it is reversed already, is a reversal itself, or earned points of which
        some are spent or expired.
    """
    accounts.hold(connection, told.community)
    entry = one(connection, told.community, number)
    _check_reversible(connection, entry)
    columns = points_lot.c
    lot = connection.execute(select(points_lot).where(columns.entry_id == number)).one_or_none()
    if lot is not None and lot.rest < lot.amount:
        gone = lot.amount - lot.rest
        what = say("该笔 {amount} 点中 {gone} 点已兑换或过期，不能冲销", amount=lot.amount, gone=gone)
        balance = accounts.one(connection, told.community, lot.account_id).balance
        raise Problem(409, "points spent", what, balance=balance)
    reversal = _post(connection, told, entry.target, entry.source, entry.amount, reverses=number)
    if lot is not None:
        _draw(connection, reversal, {number: lot.amount})
        return reversal
    used = points_lot_use.c
    drawn = {
        one.lot_id: -one.amount for one in connection.execute(select(points_lot_use).where(used.entry_id == number))
    }
    _draw(connection, reversal, drawn)
    _prolong(connection, drawn, told.at)
    return reversal


def pass_time(connection: Connection, community: str, at: Instant) -> int:
    """Let expire what holds no longer; returns how many lots that were.

    Each is an entry of its own; of very many the next pass takes the rest.
    """
    accounts.hold(connection, community)
    lots = connection.execute(_lapsed(community, at).limit(LAPSED_AT_ONCE)).all()
    _expire(connection, community, at, lots)
    return len(lots)


def is_due(connection: Connection, community: str, at: Instant) -> bool:
    """Whether `pass_time` would let anything expire."""
    return connection.execute(_lapsed(community, at).limit(1)).first() is not None


def one(connection: Connection, community: str, number: int) -> Row[Any]:
    """An entry; 404 where there is none."""
    query = select(points_entry).where(points_entry.c.community == community, points_entry.c.id == number)
    found = connection.execute(query).one_or_none()
    if found is None:
        raise Problem(404, "not found", say("没有编号 {number} 的积分分录", number=number))
    return found


def by_reference(connection: Connection, community: str, reference: str) -> Row[Any] | None:
    """The entry that somebody named so; None where there is none."""
    columns = points_entry.c
    query = select(points_entry).where(columns.community == community, columns.reference == reference)
    return connection.execute(query).one_or_none()


def standing(connection: Connection, row: int) -> list[Row[Any]]:
    """The entries that follow from a row of a register, are no reversals and were not reversed, oldest first."""
    columns, reversal = points_entry.c, points_entry.alias("reversal").c
    query = (
        select(points_entry)
        .where(columns.row_id == row, columns.reverses.is_(None))
        .where(~select(reversal.id).where(reversal.reverses == columns.id).exists())
        .order_by(columns.id)
    )
    return list(connection.execute(query))


def forget(connection: Connection, community: str, person: int, names: Sequence[str]) -> int:
    """Blot a person's names out of what was said of entries of their account; returns how many had one."""
    columns, account = points_entry.c, points_account.c
    mine = select(account.id).where(account.community == community, account.person == person).scalar_subquery()
    query = select(columns.id, columns.memo).where(or_(columns.source == mine, columns.target == mine))
    found = [(entry, memo) for entry, memo in connection.execute(query) if stands_in(memo, names)]
    for entry, memo in found:
        connection.execute(update(points_entry).where(columns.id == entry).values(memo=blotted(memo, names)))
    return len(found)


def sums(connection: Connection, community: str) -> int:
    """The sum over all accounts of a community: zero, or something is wrong."""
    columns = points_account.c
    query = select(func.coalesce(func.sum(columns.balance), 0)).where(columns.community == community)
    return int(connection.execute(query).scalar_one())


def _check_reversible(connection: Connection, entry: Row[Any]) -> None:
    if entry.reverses is not None:
        what = say("编号 {number} 本身就是冲销；请重新记一笔", number=entry.id)
        raise Problem(409, "already reversed", what, reverses=entry.reverses)
    by = connection.scalar(select(points_entry.c.id).where(points_entry.c.reverses == entry.id))
    if by is not None:
        what = say("编号 {number} 已由编号 {by} 冲销", number=entry.id, by=by)
        raise Problem(409, "already reversed", what, reversed_by=by)


def _post(
    connection: Connection, told: Told, source: int, target: int, amount: int, reverses: int | None = None
) -> int:
    columns = points_entry.c
    newest = connection.scalar(select(func.max(columns.at)).where(columns.community == told.community))
    row = {
        "community": told.community, "source": source, "target": target, "amount": amount, "actor": told.actor,
        "memo": told.memo, "reference": told.reference, "row_id": told.row, "reverses": reverses,
        # Numbers and times of entries go up together, whatever the clocks: a balance of the past is never below zero.
        "at": max(told.at, newest or told.at),
    }  # fmt: skip
    return int(connection.execute(insert(points_entry).values(row).returning(columns.id)).scalar_one())


def _oldest(connection: Connection, account: int, amount: int) -> dict[int, int]:
    """How much of which lot makes the amount, the oldest first."""
    columns, drawn = points_lot.c, dict[int, int]()
    query = select(columns.entry_id, columns.rest).where(columns.account_id == account, columns.rest > 0)
    for lot, rest in connection.execute(query.order_by(columns.entry_id)):
        taken = min(rest, amount)
        drawn[lot] = taken
        amount -= taken
        if amount == 0:
            break
    return drawn


def _draw(connection: Connection, entry: int, drawn: Mapping[int, int]) -> None:
    uses = [{"entry_id": entry, "lot_id": lot, "amount": amount} for lot, amount in drawn.items()]
    connection.execute(insert(points_lot_use), uses)


def _prolong(connection: Connection, lots: Iterable[int], at: Instant) -> None:
    """Let what was given back hold for some days at least."""
    until = (local_date(at) + timedelta(days=rules.given_back_days())).isoformat()
    columns = points_lot.c
    connection.execute(
        update(points_lot).where(columns.entry_id.in_(list(lots)), columns.until < until).values(until=until)
    )


def _lapsed(community: str, at: Instant) -> Any:
    columns = points_lot.c
    today = local_date(at).isoformat()
    return (
        select(columns.entry_id, columns.account_id, columns.rest, columns.until)
        .where(columns.community == community, columns.until < today, columns.rest > 0)
        .order_by(columns.entry_id)
    )


def _expire(connection: Connection, community: str, at: Instant, lots: Sequence[Row[Any]]) -> None:
    if not lots:
        return
    expired = accounts.own(connection, community, "expired", at)
    for lot in lots:
        told = Told(community=community, at=at, actor=TIME, memo=lot.until)
        _draw(connection, _post(connection, told, lot.account_id, expired, lot.rest), {lot.entry_id: lot.rest})
