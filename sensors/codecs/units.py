"""Units of measurement by UCUM: what a device declares becomes the metric's own unit."""

from functools import lru_cache

# SenML's names (RFC 8428 section 12.1, RFC 8798) beside UCUM's, where the two differ.
UCUM_OF = {
    "%RH": "%",
    "%EL": "%",
    "/": "1",
    "count": "1",
    "dBA": "dB[A]",
    "kWh": "kW.h",
    "Wh": "W.h",
    "degF": "[degF]",
}

SAME = (1.0, 0.0)


@lru_cache(maxsize=1024)
def to_ours(declared: str, ours: str) -> tuple[float, float] | None:
    """(factor, offset) from a declared unit, SenML's or UCUM's, to one of ours; None where there is no such way.

    >>> to_ours("degF", "Cel")
    (0.5555555555555556, -17.77777777777778)
    >>> to_ours("V", "Cel") is None
    True
    """
    declared = UCUM_OF.get(declared, declared)
    if declared == ours:
        return SAME
    return _by_ucum(declared, ours)


def _by_ucum(declared: str, ours: str) -> tuple[float, float] | None:
    # Here, not above: the tables of units take half a second, and most devices send our own.
    from pint.errors import DimensionalityError
    from ucumvert.parser import InvalidUcumError

    units = _registry()
    try:
        zero, one = (units.Quantity(n, units.from_ucum(declared)).to(units.from_ucum(ours)).magnitude for n in (0.0, 1))
    except (DimensionalityError, InvalidUcumError, ValueError, ArithmeticError):
        return None
    # Fourteen digits: what is beyond them comes of the arithmetic, not of the unit.
    return float(f"{one - zero:.14g}"), float(f"{zero:.14g}")


@lru_cache(maxsize=1)
def _registry():  # type: ignore[no-untyped-def]
    from ucumvert import PintUcumRegistry

    return PintUcumRegistry()
