"""The shares of the capacity from which a site's levels begin, at a moment: a festival that is on may set its own."""

from sqlalchemy import Connection

from layers.visitors.capacity import levels
from layers.visitors.festivals import thresholds
from store.instant import Instant


def of(connection: Connection, community: str, site: str, moment: Instant) -> tuple[float, ...]:
    """The share from which each level begins, by rank; those of levels.toml where no festival sets them."""
    return thresholds(connection, community, site, moment) or levels.default_limits()
