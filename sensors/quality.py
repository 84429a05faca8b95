"""Quality flags: what is doubtful about a reading that was kept."""

from enum import IntFlag

from sensors.metrics import Kind, Metric
from store.instant import MINUTE, Instant

CLOCK_TOLERANCE = 5 * MINUTE
SUSPECT = "suspect"
NOT_LIVE = 64
"""Beside the flags of the newest reading of a series: it was played back, or kept by a broker; no doubt in itself."""


class Quality(IntFlag):
    """Bits of doubt; none set is a good reading."""

    GOOD = 0
    OUT_OF_RANGE = 1
    UNKNOWN_METRIC = 2
    WRONG_TYPE = 4
    CLOCK_AHEAD = 8
    FOREIGN_UNIT = 16
    WRONG_CLOCK = 32

    @property
    def word(self) -> str:
        """The flag as the API and the screens say it: good, unknown_metric or suspect."""
        return word_of(int(self))


def word_of(flags: int) -> str:
    """The word for stored flags; see `Quality.word`."""
    flags &= ~NOT_LIVE
    if flags == 0:
        return "good"
    return "unknown_metric" if flags == Quality.UNKNOWN_METRIC else SUSPECT


def judge_time(ts: Instant, arrived: Instant, wrong_clock: bool) -> int:
    """The quality flags that the time of a sample brings to all its readings."""
    ahead = Quality.CLOCK_AHEAD if ts > arrived + CLOCK_TOLERANCE else 0
    return int(ahead | (Quality.WRONG_CLOCK if wrong_clock else 0))


def judge(metric: Metric | None, value: float | bool | str, foreign_unit: bool = False) -> int:
    """The quality flags of a value.

    Parameters
    ----------
    metric
        What is known of it; None where the metric is unknown.
    foreign_unit
        Whether the message declared a unit that cannot be brought to the metric's.
    """
    flags = 0
    if metric is None:
        flags = int(Quality.UNKNOWN_METRIC)
    elif metric.kind is Kind.BOOL:
        if not isinstance(value, bool) and value not in (0, 1):
            flags = int(Quality.WRONG_TYPE)
    elif isinstance(value, bool | str):
        flags = int(Quality.WRONG_TYPE)
    elif not metric.in_range(value):
        flags = int(Quality.OUT_OF_RANGE)
    return flags | int(Quality.FOREIGN_UNIT) if foreign_unit else flags
