"""A file that is written is read back, by what will read it, and compared with what was to be in it."""

from sensors.readings.archive import asking
from sensors.readings.archive.columns import OfSeries, Written


class Wrong(OSError):
    """A file is not what was written."""


def check(written: Written) -> None:
    """Compare how many readings of each series there are, and the sum over all that they say.

    Raises
    ------
    Wrong
        If they are not the same; the file is removed.
    """
    found: dict[int, OfSeries] = {}
    for some in asking.stream(written.path.parent, asking.whole(written.path)):
        found.setdefault(some.number, OfSeries(int(some.ts[0]))).add(some)
    expected = {number: (one.readings, one.sum) for number, one in written.series.items()}
    if {number: (one.readings, one.sum) for number, one in found.items()} != expected:
        written.path.unlink()
        raise Wrong(f"{written.path} is not what was written")
