"""Time as the store keeps it: whole microseconds since 1970-01-01T00:00:00Z.

One integer sorts, compares and indexes alike on SQLite and PostgreSQL, keeps every
digit that RFC 3339 with microseconds can carry, and cannot lose its zone. People see
Asia/Shanghai; programs see RFC 3339 in UTC.
"""

import contextlib
import re
import time
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

Instant: TypeAlias = int
"""Microseconds since the Unix epoch, UTC."""

SHANGHAI = ZoneInfo("Asia/Shanghai")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
SHANGHAI_OFFSET = 8 * HOUR
"""Asia/Shanghai's, which has not changed since 1991; no reading here is that old."""


_handed_down: ContextVar[Instant | None] = ContextVar("moment", default=None)


def now() -> Instant:
    """The present moment, or the one that `clock_at` hands down."""
    handed = _handed_down.get()
    return time.time_ns() // 1_000 if handed is None else handed


@contextlib.contextmanager
def clock_at(moment: Instant) -> Iterator[None]:
    """Let `now` be this moment for what is done in the block, and for the threads that work for it.

    For what is written as of a time that is past, by the same rules as everything (a demonstration). Nothing that
    comes over a network can set it.
    """
    before = _handed_down.set(moment)
    try:
        yield
    finally:
        _handed_down.reset(before)


def is_handed_down() -> bool:
    """Whether `now` is a moment that `clock_at` hands down."""
    return _handed_down.get() is not None


def behind() -> Instant:
    """How far `now` lies behind the present moment: nothing but where `clock_at` hands one down."""
    handed = _handed_down.get()
    return 0 if handed is None else time.time_ns() // 1_000 - handed


def from_datetime(moment: datetime) -> Instant:
    """Convert an aware datetime exactly.

    Raises
    ------
    ValueError
        If the datetime carries no zone: a naive time would be a guess.
    """
    if moment.tzinfo is None:
        raise ValueError(f"time without a zone offset: {moment.isoformat()}")
    return (moment - EPOCH) // timedelta(microseconds=1)


def to_datetime(instant: Instant) -> datetime:
    """The aware UTC datetime of an instant."""
    return EPOCH + timedelta(microseconds=instant)


