"""A community of many surveyed buildings and many devices, all over its ground."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert

from geo import ground
from sensors.tables import device, device_place, device_state
from store.engine import open_engine
from store.instant import now
from store.migrate import upgrade
from tests.running import Cockpit

BUILDINGS, DEVICES = 3_000, 10_000


def large_community(folder: Path) -> Cockpit:
    """A community of 3,000 surveyed buildings and 10,000 devices that report."""
    cockpit = Cockpit(folder, settings={"COCKPIT_LOG_LEVEL": "warning"})
    west, south, east, north = ground.community_of("heling").bounds
    random = np.random.default_rng(7)

    def block(number: int, lon: float, lat: float) -> dict[str, Any]:
        ring = [[lon, lat], [lon + 2e-4, lat], [lon + 2e-4, lat + 1e-4], [lon, lat + 1e-4], [lon, lat]]
        properties = {"code": f"b{number}", "floors": int(random.integers(1, 9))}
        return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}

    places = zip(random.uniform(west, east, BUILDINGS), random.uniform(south, north, BUILDINGS), strict=True)
    survey = folder / "buildings.geojson"
    features = [block(number, lon, lat) for number, (lon, lat) in enumerate(places)]
    survey.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    cockpit.answer("geo", "import", str(survey), "--community", "heling", "--kind", "buildings")
    engine = open_engine(f"sqlite:///{cockpit.data}/cockpit.db")
    upgrade(engine)
    moment = now()
    lons, lats = random.uniform(west, east, DEVICES), random.uniform(south, north, DEVICES)
    rows = [
        {
            "id": f"d{number}", "community": "heling", "kind": "air", "name": f"设备 {number}",
            "interval_s": 3600, "secret_hash": "", "created": moment,
        }
        for number in range(DEVICES)
    ]  # fmt: skip
    spots = [
        {"device_id": row["id"], "crs": "CGCS2000", "lon": lon, "lat": lat, "raw_lon": lon, "raw_lat": lat}
        for row, lon, lat in zip(rows, lons.tolist(), lats.tolist(), strict=True)
    ]
    states = [{"device_id": row["id"], "last_seen": moment, "connected": True} for row in rows]
    with engine.begin() as connection:
        for table, found in ((device, rows), (device_place, spots), (device_state, states)):
            connection.execute(insert(table), found)
    engine.dispose()
    return cockpit.start()
