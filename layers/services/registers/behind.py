"""What stands behind a register: invariants that the database holds, in tables of their own.

The engine keeps every register's rows and versions alike. Where more must hold (money balances, no two bookings at
once, no more learners than places), the declaration names what stands ``behind`` it, by a code of `CODES`. It is asked
in the transaction that writes the version: what it refuses was never written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import Any

from sqlalchemy import ColumnElement, Connection

from layers.roles import Actor
from store.instant import Instant
from store.seal import Seal

Value = str | int | float | bool | list[str] | None
"""As it is kept: money in fen, a time as `Instant`, a day ``2026-11-27``, a month ``2026-11``, a clock ``18:30``, a
choice or a place by its code, another row by its number."""

CODES: Mapping[str, str] = {
    "activities": "layers.services.activities.activities",
    "attendance": "layers.services.learning.attendance",
    "bookings": "layers.services.bookings.booked",
    "canteen_meals": "layers.services.canteen.meals",
    "canteen_payments": "layers.services.canteen.payments",
    "canteen_prices": "layers.services.canteen.prices",
    "courses": "layers.services.learning.courses",
    "earning": "layers.services.points.earning",
    "enrolments": "layers.services.learning.enrolments",
    "goods": "layers.services.points.goods",
    "goods_receipts": "layers.services.points.receipts",
    "points_policies": "layers.services.points.policies",
    "redemptions": "layers.services.points.redemptions",
    "sessions": "layers.services.learning.sessions",
    "sign_ups": "layers.services.activities.sign_ups",
    "tour_bookings": "layers.services.bookings.tour_bookings",
    "tour_products": "layers.services.bookings.tour_products",
    "check_ins": "layers.services.care.check_ins",
    "media": "layers.services.activities.media",
    "participations": "layers.services.activities.participations",
    "places": "layers.services.care.places",
    "service_requests": "layers.services.care.requests",
}
"""Code -> module that has ``BEHIND``. A declaration can name these and nothing else."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row as it stands after a version; ``values`` hold what is personal too."""

    id: int
    seq: int
    community: str
    register: str
    at: Instant
    actor: str
    values: Mapping[str, Value]
    state: str | None = None
    is_voided: bool = False
    reason: str = ""
    locked: str = ""
    """What is said in place of what is sealed in it, where no key here opens that; empty else."""


@dataclass(frozen=True, kw_only=True)
class Writing:
    """What somebody is about to write: good by the declaration, not yet kept. ``before`` is None for a new row."""

    community: str
    register: str
    at: Instant
    actor: Actor
    values: Mapping[str, Value]
    before: Row | None
    is_voiding: bool
    seal: Seal
    reason: str = ""


class Behind:
    """Nothing more must hold; what does is a subclass."""

    def completed(self, connection: Connection, writing: Writing) -> Mapping[str, Value]:
        """The values of computed fields, before the version is written.

        Raises
        ------
        Problem
            What cannot be, with 409 or 422 and why.
        """
        return {}

    def settle(self, connection: Connection, writing: Writing, row: Row) -> None:
        """Do what follows from a version that was written: of a new row, a changed one, or one that ``is_voided``.

        Raises
        ------
        Problem
            What cannot be, with 409 or 422 and why; then the version was not written either.
        """

    def told(
        self, connection: Connection, rows: Sequence[int], at: Instant | None = None
    ) -> Mapping[int, Mapping[str, Value]]:
        """By row, computed fields that change without the row: told when it is read, now or of a time, never kept."""
        return {}

    def ordered_by(self, code: str) -> tuple[ColumnElement[int], ColumnElement[Any]] | None:
        """Of a computed field that is told when it is read: the columns of rows and of its values, if it has any."""
        return None

    def forget(self, connection: Connection, community: str, person: int, names: Sequence[str]) -> int:
        """Blot a person's names out of what somebody wrote of this person into tables of its own.

        ``person`` is the number of their row. What is kept of others stays, whatever it says. Returns how many of the
        tables' rows had a name.
        """
        return 0


PLAIN = Behind()


@cache
def behind(code: str) -> Behind:
    """What stands behind a register whose declaration names this code."""
    if not code:
        return PLAIN
    found: Behind = import_module(CODES[code]).BEHIND
    return found


def as_told(connection: Connection, code: str, rows: Sequence[Row], at: Instant | None = None) -> list[Row]:
    """Rows of a register with the fields that what stands behind it finds when they are read."""
    more = behind(code).told(connection, [one.id for one in rows], at)
    return [replace(one, values={**one.values, **more.get(one.id, {})}) for one in rows]
