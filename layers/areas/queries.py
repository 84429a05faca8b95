"""What is known of the areas, now or at a past time."""

from typing import Any

from sqlalchemy import Connection

from geo.ground import places
from sensors.devices import past
from sensors.readings import summary
from store.instant import Instant


def records(
    connection: Connection, community: str, keys: set[str] | None, at: Instant | None = None
) -> dict[str, dict[str, Any]]:
    """Each area with the means of its metrics.

    Returns
    -------
    dict
        area -> ``{"code", "name", "devices", "sources", "metrics": {metric: ...}}``; a mean as `summary.means`
        gives it, ``sources`` as `summary.sources`.
    """
    areas = [place for place in places(community, "areas") if keys is None or place.code in keys]
    codes = {place.code for place in areas}
    devices = [d for d in past.devices_at(connection, community, at=at) if d.area in codes]
    found = summary.means(connection, community, at, devices)
    return {
        place.code: {
            "code": place.code,
            "name": place.name,
            "name_en": place.name_en,
            "devices": sum(d.area == place.code for d in devices),
            "sources": summary.sources(found.get(place.code, {}).values()),
            "metrics": found.get(place.code, {}),
        }
        for place in areas
    }
