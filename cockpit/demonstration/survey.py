"""The grids of a demonstration: one for each area, in its bounds, called what it is."""

import json

from cockpit.demonstration.tables import people
from cockpit.demonstration.words import grid_code
from geo import ground


def grids(community: str) -> bytes:
    """A survey file of invented grids, as GeoJSON."""
    shapes = json.loads(ground.geojson(community, "areas"))["features"]
    features = [
        {
            "type": "Feature",
            "properties": {
                "code": grid_code(one["properties"]["code"]),
                "name": people().said["grid"].format(area=one["properties"]["name"]),
            },
            "geometry": one["geometry"],
        }
        for one in shapes
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()
