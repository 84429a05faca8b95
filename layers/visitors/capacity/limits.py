"""The shares of the capacity from which a site's levels begin, at a moment."""

from sqlalchemy import Connection

from layers.visitors.capacity import levels
from store.instant import Instant


def of(connection: Connection, community: str, site: str, moment: Instant) -> tuple[float, ...]:
    """The share from which each level begins, by rank; those of levels.toml."""
    return levels.default_limits()
