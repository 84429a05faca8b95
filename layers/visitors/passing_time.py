"""What time alone brings about for the levels of sites, and what another process changed that they follow from."""

from sqlalchemy import Connection, select

from layers.visitors.capacity import state, versions
from layers.visitors.capacity.tables import site_level
from layers.visitors.inside import reset_before
from sensors.intake.batch import Batch
from sensors.tables import device
from store import revision
from store.instant import DAY, SECOND, Instant, local_midnight

LOOK: Instant = 10 * SECOND
"""How often to look whether a person changed a capacity, closed a site or counted; one look is one row by its key."""


class Passing:
    """What is due when; of each database its own. It remembers what it saw only once that was committed."""

    def __init__(self) -> None:
        self.due: Instant = 0
        self._revision = -1
        self._boundary: Instant = 0
        self._looked: tuple[int, Instant, Instant] | None = None

    def sites(self, connection: Connection, batch: Batch) -> set[tuple[str, str]]:
        """(community, site) of all whose level may have changed without a word from a gate."""
        if batch.at < self.due:
            return set()
        seen = revision.current(connection, state.CHANGED)
        boundary = _boundary(connection, batch.at)
        self._looked = (seen, boundary, min(batch.at + LOOK, boundary))
        return _all(connection) if seen != self._revision or batch.at >= self._boundary else set()

    def committed(self) -> None:
        """The batch is stored, and with it what was due."""
        if self._looked is not None:
            self._revision, self._boundary, self.due = self._looked
            self._looked = None


def _boundary(connection: Connection, moment: Instant) -> Instant:
    """When time alone next changes a level: the reset, the end of the day, or a capacity that begins to count."""
    nexts = [reset_before(moment) + DAY, local_midnight(moment) + DAY]
    begins = versions.next_change(connection, moment)
    return min(nexts if begins is None else [*nexts, begins])


def _all(connection: Connection) -> set[tuple[str, str]]:
    """Every site that has a level, or a gate, in this database."""
    c, d = site_level.c, device.c
    gates = select(d.community, d.site).where(d.kind == "gate", d.site.is_not(None)).distinct()
    found = [*connection.execute(select(c.community, c.site)), *connection.execute(gates)]
    return {(community, site) for community, site in found}
