"""Entries that a manager posts by hand: between a person and what is issued or spent."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from layers.problem import Problem
from layers.roles import Actor
from layers.services.points import accounts, ledger, policies, rules
from layers.texts import one_line
from store import audit
from store.instant import Instant, local_date
from store.language import say

Side = int | str | None
"""An account by its number, one of the community's own by its code, or left out."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is to be posted. Where ``person`` is named, or one side, the other one follows."""

    amount: int
    source: Side = None
    target: Side = None
    person: int | None = None
    memo: str = ""
    reference: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Found:
    """An entry between a person and the community: which way, and who."""

    way: Literal["earn", "spend"]
    person: int


def post(connection: Connection, community: str, asked: Asked, actor: Actor, at: Instant) -> tuple[int, bool]:
    """Post an entry; returns its number, and whether it came now: one with the same reference is the same.

    Raises
    ------
    Problem
        400 for sides that cannot be, 404 for an account or a person that is none, 409 where the balance does not
        suffice or the reference names another entry.
    """
    accounts.hold(connection, community)
    found = _sides(connection, community, asked)
    if asked.reference is not None:
        known = ledger.by_reference(connection, community, asked.reference)
        if known is not None:
            _check_same(connection, community, known.id, found, asked)
            return int(known.id), False
    told = ledger.Told(
        community=community, at=at, actor=actor.label, memo=one_line(asked.memo), reference=asked.reference
    )
    if found.way == "earn":
        number = ledger.earn(connection, told, found.person, asked.amount, by_hand(connection, community, at))
    else:
        number = ledger.spend(connection, told, found.person, asked.amount)
    detail = {"community": community, "amount": asked.amount, "kind": found.way}
    audit.record(connection, actor.label, "points.entry", str(number), detail)
    return number, True


def reverse(connection: Connection, community: str, number: int, reason: str, actor: Actor, at: Instant) -> int:
    """Take an entry back; returns the number of the one that does.

    Raises
    ------
    Problem
        As `ledger.reverse`; 400 without a reason; 409 where the entry follows from a row of a register, which is what
        is to be voided then.
    """
    if not one_line(reason):
        raise Problem(400, "bad request", say("冲销要说明理由"))
    accounts.hold(connection, community)
    row = ledger.one(connection, community, number).row_id
    if row is not None:
        what = say("这笔由登记簿编号 {row} 产生；请作废或更改那一行", row=row)
        raise Problem(409, "not permitted", what, row=row)
    told = ledger.Told(community=community, at=at, actor=actor.label, memo=one_line(reason))
    reversal = ledger.reverse(connection, told, number)
    audit.record(connection, actor.label, "points.reverse", str(number), {"community": community, "by": reversal})
    return reversal


def by_hand(connection: Connection, community: str, at: Instant) -> ledger.Deed:
    """The deed of what is posted by hand: the policy of its day says how long it holds."""
    day = local_date(at).isoformat()
    policy = policies.in_force(connection, community, rules.BY_HAND, day)
    return ledger.Deed(earning=rules.BY_HAND, day=day, policy=policy)


def _sides(connection: Connection, community: str, asked: Asked) -> _Found:
    source, target = (_owner(connection, community, side) for side in (asked.source, asked.target))
    if asked.person is not None:
        if source is not None and target is not None:
            raise Problem(400, "bad request", say("person 与 from、to 不能三个都填"))
        if target is None:
            source, target = source or "issued", asked.person
        else:
            source = asked.person
    elif source is None and isinstance(target, int):
        source = "issued"
    elif target is None and isinstance(source, int):
        target = "spent"
    if source == "issued" and isinstance(target, int):
        return _Found(way="earn", person=target)
    if isinstance(source, int) and target == "spent":
        return _Found(way="spend", person=source)
    raise Problem(400, "bad request", say("积分只能由「发放」到个人，或由个人到「兑换」"))


def _owner(connection: Connection, community: str, side: Side) -> int | str | None:
    """Whose an account is: a person's number, or the code of the community's own."""
    if isinstance(side, str):
        if side not in rules.accounts():
            known = say("、").join(rules.accounts())
            raise Problem(400, "bad request", say("没有账户「{side}」；可以：{known}", side=side, known=known))
        return side
    if side is None:
        return None
    account = accounts.one(connection, community, side)
    found: int | str = account.person if account.person is not None else account.code
    return found


def _check_same(connection: Connection, community: str, number: int, found: _Found, asked: Asked) -> None:
    entry = ledger.one(connection, community, number)
    source, target = (_owner(connection, community, side) for side in (entry.source, entry.target))
    same = (source, target) == (("issued", found.person) if found.way == "earn" else (found.person, "spent"))
    if not same or entry.amount != asked.amount:
        what = say("「{reference}」已是另一笔，编号 {number}", reference=asked.reference, number=number)
        raise Problem(409, "known already", what, id=number)
