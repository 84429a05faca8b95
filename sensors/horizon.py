"""Until when a time ahead of ours is believed: a clock that ran ahead must not keep out what comes later."""

from sqlalchemy import BigInteger, bindparam

from sensors.quality import CLOCK_TOLERANCE
from store.instant import MILLISECOND, Instant, now

HORIZON = bindparam("horizon", type_=BigInteger)
"""The horizon in a clause of `store.bulk.upsert_all`, which is made once and used at any time."""


def horizon() -> Instant:
    """The horizon now."""
    return now() + CLOCK_TOLERANCE


def of_now() -> dict[str, Instant]:
    """`HORIZON` as it is now, for ``also`` of `store.bulk.upsert_all`."""
    return {HORIZON.key: horizon()}


def is_ahead(milliseconds: float | None) -> bool:
    """Whether a time that is known, in epoch milliseconds, lies beyond the horizon."""
    return milliseconds is not None and milliseconds > horizon() // MILLISECOND
