"""Backups as rows: begun once at a time, moved on by who makes them, stopped by whoever may; and what is amiss.

They stand in the shared database. What ingesters tell alarms of is copied into the databases of communities, which are
all that some of them can reach.

Their order is that of their numbers. The clock of the machine may have been wrong when one was made: what is dated
ahead of now is not taken for new, nor for being made.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, inspect, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from cockpit.backups.names import AHEAD, Name, parsed
from cockpit.backups.tables import (
    BACK,
    DONE,
    FAILED,
    GONE,
    MAKING,
    PARTIAL,
    STOPPED,
    STOPPING,
    database_backup,
)
from layers import words
from layers.problem import Problem
from store import audit, once
from store.engine import writing
from store.instant import MINUTE, SECOND, Instant, format_rfc3339, now
from store.language import say

LEASE: Instant = 120 * SECOND
"""One that gave no sign of life for so long is made by nobody any more."""
SHOWN = 10
MAX_REASON = 300
MAKERS = 100
SCHEDULE = "schedule"
"""Who makes those that are due."""
UPGRADE, RESTORE = "upgrade", "restore"
"""Who makes those before migrations; and who brought one back that does not know who made it."""
AGAIN_AFTER: Instant = 30 * MINUTE
TRIES = 8
"""So often one that is due is tried, so long after each other."""

c = database_backup.c


@dataclass(frozen=True)
class Kept:
    """The newest backup that a database knows to be at a target. ``bytes`` is 0 where that is not known."""

    name: Name
    file: str
    bytes: int

    def missing_in(self, names: Mapping[Name, int]) -> str | None:
        """What is wrong where a target has these; None where it has this one, whole."""
        if self.name not in names:
            return f"{self.file} is not there any more"
        if self.bytes and names[self.name] != self.bytes:
            return f"{self.file} has {names[self.name]} bytes; it was made with {self.bytes}"
        return None


def begin(connection: Connection, target: str, actor: str) -> int:
    """The number of a backup that is being made from now on.

    Raises
    ------
    Problem
        409 where one is being made.
    """
    once.alone(connection, "backup", "")
    if connection.scalar(select(c.id).where(_is_under_way())) is not None:
        raise Problem(409, "conflict", say("正在做一次备份；等它完成，或先停下它"))
    return _add(connection, target, actor)


def begin_due(connection: Connection, target: str, due: Instant) -> int | None:
    """The number of the backup that was due at a time, to be made now; None where somebody else makes it."""
    once.alone(connection, "backup", "")
    return _add(connection, target, SCHEDULE) if is_due(connection, due) else None


def begin_beside(connection: Connection, target: str, actor: str) -> int:
    """The number of one that a command makes: whether another is at it, what both work in tells, which knows of no
    row that was left by a process that was killed.
    """
    return _add(connection, target, actor)


def is_due(connection: Connection, due: Instant) -> bool:
    """Whether the backup that was due at a time is to be made now.

    Nothing is due that was so before the database was first at work. What failed is tried again after a while.
    """
    first, at = audit.first(connection), now()
    is_new = first is None or due < first <= at + AHEAD
    if is_new or connection.scalar(select(c.id).where(_is_under_way()).limit(1)) is not None:
        return False
    of_it = select(c.state, c.began).where(c.actor == SCHEDULE, c.state.not_in((GONE, BACK)))
    tries = connection.execute(of_it.where(c.began >= due, c.began <= at + AHEAD).order_by(c.id.desc())).all()
    is_done = any(row.state in (DONE, PARTIAL, STOPPED) for row in tries)
    return not is_done and len(tries) < TRIES and not (tries and tries[0].began > at - AGAIN_AFTER)


def note(
    connection: Connection, target: str, actor: str, file: str, size: int, counted: int, lacks: str | None = None
) -> None:
    """Keep that a backup was made otherwise; ``lacks`` tells what it should hold and does not."""
    made(connection, _add(connection, target, actor), file, size, counted, lacks)


def made(connection: Connection, number: int, file: str, size: int, counted: int, lacks: str | None) -> None:
    """Say that one was made, and what it lacks."""
    state = DONE if lacks is None else PARTIAL
    finish(connection, number, state, file=file, size=size, counted=counted, reason=lacks)


def _add(connection: Connection, target: str, actor: str) -> int:
    moment = now()
    row = {"file": target, "actor": actor, "began": moment, "moved": moment, "state": MAKING, "done": 0, "total": 0}
    number: int = connection.execute(insert(database_backup).values(row).returning(c.id)).scalar_one()
    audit.record(connection, actor, "backup.make", target)
    return number


def _is_under_way() -> Any:
    return c.state.in_((MAKING, STOPPING)) & _gave_a_sign()


def _was_left() -> Any:
    return c.state.in_((MAKING, STOPPING)) & ~_gave_a_sign()


def _gave_a_sign() -> Any:
    """A sign of life of a time that is still to come is none: a clock ran ahead, and who gave it would have again."""
    at = now()
    return c.moved.between(at - LEASE, at + LEASE)


def move(connection: Connection, number: int, done: int, total: int) -> bool:
    """Say how far one is; returns whether it is to go on."""
    moved = update(database_backup).where(c.id == number).values(moved=now(), done=done, total=total)
    return connection.execute(moved.returning(c.state)).scalar_one_or_none() == MAKING


def finish(connection: Connection, number: int, state: str, **values: Any) -> None:
    """Say how one ended: ``file``, ``size`` and ``counted`` rows of one that is done, the ``reason`` of another."""
    size, reason = values.pop("size", None), values.pop("reason", None)
    values |= {"state": state, "ended": now(), "reason": reason and reason[:MAX_REASON]}
    values |= {} if size is None else {"done": size, "total": size}
    connection.execute(update(database_backup).where(c.id == number).values(values))


def copy_to(shared: Engine, number: int, others: Iterable[Engine]) -> None:
    """Tell the databases of communities how one ended; one that is away is not told."""
    with shared.connect() as connection:
        row = connection.execute(select(database_backup).where(c.id == number)).mappings().one()
    told = {name: value for name, value in row.items() if name != "id"}
    for engine in others:
        try:
            with writing(engine) as connection:
                connection.execute(insert(database_backup).values(told))
        except SQLAlchemyError:
            continue


def stop(connection: Connection, number: int, actor: str) -> None:
    """Have one stopped that is being made; it leaves nothing behind.

    Raises
    ------
    Problem
        404 where there is none, 409 where it is not being made.
    """
    file = connection.scalar(select(c.file).where(c.id == number))
    if file is None:
        raise Problem(404, "not found", f"no backup {number}")
    stopping = update(database_backup).where(c.id == number, _is_under_way()).values(state=STOPPING)
    if connection.execute(stopping).rowcount != 1:
        raise Problem(409, "conflict", say("这次备份已经结束"))
    audit.record(connection, actor, "backup.stop", file)


def was_any(databases: Iterable[Engine], target: str) -> bool:
    """Whether any of these databases knows of a backup at a target, be their schema an older one."""
    for engine in databases:
        if not inspect(engine).has_table(database_backup.name):
            continue
        with engine.connect() as connection:
            if last_at(connection, target) is not None:
                return True
    return False


def last_at(connection: Connection, target: str) -> Kept | None:
    """The newest that was made to a target, by a backup's name: what a person called otherwise is nothing of ours."""
    begins = c.file.startswith(f"{target}/", autoescape=True)
    query = select(c.file, c.total).where(c.state.in_((DONE, PARTIAL)), begins).order_by(c.id.desc())
    for row in connection.execute(query):
        name = parsed(row.file.removeprefix(f"{target}/"))
        if name is not None:
            return Kept(name, row.file, row.total)
    return None