def parse_rfc3339(text: str) -> Instant:
    """Read an RFC 3339 time; the offset is required (section 5.6, ``time-offset``).

    Raises
    ------
    ValueError
        If the text is no such time or has no offset.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"not an RFC 3339 time: {text[:40]!r}") from None
    return from_datetime(moment)


def parse_local(text: str) -> Instant:
    """Read a time as people type it: RFC 3339, or without an offset by the clock in Asia/Shanghai.

    A space may stand for the T; before an offset it is a + that was not escaped in an address. The year comes first,
    the day alone is its first moment; ``2026/11/24 8:00`` and ``2026年11月24日 8：00`` are the same. This is the one
    parser of typed times: fields of pages, addresses, the API's ``at``, ``from`` and ``to``, files that are imported.

    >>> format_rfc3339(parse_local("2026-11-24 14:00"))
    '2026-11-24T06:00:00Z'

    Raises
    ------
    ValueError
        If the text is no such time, may mean several, or names a moment that there was not; the message says which.
    """
    given = f"{text[:40]!r}"
    written = _written(text)
    if written.isdecimal() and len(written) != len("20261124"):
        raise ValueError(f"not a time: {given} is a number: seconds, milliseconds or a day; write {EXAMPLE}")
    if MONTH_UNKNOWN.match(written):
        raise ValueError(f"not a time: {given} leaves open which number is the month; write {EXAMPLE}")
    if CLOCK_ALONE.match(written):
        raise ValueError(f"not a time: {given} names no day; write {EXAMPLE}")
    try:
        moment = datetime.fromisoformat(written.replace(" ", "+"))
    except ValueError:
        if WHOLE.fullmatch(written):
            raise ValueError(f"not a time: {given} names a day or an hour that there is not") from None
        raise ValueError(f"not a time: {given}; write {EXAMPLE}") from None
    return from_datetime(moment if moment.tzinfo else _in_shanghai(moment, given))


EXAMPLE = "2026-11-24T14:00"
"""A time as people type it."""
YEAR_FIRST = re.compile(r"(\d{4})[-/年](\d{1,2})[-/月](\d{1,2})(日[T ]*|[T ]+)?")
WHOLE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
MONTH_UNKNOWN = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")
CLOCK_ALONE = re.compile(r"\d{1,2}:\d\d")


def _written(text: str) -> str:
    """The text with the signs of RFC 3339, where it begins with a day as people write one."""
    written = text.strip().replace("：", ":")
    found = YEAR_FIRST.match(written)
    if found is None:
        return written
    year, month, day, between = found.groups()
    date, clock = f"{year}-{month:0>2}-{day:0>2}", written[found.end() :]
    if not between or not clock[:1].isdecimal():
        return f"{date}{clock}"
    return f"{date}T{clock:0>{len(clock) + (clock[1:2] == ':')}}"


def _in_shanghai(moment: datetime, given: str) -> datetime:
    """A time of the clock there. In the years of summer time, to 1991, an hour came twice, and another never."""
    first, second = (moment.replace(tzinfo=SHANGHAI, fold=fold) for fold in (0, 1))
    before, after = first.utcoffset(), second.utcoffset()
    if before != after and before is not None and after is not None:
        if before > after:
            raise ValueError(f"not a time: {given} came twice in Asia/Shanghai; write its offset")
        raise ValueError(f"not a time: {given} never came in Asia/Shanghai")
    return first


def format_local(instant: Instant) -> str:
    """A time as an address of ours names it: by the clock in Asia/Shanghai, as fine as the instant needs.

    >>> format_local(parse_local("2026-11-24T06:00:00Z"))
    '2026-11-24T14:00'
    """
    local = to_datetime(instant).astimezone(SHANGHAI).replace(tzinfo=None)
    spec = "minutes" if instant % MINUTE == 0 else "seconds" if instant % SECOND == 0 else "auto"
    return local.isoformat(timespec=spec)


def format_rfc3339(instant: Instant) -> str:
    """RFC 3339 in UTC, with as many digits of a second as the instant needs.

    >>> format_rfc3339(1_700_000_000_000_000)
    '2023-11-14T22:13:20Z'
    """
    micro = instant % SECOND
    spec = "seconds" if micro == 0 else "milliseconds" if micro % MILLISECOND == 0 else "microseconds"
    return to_datetime(instant).isoformat(timespec=spec).replace("+00:00", "Z")


def day_of(instant: Instant) -> Instant:
    """The first instant of the day in Asia/Shanghai; times since 1991."""
    return instant - (instant + SHANGHAI_OFFSET) % DAY


def local_date(instant: Instant) -> date:
    """The date in Asia/Shanghai."""
    return to_datetime(instant).astimezone(SHANGHAI).date()


def midnight(day: date) -> Instant:
    """The first instant of a date in Asia/Shanghai."""
    return from_datetime(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI))


def local_midnight(instant: Instant) -> Instant:
    """The last midnight in Asia/Shanghai at or before the instant."""
    return local_hour(instant, 0)


def local_hour(instant: Instant, hour: int) -> Instant:
    """The last time at or before the instant when the clock in Asia/Shanghai showed ``hour``:00."""
    local = to_datetime(instant).astimezone(SHANGHAI)
    mark = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    if mark > local:
        mark -= timedelta(days=1)
    return from_datetime(mark)


def local_month(instant: Instant) -> str:
    """``2026-11``: the month in Asia/Shanghai; sorts as text."""
    return to_datetime(instant).astimezone(SHANGHAI).strftime("%Y-%m")


def start_of_local_month(instant: Instant) -> Instant:
    """The first instant of the month in Asia/Shanghai."""
    local = to_datetime(instant).astimezone(SHANGHAI)
    return from_datetime(local.replace(day=1, hour=0, minute=0, second=0, microsecond=0))


def start_of_local_year(instant: Instant) -> Instant:
    """The first instant of the year in Asia/Shanghai."""
    local = to_datetime(start_of_local_month(instant)).astimezone(SHANGHAI)
    return from_datetime(local.replace(month=1))


def local_clock(instant: Instant) -> str:
    """``HH:MM`` in Asia/Shanghai."""
    return to_datetime(instant).astimezone(SHANGHAI).strftime("%H:%M")
