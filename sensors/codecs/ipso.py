"""LwM2M paths as names: ``3303/0/5700`` is a temperature, whatever stands beside it. The rows are in ipso.toml."""

import re
import tomllib
from functools import cache
from importlib.resources import files

import msgspec

PATH = re.compile(r"/?(\d{1,5})/(\d{1,5})/(\d{1,5})(?:/0)?")


class Meaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a resource of an object is: the metric, and the unit where a record declares none."""

    metric: str
    unit: str | None = None


@cache
def _table() -> dict[str, dict[str, Meaning]]:
    rows = tomllib.loads((files("sensors.codecs") / "ipso.toml").read_text(encoding="utf-8"))
    return msgspec.convert(rows, dict[str, dict[str, Meaning]])


def meaning_of(path: str) -> Meaning | None:
    """What a path names; None for what is no path, or not in the table.

    >>> meaning_of("3303/0/5700").metric, meaning_of("/3303/1/5700").metric, meaning_of("3303/0/5601")
    ('temperature', 'temperature_1', None)
    """
    parts = PATH.fullmatch(path)
    if parts is None:
        return None
    known = _table().get(parts[1], {}).get(parts[3])
    if known is None or int(parts[2]) == 0:
        return known
    return Meaning(f"{known.metric}_{int(parts[2])}", known.unit)
