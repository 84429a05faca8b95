"""What time alone brings about in the canteen: a month that is over is to be closed."""

from collections.abc import Iterator

from sqlalchemy import Connection, exists, select

from layers.services.canteen import rules
from layers.services.canteen.closings import open_months
from store.instant import Instant
from store.language import say, spoken
from store.notices import Notice, notice, tell

KIND = next(iter(rules.notices()))


def pass_time(connection: Connection, community: str, at: Instant) -> int:
    """Tell managers, once, of each month that is over and not closed; returns how many notices that are."""
    told = 0
    for month in _untold(connection, community, at):
        title = spoken(lambda month=month: say("食堂 {month} 月结待办", month=month))  # type: ignore[misc]
        told += tell(
            connection,
            Notice(
                community=community,
                at=at,
                kind=KIND,
                subject=month,
                title=title.name,
                title_en=title.name_en,
                least="manager",
                mark=_mark(community, month),
            ),
        )
    return told


def is_due(connection: Connection, community: str, at: Instant) -> bool:
    """Whether `pass_time` would tell of something; reads only."""
    return next(_untold(connection, community, at), None) is not None


def _untold(connection: Connection, community: str, at: Instant) -> Iterator[str]:
    for month in open_months(connection, community, at):
        if not connection.scalar(select(exists().where(notice.c.mark == _mark(community, month)))):
            yield month


def _mark(community: str, month: str) -> str:
    return f"canteen:{community}:{month}:{KIND}"
