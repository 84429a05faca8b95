"""Coordinates brought into CGCS2000, and the systems from which nobody knows the way there well."""

from dataclasses import dataclass

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import ProjError
from pyproj.transformer import TransformerGroup

from geo.crs import EPSG_CGCS2000, PROJECTED, Crs, all_to_cgcs2000
from geo.errors import Fault, SurveyFaults
from geo.survey_faults import middle

SAME = ("World Geodetic System 1984", "WGS 84", "WGS_1984", "International Terrestrial Reference Frame", "China 2000")
"""Datums that lie within some decimetres of CGCS2000, so that no shift is the right one."""
ROUGH_M = 5.0
NO_WAY = "no way to CGCS2000"


@dataclass(frozen=True)
class Placed:
    """Geometries in CGCS2000, the system they were in, and its name where the way from there is not known well."""

    shapes: np.ndarray
    crs: str
    shift: str


def to_cgcs2000(shapes: np.ndarray, declared_by_file: str | None, declared: str | None, accept_shift: bool) -> Placed:
    """The geometries in CGCS2000.

    Raises
    ------
    SurveyFaults
        If there is no system, or none that is known, or only a guess leads from it and nobody accepted that.
    """
    if declared is not None and not declared.upper().startswith("EPSG:"):
        system = Crs(declared)
        return Placed(_moved(shapes, system) if system in (Crs.GCJ02, Crs.BD09, *PROJECTED) else shapes, system, "")
    known = declared or declared_by_file
    if known is None:
        x, y = middle(shapes)
        if abs(x) > 180 or abs(y) > 90:
            raise _fault("system_unknown", x=f"{x:.0f}", y=f"{y:.0f}")
        return Placed(shapes, Crs.CGCS2000, "")
    try:
        there = CRS.from_user_input(known)
        ways = TransformerGroup(there, CRS.from_epsg(EPSG_CGCS2000), always_xy=True).transformers
    except ProjError as error:
        raise _fault("system", system=known[:64], said=" ".join(str(error).split())[:200]) from None
    if not ways:
        raise _fault("system", system=known[:64], said=NO_WAY)
    shift = there.name[:64] if _is_guess(there, ways[0].description, ways[0].accuracy) else ""
    if shift and not accept_shift:
        raise _fault("shift", system=f"{shift} ({known[:40]})" if known.upper().startswith("EPSG:") else shift)
    moved = shapely.transform(shapes, lambda x, y: ways[0].transform(x, y), interleaved=False)
    return Placed(np.asarray(moved, dtype=object), _name(there, known), shift)


def _is_guess(system: CRS, description: str, accuracy: float) -> bool:
    base = system.source_crs or system if system.is_bound else system
    datum = base.datum.name if base.datum is not None else (base.geodetic_crs.name if base.geodetic_crs else "")
    if datum.startswith(SAME):
        return False
    return "Ballpark" in description or accuracy > ROUGH_M


def _name(system: CRS, known: str) -> str:
    epsg = system.to_epsg()
    return f"EPSG:{epsg}" if epsg else (known if len(known) <= 64 else system.name[:64])


def _moved(shapes: np.ndarray, system: Crs) -> np.ndarray:
    return np.asarray(
        shapely.transform(shapes, lambda x, y: all_to_cgcs2000(x, y, system), interleaved=False), dtype=object
    )


def _fault(kind: str, **given: str) -> SurveyFaults:
    return SurveyFaults([Fault(0, "", kind, given)])
