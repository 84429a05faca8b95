"""The nine scenes (九场景) that a future community is judged by. The rows stand in TOML."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from store.language import Word


@cache
def scenes() -> Mapping[str, Word]:
    """Every scene by its code, in their order."""
    rows = tomllib.loads((files("layers") / "scenes.toml").read_text(encoding="utf-8"))
    return {code: Word(**row) for code, row in rows.items()}
