"""Answers that are worked out once for as long as the registers behind them stay as they are."""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from sqlalchemy import Connection, func, select

from layers.services.registers.tables import register_version
from store.instant import MINUTE, SECOND, Instant, now

LATE: Instant = 10 * MINUTE
"""No transaction that writes rows takes longer."""
Stamp = tuple[Instant, int]
MOST_OLD = 60 * SECOND
"""What follows from the time alone, as a lesson that is over, is seen so much later at most."""
Answer = TypeVar("Answer")
MOST_KEPT = 2_000
"""Answers that a process keeps in mind."""
_kept: dict[tuple[str, str, Hashable], tuple[list[Stamp], Instant, Any]] = {}
"""(database, community, question) -> the state of the registers that it was worked out from, when, and the answer."""


def told(
    connection: Connection,
    community: str,
    question: Hashable,
    registers: Iterable[str],
    work: Callable[[], Answer],
    most_old: Instant | None = MOST_OLD,
) -> Answer:
    """The answer to a question about registers as they stand.

    It is asked anew where one of the registers has a newer version, and after a minute in any case; never for its age
    where ``most_old`` is None, since nothing in it follows from the time.
    """
    key = (str(connection.engine.url), community, question)
    state = [stamp(connection, community, code) for code in registers]
    moment = now()
    known = _kept.get(key)
    if known is not None and known[0] == state and (most_old is None or moment - known[1] < most_old):
        answer: Answer = known[2]
        return answer
    answer = work()
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[key] = (state, moment, answer)
    return answer


def stamp(connection: Connection, community: str, register: str) -> Stamp:
    """What changes with every version of a row: when the newest came, and how many came shortly before it.

    The second, since of two who write at once the one who began first may be the last whose rows are seen.
    """
    c = register_version.c
    mine = (c.community == community, c.register == register)
    newest = connection.scalar(select(func.max(c.at)).where(*mine)) or 0
    query = select(func.count()).select_from(register_version).where(*mine, c.at >= newest - LATE)
    return newest, connection.scalar(query) or 0
