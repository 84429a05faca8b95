"""How many people a site may hold: only what the operator configured, and the level it gives."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

_configured: dict[str, int] = {}


def configure(capacities: Mapping[str, int]) -> None:
    """Take the operator's capacities, by site."""
    _configured.clear()
    _configured.update(capacities)


def of(site: str) -> int | None:
    """The capacity of a site; None where nobody configured one."""
    return _configured.get(site)


def level(ratio: float | None) -> str | None:
    """The level of a share of the capacity; None where there is none."""
    if ratio is None:
        return None
    return next(str(row["code"]) for row in reversed(rules()["level"]) if ratio >= row["from_ratio"])


@cache
def rules() -> dict[str, Any]:
    """levels.toml."""
    return tomllib.loads((files("layers.visitors") / "levels.toml").read_text(encoding="utf-8"))
