"""Answers that everybody may ask for, worked out once for as long as the registers behind them stay as they are."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sqlalchemy import Connection, func, select

from layers.services.registers.tables import register_version
from store.instant import SECOND, Instant, now

MOST_OLD = 60 * SECOND
"""What follows from the time alone, as a lesson that is over, is seen so much later at most."""
Answer = TypeVar("Answer")
_kept: dict[tuple[str, str, str], tuple[list[Instant | None], Instant, Any]] = {}
"""(database, community, question) -> newest versions that it was worked out from, when, and the answer."""


def told(
    connection: Connection, community: str, question: str, registers: Iterable[str], work: Callable[[], Answer]
) -> Answer:
    """The answer to a question about registers as they stand.

    It is asked anew where one of the registers has a newer version, and after a minute in any case.
    """
    key = (str(connection.engine.url), community, question)
    newest = [_newest(connection, community, code) for code in registers]
    moment = now()
    known = _kept.get(key)
    if known is not None and known[0] == newest and moment - known[1] < MOST_OLD:
        answer: Answer = known[2]
        return answer
    answer = work()
    _kept[key] = (newest, moment, answer)
    return answer


def _newest(connection: Connection, community: str, register: str) -> Instant | None:
    columns = register_version.c
    mine = (columns.community == community) & (columns.register == register)
    newest: Instant | None = connection.scalar(select(func.max(columns.at)).where(mine))
    return newest
