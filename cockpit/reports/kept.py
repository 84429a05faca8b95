"""Reports as they are kept: asked for once however often, claimed by who makes them, with their files."""

import hashlib
import zlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, or_, select, update

from cockpit.reports.gather import Gathered
from cockpit.reports.kinds import Period, kinds, period
from cockpit.reports.tables import MAX_REASON, report, report_file, report_schedule
from layers import words
from layers.problem import Problem
from store import once
from store.engine import upsert
from store.instant import DAY, SECOND, Instant, format_rfc3339

WAITING, MAKING, DONE, FAILED = "waiting", "making", "done", "failed"
UNDER_WAY = (WAITING, MAKING)
WAIT_AT_MOST = 20
"""So many reports of a community may wait."""
SCHEDULE = "schedule"
"""Who asked for what is made by itself."""
FORMATS = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class File(NamedTuple):
    """A file that was made."""

    language: str
    format: str
    content: bytes


def ask(
    connection: Connection, community: str, kind: str, of: Period, known_at: Instant | None, actor: str,
    moment: Instant, *, anew: bool = False,
) -> int:  # fmt: skip
    """The number of the report that is asked for: one that is kept or under way, else a new one that waits.

    With ``known_at`` it is the one of that moment. Without, of a period that is over, the newest that was made since,
    or with ``anew`` one of now; of a period that is not over always one of now. What is under way is everybody's.

    Raises
    ------
    Problem
        400 for a period or a moment that lies ahead, 503 where too many wait.
    """
    if of.since > moment:
        raise Problem(400, "bad parameter", f"{kind}: {of.code} has not begun")
    if known_at is not None and known_at > moment:
        raise Problem(400, "bad parameter", f"known_at: {format_rfc3339(known_at)} lies in the future")
    if known_at is not None and known_at < of.since:
        raise Problem(400, "bad parameter", f"known_at: {of.code} had not begun then")
    once.alone(connection, "report", community)
    c = report.c
    own = (c.community == community, c.kind == kind, c.period == of.code)
    query = select(c.id).where(*own).order_by(c.known_at.desc(), c.id.desc()).limit(1)
    if known_at is not None:
        found = connection.scalar(query.where(c.known_at == known_at))
    else:
        found = connection.scalar(query.where(c.state.in_(UNDER_WAY)))
        if found is None and not anew and of.until <= moment:
            found = connection.scalar(query.where(c.state == DONE, c.known_at >= of.until))
    if found is not None:
        _wait_again(connection, found, moment)
        return int(found)
    waiting = select(func.count()).where(c.community == community, c.state == WAITING)
    if (connection.scalar(waiting) or 0) >= WAIT_AT_MOST:
        raise Problem(503, "busy", "too many reports wait to be made", retry_after=30)
    # A second is what a PDF's date holds.
    row = {"community": community, "kind": kind, "period": of.code, "known_at": known_at or moment // SECOND * SECOND}
    row |= {"state": WAITING, "done": 0, "steps": 0, "asked": moment, "actor": actor, "attempts": 0}
    statement = upsert(connection, report).values(row).on_conflict_do_nothing().returning(c.id)
    made = connection.scalar(statement)
    return int(made if made is not None else connection.scalar(query) or 0)


def _wait_again(connection: Connection, number: int, moment: Instant) -> None:
    """One that failed, or whose files are not kept any more, is made again; whoever asks for it waits for that."""
    has_files = select(report_file.c.report_id).where(report_file.c.report_id == number)
    dropped = has_files.where(report_file.c.content.is_(None)).exists()
    c = report.c
    again = or_(c.state == FAILED, (c.state == DONE) & dropped)
    values = {"state": WAITING, "done": 0, "steps": 0, "alive": None, "ended": None, "reason": None}
    values |= {"asked": moment, "attempts": 0}
    connection.execute(update(report).where(c.id == number, again).values(values))


def again(connection: Connection, community: str, number: int, moment: Instant) -> Row[Any]:
    """Have one that failed, or whose files went, made again; any other stays as it is."""
    _wait_again(connection, one(connection, community, number).id, moment)
    return one(connection, community, number)


def one(connection: Connection, community: str, number: int) -> Row[Any]:
    """A report of a community.

    Raises
    ------
    Problem
        404 where there is none.
    """
    query = select(*TOLD).where(report.c.community == community, report.c.id == number)
    found = connection.execute(query).one_or_none()
    if found is None:
        raise Problem(404, "not found", f"no report {number} of {community}")
    return found


TOLD = [column for column in report.c if column.name != "figures"]


def listed(
    connection: Connection, community: str, of: Collection[str], limit: int, before: int | None
) -> Sequence[Row[Any]]:
    """Reports of some kinds, the newest first; ``before`` is the number of the last one of the page before."""
    query = select(*TOLD).where(report.c.community == community, report.c.kind.in_(list(of)))
    if before is not None:
        query = query.where(report.c.id < before)
    return connection.execute(query.order_by(report.c.id.desc()).limit(limit)).all()


def files_of(connection: Connection, numbers: Collection[int]) -> Mapping[int, list[dict[str, Any]]]:
    """What is known of the files of reports, without them."""
    c = report_file.c
    query = select(c.report_id, c.language, c.format, c.size, c.sha256, c.content.is_not(None).label("kept"))
    found: dict[int, list[dict[str, Any]]] = {}
    for row in connection.execute(
        query.where(c.report_id.in_(list(numbers))).order_by(c.report_id, c.format, c.language.desc())
    ):
        told = {"language": row.language, "format": row.format, "bytes": row.size, "sha256": row.sha256}
        found.setdefault(row.report_id, []).append(told | {"kept": bool(row.kept)})
    return found


def content(connection: Connection, number: int, language: str, form: str) -> tuple[bytes | None, str] | None:
    """A file with its SHA-256; without it where it is not kept any more, None where there is none."""
    c = report_file.c
    query = select(c.content, c.sha256).where(c.report_id == number, c.language == language, c.format == form)
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.content, row.sha256)


