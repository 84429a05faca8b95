"""What stands behind every register that earns points: its rows are posted as earnings.toml and the policies say.

A register that has a keeper of its own makes that a subclass of `Earning`, or calls `points_of` and `settle`.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from sqlalchemy import Connection, select

from layers.problem import Problem
from layers.services.points import accounts, ledger, policies, rules
from layers.services.points.tables import points_account, points_lot
from layers.services.registers.behind import Behind, Row, Value, Writing
from store.instant import local_date
from store.language import say


class Earning(Behind):
    """Points follow from a row, are posted with it, and taken back where it is void or says less."""

    def completed(self, connection: Connection, writing: Writing) -> Mapping[str, Value]:
        """How many points the row earns; nothing where nobody has said yet how many such a deed does."""
        accounts.hold(connection, writing.community)
        field, points = rules.earnings()[writing.register].points, points_of(connection, writing)
        if points is None and (writing.before is None or writing.before.values.get(field) is None):
            return {}
        return {field: points}

    def settle(self, connection: Connection, writing: Writing, row: Row) -> None:
        """Post what the row earns more than before, or take back what it earned."""
        settle(connection, row)


def points_of(connection: Connection, writing: Writing) -> int | None:
    """The points of a row by the policy of its day: whole ones, what is begun is left out.

    Of a row whose person, quantity and day are what they were they stay.

    Raises
    ------
    Problem
        422 where the day lies ahead.
    """
    rule = rules.earnings()[writing.register]
    day = str(writing.values[rule.day])
    if day > local_date(writing.at).isoformat():
        raise Problem(422, "bad request", say("{day} 还没有到", day=day))
    if any(writing.values.get(code) != value for code, value in rule.only.items()):
        return 0
    before = None if writing.before is None else writing.before.values
    if before is not None and before.get(rule.points) is not None:
        deciding = [rule.person, rule.day, *filter(None, [rule.quantity]), *rule.only]
        if all(before.get(code) == writing.values.get(code) for code in deciding):
            return rules.whole(before, rule.points)
    policy = policies.in_force(connection, writing.community, writing.register, day)
    if policy is None:
        return None
    quantity = Fraction(str(writing.values[rule.quantity])) if rule.quantity else Fraction(1)
    return int(quantity * policy.points)


def settle(connection: Connection, row: Row) -> None:
    """Let the ledger say of a row what it says itself.

    Raises
    ------
    Problem
        409 where points that it is to lose are spent or expired.
    """
    accounts.hold(connection, row.community)
    rule = rules.earnings()[row.register]
    person, day = rules.whole(row.values, rule.person), str(row.values[rule.day])
    points = 0 if row.is_voided else rules.whole(row.values, rule.points)
    told = ledger.Told(community=row.community, at=row.at, actor=row.actor, row=row.id)
    entries = ledger.standing(connection, row.id)
    there = sum(one.amount for one in entries)
    is_same = _said_of(connection, [one.id for one in entries]) <= {(person, day)}
    if is_same and there == points:
        return
    if not is_same or there > points:
        for one in entries:
            ledger.reverse(connection, told, one.id)
        there = 0
    if points > there:
        policy = policies.in_force(connection, row.community, row.register, day)
        deed = ledger.Deed(earning=row.register, day=day, policy=policy)
        ledger.earn(connection, told, person, points - there, deed)


def _said_of(connection: Connection, entries: Sequence[int]) -> set[tuple[int, str]]:
    """Whose the lots of entries are, and of which day."""
    columns = points_lot.c
    query = select(points_account.c.person, columns.day).join(points_account, columns.account_id == points_account.c.id)
    return {(person, day) for person, day in connection.execute(query.where(columns.entry_id.in_(entries)))}


BEHIND = Earning()
