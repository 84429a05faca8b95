"""The figures of vitals.toml, and in which state each is."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

State = Literal["well", "middle", "high", "unknown"]
STATES: tuple[State, ...] = ("high", "middle", "unknown", "well")
"""The gravest first."""
Value = float | str | None


class Vital(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row of vitals.toml; what its fields mean stands there."""

    name: str
    name_en: str
    kind: Literal["number", "yes_no", "no_yes", "text"] = "number"
    unit: str = ""
    unit_en: str = ""
    precision: int = 0
    middle_above: float | None = None
    high_above: float | None = None
    middle_below: float | None = None
    high_below: float | None = None
    missing: State = "unknown"
    alarm: str | None = None
    metric: str | None = None
    factor: float | None = None
    todo: str = ""
    todo_en: str = ""

    def state(self, value: Value) -> State:
        """In which state a figure is; what is no number is well, and what nobody knows as ``missing`` says."""
        if value is None:
            return self.missing
        if isinstance(value, str):
            return "well"
        if _is_beyond(value, self.high_above, self.high_below):
            return "high"
        return "middle" if _is_beyond(value, self.middle_above, self.middle_below) else "well"


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What belongs together: the broker, the database."""

    name: str
    name_en: str
    rows: Mapping[str, Vital]


@cache
def groups() -> Mapping[str, Group]:
    """Every group by its code, in their order."""
    rows = tomllib.loads((files("cockpit.vitals") / "vitals.toml").read_text(encoding="utf-8"))
    return msgspec.convert(rows, dict[str, Group])


def _is_beyond(value: float, above: float | None, below: float | None) -> bool:
    return (above is not None and value > above) or (below is not None and value < below)
