"""Reports as they are kept: asked for once however often, claimed by who makes them, with their files."""

import zlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, or_, select, update

from cockpit.reports.gather import Gathered
from cockpit.reports.kinds import Period, kinds, period
from cockpit.reports.tables import report, report_file, report_schedule
from layers import words
from layers.problem import Problem
from store import audit, once
from store.engine import upsert
from store.instant import DAY, SECOND, Instant, format_rfc3339
from store.language import say

WAITING, MAKING, DONE, FAILED = "waiting", "making", "done", "failed"
UNDER_WAY = (WAITING, MAKING)
WAIT_AT_MOST, WAIT_EACH = 20, 5
"""So many reports of a community may wait, and of one who asks."""
ASK_A_DAY = 60
"""So many reports one may have made in a community within a day."""
FORGET_AT_ONCE = 1_000
NEVER: Instant = 2**63 - 1
KEEP_BY_HAND = 20
"""So many reports of a period that somebody asked for are kept, the newest; of those made by themselves all."""
SCHEDULE = "schedule"
"""Who asked for what is made by itself."""
FORMATS = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


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
        400 for a period or a moment that lies ahead, 503 where too many wait, 429 where too many are of who asks.
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
    _check_room(connection, community)
    _check_own(connection, community, actor, moment)
    # A second is what a PDF's date holds.
    row = {"community": community, "kind": kind, "period": of.code, "known_at": known_at or moment // SECOND * SECOND}
    row |= {"state": WAITING, "done": 0, "steps": 0, "asked": moment, "actor": actor, "attempts": 0}
    statement = upsert(connection, report).values(row).on_conflict_do_nothing().returning(c.id)
    made = connection.scalar(statement)
    return int(made if made is not None else connection.scalar(query) or 0)


def _check_room(connection: Connection, community: str) -> None:
    waiting = select(func.count()).where(report.c.community == community, report.c.state == WAITING)
    if (connection.scalar(waiting) or 0) >= WAIT_AT_MOST:
        raise Problem(503, "busy", "too many reports wait to be made", retry_after=30)


def _check_own(connection: Connection, community: str, actor: str, moment: Instant) -> None:
    if actor == SCHEDULE:
        return
    own = select(func.count()).where(report.c.community == community, report.c.actor == actor)
    if (connection.scalar(own.where(report.c.state == WAITING)) or 0) >= WAIT_EACH:
        said = f"{WAIT_EACH} reports that you asked for wait to be made; ask again when one of them is"
        raise Problem(429, "too many questions", said, retry_after=30)
    if (connection.scalar(own.where(report.c.asked.between(moment - DAY, moment))) or 0) >= ASK_A_DAY:
        said = f"you had {ASK_A_DAY} reports made within a day, which is the most; ask again tomorrow"
        raise Problem(429, "too many questions", said, retry_after=3_600)


def _wait_again(connection: Connection, number: int, moment: Instant) -> None:
    """One that failed, or whose files are not kept any more, is made again; whoever asks for it waits for that."""
    has_files = select(report_file.c.report_id).where(report_file.c.report_id == number)
    dropped = has_files.where(report_file.c.content.is_(None)).exists()
    c = report.c
    again = or_(c.state == FAILED, (c.state == DONE) & dropped)
    values = {"state": WAITING, "done": 0, "steps": 0, "alive": None, "ended": None, "reason": None}
    values |= {"asked": moment, "attempts": 0}
    community = connection.scalar(select(c.community).where(c.id == number, again))
    if community is not None:
        _check_room(connection, community)
        connection.execute(update(report).where(c.id == number).values(values))


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


def stop(connection: Connection, row: Row[Any], moment: Instant) -> None:
    """Have one that waits or is being made not made; whoever makes it finds out and ends.

    Raises
    ------
    Problem
        409 where it is neither.
    """
    values = {"state": FAILED, "ended": moment, "reason": "somebody stopped it"}
    under_way = update(report).where(report.c.id == row.id, report.c.state.in_(UNDER_WAY)).values(values)
    if connection.execute(under_way).rowcount != 1:
        raise Problem(409, "conflict", say("这份报告已经结束"))


def packed(gathered: Gathered) -> bytes:
    """The figures of a report as they are kept."""
    return zlib.compress(msgspec.json.encode(gathered), 9)


def unpacked(figures: bytes) -> Gathered:
    """The figures of a report again."""
    return msgspec.json.decode(zlib.decompress(figures), type=Gathered)


class _Mark(msgspec.Struct):
    is_invented: bool = False


def is_invented(figures: bytes) -> bool:
    """Whether the figures of a report are a demonstration's."""
    return msgspec.json.decode(zlib.decompress(figures), type=_Mark).is_invented


def forget(connection: Connection, moment: Instant) -> int:
    """Let files go that were kept long enough; how many those are. The figures stay, so they can be set again.

    Of what somebody asked for the newest of a period stay (`KEEP_BY_HAND`); others go with their figures.
    """
    gone = _forget_older(connection)
    for code, kind in kinds().items():
        old = select(report.c.id).where(report.c.kind == code, report.c.ended < moment - kind.keep_days * DAY)
        is_old = report_file.c.report_id.in_(old) & report_file.c.content.is_not(None)
        gone += connection.execute(update(report_file).where(is_old).values(content=None)).rowcount
    return gone


def _forget_older(connection: Connection) -> int:
    c = report.c
    place = func.row_number().over(
        partition_by=(c.community, c.kind, c.period), order_by=(c.known_at.desc(), c.id.desc())
    )
    is_ended = c.state.in_((DONE, FAILED))
    ranked = select(c.id, place.label("place")).where(c.actor != SCHEDULE, is_ended).subquery()
    old = list(connection.scalars(select(ranked.c.id).where(ranked.c.place > KEEP_BY_HAND).limit(FORGET_AT_ONCE)))
    gone = connection.execute(delete(report_file).where(report_file.c.report_id.in_(old))).rowcount
    connection.execute(delete(report).where(c.id.in_(old)))
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


def is_asked_by_itself(connection: Connection, community: str, kind: str, code: str, known_at: Instant) -> bool:
    """Whether a period was asked for by itself, or by anybody as of the moment at which it was due."""
    c = report.c
    is_of = (c.community == community) & (c.kind == kind) & (c.period == code)
    query = select(c.id).where(is_of, or_(c.actor == SCHEDULE, c.known_at == known_at)).limit(1)
    return connection.scalar(query) is not None


def first_at_work(connection: Connection, community: str) -> Instant:
    """When somebody first did something in a database, or asked for a report of a community."""
    asked = connection.scalar(select(func.min(report.c.asked)).where(report.c.community == community))
    return min((at for at in (asked, audit.first(connection)) if at is not None), default=NEVER)


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