LEASE: Instant = 60 * SECOND
"""Whoever makes a report and has given no sign of life for so long is gone, and another makes it."""


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


def go_on(connection: Connection, row: Row[Any], moment: Instant, done: int | None = None, steps: int = 0) -> None:
    """Give a sign of life, and say how far a report has come."""
    far = {} if done is None else {"done": done, "steps": steps}
    connection.execute(update(report).where(_is(row)).values(alive=moment, **far))


def give_back(connection: Connection, row: Row[Any]) -> None:
    """Let another make a report that was begun."""
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


def fail(connection: Connection, row: Row[Any], reason: str, moment: Instant) -> None:
    """Keep why nothing was made."""
    values = {"state": FAILED, "ended": moment, "reason": reason[:MAX_REASON]}
    connection.execute(update(report).where(_is(row)).values(values))


def _is(row: Row[Any]) -> ColumnElement[bool]:
    """The report, for as long as it is this attempt's."""
    return and_(report.c.id == row.id, report.c.state == MAKING, report.c.attempts == row.attempts)


def packed(gathered: Gathered) -> bytes:
    """The figures of a report as they are kept."""
    return zlib.compress(msgspec.json.encode(gathered), 9)


def unpacked(figures: bytes) -> Gathered:
    """The figures of a report again."""
    return msgspec.json.decode(zlib.decompress(figures), type=Gathered)


def forget(connection: Connection, moment: Instant) -> int:
    """Let files go that were kept long enough; how many those are. The figures stay, so they can be set again."""
    gone = 0
    for code, kind in kinds().items():
        old = select(report.c.id).where(report.c.kind == code, report.c.ended < moment - kind.keep_days * DAY)
        is_old = report_file.c.report_id.in_(old) & report_file.c.content.is_not(None)
        gone += connection.execute(update(report_file).where(is_old).values(content=None)).rowcount
    return gone


def schedule(connection: Connection, community: str) -> dict[str, Row[Any]]:
    """What somebody said of the kinds that are made by themselves."""
    query = select(report_schedule).where(report_schedule.c.community == community)
    return {row.kind: row for row in connection.execute(query)}


def put_schedule(connection: Connection, community: str, kind: str, enabled: bool, actor: str, moment: Instant) -> None:
    """Have a kind made by itself from now on, or not."""
    values = {"enabled": enabled, "since": moment, "actor": actor}
    statement = upsert(connection, report_schedule).values(community=community, kind=kind, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["community", "kind"], set_=values))


def last_by_itself(connection: Connection, community: str, kind: str) -> Instant | None:
    """Of when the last report is that was made by itself."""
    c = report.c
    query = select(func.max(c.known_at)).where(c.community == community, c.kind == kind, c.actor == SCHEDULE)
    found: Instant | None = connection.scalar(query)
    return found


def told(row: Row[Any], files: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A report as the API tells it."""
    of, kind = period(row.kind, row.period), kinds()[row.kind]
    keep = None if row.ended is None or row.state != DONE else format_rfc3339(row.ended + kind.keep_days * DAY)
    return {
        "id": row.id,
        "kind": row.kind,
        "name": kind.name,
        "name_en": kind.name_en,
        "period": row.period,
        "period_name": of.word.name,
        "period_name_en": of.word.name_en,
        "known_at": format_rfc3339(row.known_at),
        "is_over": row.known_at >= of.until,
        "state": row.state,
        "done": row.done,
        "steps": row.steps,
        "asked": format_rfc3339(row.asked),
        "by": row.actor,
        "ended": None if row.ended is None else format_rfc3339(row.ended),
        "reason": None if row.reason is None else words.told(row.reason),
        "made_with": row.made_with,
        "kept_until": keep,
        "files": list(files),
    }
