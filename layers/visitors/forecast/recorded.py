"""The errors that were measured on the packaged recording (``python -m bench forecast``), as they are kept."""

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec


@cache
def recorded() -> dict[str, Any]:
    """``source``, and for each of ``sites`` what `measure.told` tells."""
    content = (files(__package__) / "recorded.json").read_bytes()
    found: dict[str, Any] = msgspec.json.decode(content)
    return found
