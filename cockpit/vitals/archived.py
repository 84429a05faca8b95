"""What of the readings is archived: up to which month, how many, how many bytes each takes, and what is damaged."""

from collections.abc import Iterable

from sqlalchemy import Engine, func, select

from cockpit.vitals.rules import Value
from sensors.readings.archive import rounds
from sensors.tables import archive_part
from store.language import Word
from store.partitions import month_of

MB = 1_000_000
NONE_YET = Word("还没有归档的月份", "no month is archived yet")


def figures(engines: Iterable[Engine], late_h: float | None) -> dict[str, tuple[Value, Word | None]]:
    """The rows of the group "archive"; ``late_h`` since when it fails, None where nothing is archived by itself."""
    c, readings, size, newest, damaged = archive_part.c, 0, 0, None, 0
    for engine in engines:
        with engine.connect() as connection:
            query = select(func.sum(c.readings), func.sum(c.bytes), func.max(c.month))
            of_one = connection.execute(query).one()
        readings, size = readings + int(of_one[0] or 0), size + int(of_one[1] or 0)
        damaged += len(rounds.damaged(engine))
        newest = max((one for one in (newest, of_one[2]) if one is not None), default=None)
    return {
        "archive.newest": (None if newest is None else "{}-{:02d}".format(*month_of(newest)), NONE_YET),
        "archive.readings": (readings, NONE_YET),
        "archive.size": (size / MB, NONE_YET),
        "archive.each": (size / readings if readings else None, NONE_YET),
        "archive.late": (late_h, NONE_YET),
        "archive.damaged": (None if newest is None else damaged, NONE_YET),
    }
