"""Which formats are read, and how GDAL is kept from all others before it loads."""

import subprocess
import sys
from functools import cache

DRIVERS = {
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".shp": "ESRI Shapefile",
    ".kml": "LIBKML",
    ".dxf": "DXF",
    ".csv": "CSV",
}
"""Of each ending, the one driver that may read it."""
PARTS = (".dbf", ".prj", ".cpg")
"""What stands beside a .shp; its index is made anew."""
PACKED = (".zip", ".kmz")
ENDINGS = (*DRIVERS, *PACKED)
TIMEOUT_S = 60


@cache
def environment() -> dict[str, str]:
    """What GDAL and PROJ must know before they load: no driver but ours, no plug-ins, no hosts.

    Asking for the drivers that GDAL has takes a process of its own, once.
    """
    ask = "import pyogrio; print('\\n'.join(pyogrio.list_drivers()))"
    there = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, timeout=TIMEOUT_S, check=True)  # noqa: S603 - our own words
    others = sorted(set(there.stdout.split("\n")) - {*DRIVERS.values(), ""})
    return {
        "OGR_SKIP": ",".join(others),
        "GDAL_DRIVER_PATH": "disable",
        "GDAL_NUM_THREADS": "1",
        "PROJ_NETWORK": "OFF",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{noext}",
        # Texts are brought to it before.
        "DXF_ENCODING": "UTF-8",
        "CPL_DEBUG": "OFF",
    }