def lost(connection: Connection, target: str, reason: str) -> int | None:
    """Keep, once, that a target does not have what it had; the row's number, None where that is known."""
    known = select(c.id).where(c.state == GONE, c.file == target, c.id > _last_whole()).limit(1)
    if connection.scalar(known) is not None:
        return None
    number = _add(connection, target, SCHEDULE)
    finish(connection, number, GONE, reason=reason)
    return number


def found_again(connection: Connection, target: str) -> None:
    """What a target had is there again: that it was not is no fault any more."""
    connection.execute(update(database_backup).where(c.state == GONE, c.file == target).values(state=BACK))


def last_done(connection: Connection) -> Row[Any] | None:
    """The newest that was made whole and is not dated ahead of now."""
    whole = select(database_backup).where(c.state == DONE, c.ended <= now() + AHEAD)
    return connection.execute(whole.order_by(c.id.desc()).limit(1)).one_or_none()


def failed_since(connection: Connection) -> int:
    """How many tries failed since the newest that was made whole; a target that lost what it had counts as one."""
    is_failed = or_(c.state.in_((FAILED, PARTIAL, GONE)), _was_left())
    return connection.scalar(select(func.count()).where(is_failed, c.id > _last_whole())) or 0


def why_failed(connection: Connection) -> str | None:
    """Why the last try of these failed; None where nobody knows, or none did."""
    failed = select(c.reason).where(c.state.in_((FAILED, PARTIAL, GONE)), c.id > _last_whole())
    return connection.scalar(failed.order_by(c.id.desc()).limit(1))


def makers(connection: Connection) -> Mapping[str, str]:
    """Who made the newest ones that were made, by where they are."""
    query = select(c.file, c.actor).where(c.state.in_((DONE, PARTIAL))).order_by(c.id.desc()).limit(MAKERS)
    return {row.file: row.actor for row in connection.execute(query)}


def _last_whole() -> Any:
    return select(func.coalesce(func.max(c.id), 0)).where(c.state == DONE).scalar_subquery()


def are_whole_now(connection: Connection, file: str) -> None:
    """What a backup says of itself when it comes back: it was being made at its moment, and was made.

    How large it became it does not know. One that was made by a command does not know of itself at all.
    """
    values = {"state": DONE, "ended": c.moved, "file": file, "reason": None, "done": 0, "total": 0}
    mended = connection.execute(update(database_backup).where(c.state.in_((MAKING, STOPPING))).values(values))
    if mended.rowcount == 0:
        name = parsed(file.rpartition("/")[2])
        moment = now() if name is None else name.moment
        row = values | {"actor": RESTORE, "began": moment, "moved": moment, "ended": moment}
        connection.execute(insert(database_backup).values(row))


def newest(connection: Connection) -> Sequence[Row[Any]]:
    """The newest ones, first; of one that is made by nobody any more it is said that it failed."""
    query = select(database_backup, _was_left().label("is_left")).order_by(c.id.desc()).limit(SHOWN)
    return connection.execute(query).all()


def told(row: Row[Any]) -> dict[str, Any]:
    """A backup as the API tells it."""
    reason = say("做备份的进程没有了") if row.is_left else row.reason and words.told(row.reason)
    if row.state == DONE and row.ended > now() + AHEAD:
        reason = say("做它时时钟快了：不算新的备份")
    return {
        "id": row.id,
        "file": row.file,
        "by": row.actor,
        "began": format_rfc3339(row.began),
        "ended": None if row.ended is None else format_rfc3339(row.ended),
        "state": FAILED if row.is_left else row.state,
        "done": row.done,
        "total": row.total,
        "counted": row.counted,
        "reason": reason,
    }
