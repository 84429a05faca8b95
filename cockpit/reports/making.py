"""A report while it is made: claimed by one maker at a time, who goes on, gives it back, finishes it or fails."""

import hashlib
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, or_, select, update

from cockpit.reports.kept import DONE, FAILED, MAKING, UNDER_WAY, WAITING
from cockpit.reports.tables import MAX_REASON, report, report_file
from store.instant import SECOND, Instant
from store.why import first_line

LEASE: Instant = 60 * SECOND
"""Whoever makes a report and has given no sign of life for so long is gone, and another makes it."""


class File(NamedTuple):
    """A file that was made."""

    language: str
    format: str
    content: bytes


def claim(connection: Connection, communities: Collection[str], moment: Instant) -> Row[Any] | None:
    """The report that has waited longest, now made by whoever calls, who `go_on`; None where none waits."""
    c = report.c
    is_due = _is_to_be_made(communities, moment)
    found = connection.scalar(select(c.id).where(is_due).order_by(c.asked, c.id).limit(1))
    if found is None:
        return None
    values = {"state": MAKING, "alive": moment, "done": 0, "steps": 0, "attempts": c.attempts + 1, "reason": None}
    claimed = connection.execute(update(report).where(c.id == found, is_due).values(values).returning(report))
    return claimed.one_or_none()


def is_any_waiting(connection: Connection, communities: Collection[str], moment: Instant) -> bool:
    """Whether there is anything to `claim`; reads only."""
    return connection.scalar(select(report.c.id).where(_is_to_be_made(communities, moment)).limit(1)) is not None


def _is_to_be_made(communities: Collection[str], moment: Instant) -> ColumnElement[bool]:
    c = report.c
    is_left = (c.state == MAKING) & (c.alive < moment - LEASE)
    return and_(c.state.in_(UNDER_WAY), or_(c.state == WAITING, is_left), c.community.in_(list(communities)))


def go_on(connection: Connection, row: Row[Any], moment: Instant, done: int | None = None, steps: int = 0) -> bool:
    """Give a sign of life, and say how far a report has come; returns whether it is still this attempt's to make."""
    far = {} if done is None else {"done": done, "steps": steps}
    return connection.execute(update(report).where(_is(row)).values(alive=moment, **far)).rowcount == 1


def give_back(connection: Connection, row: Row[Any]) -> None:
    """Let another make a report that was begun; that it was begun does not count."""
    values = {"state": WAITING, "alive": None, "attempts": report.c.attempts - 1}
    connection.execute(update(report).where(_is(row)).values(values))


def put_back(connection: Connection, row: Row[Any]) -> None:
    """Have a report tried again that something hindered; it stays the next in line."""
    connection.execute(update(report).where(_is(row)).values(state=WAITING, alive=None))


def finish(
    connection: Connection, row: Row[Any], figures: bytes, files: Sequence[File], made_with: str, moment: Instant
) -> None:
    """Keep what was made."""
    values = {"state": DONE, "ended": moment, "figures": figures, "made_with": made_with, "reason": None}
    if connection.execute(update(report).where(_is(row)).values(values)).rowcount != 1:
        return  # another has taken it over
    connection.execute(delete(report_file).where(report_file.c.report_id == row.id))
    connection.execute(
        insert(report_file),
        [
            {
                "report_id": row.id,
                "language": one.language,
                "format": one.format,
                "size": len(one.content),
                "sha256": hashlib.sha256(one.content).hexdigest(),
                "content": one.content,
            }
            for one in files
        ],
    )


def why(error: Exception) -> str:
    """Why nothing was made, in words for who asked.

    >>> why(OSError(28, "No space left on device")), why(ValueError("x"))
    ('the disk is full', 'ValueError: x')
    """
    said = first_line(error)
    is_full = any(words in said for words in ("No space left on device", "disk is full"))
    return "the disk is full" if is_full else f"{type(error).__name__}: {said}"


def fail(connection: Connection, row: Row[Any], reason: str, moment: Instant) -> None:
    """Keep why nothing was made."""
    values = {"state": FAILED, "ended": moment, "reason": reason[:MAX_REASON]}
    connection.execute(update(report).where(_is(row)).values(values))


def _is(row: Row[Any]) -> ColumnElement[bool]:
    """The report, for as long as it is this attempt's."""
    return and_(report.c.id == row.id, report.c.state == MAKING, report.c.attempts == row.attempts)
