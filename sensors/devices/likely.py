"""Which metric a name that is none most likely means: a suggestion. likely.toml has the names."""

import tomllib
from functools import cache
from importlib.resources import files

from sensors.metrics import metrics

LEAST = 3
"""So many letters of a code make one think of the rest."""


def likely(name: str) -> str | None:
    """The code of the metric that a name most likely means; None where nothing suggests itself.

    >>> likely("PM2.5"), likely("Temp"), likely("humi"), likely("x")
    ('pm2_5', 'temperature', 'humidity', None)
    """
    plain = _plain(name)
    if plain in _known():
        return _known()[plain]
    begun = {code for known, code in _known().items() if len(plain) >= LEAST and known.startswith(plain)}
    return begun.pop() if len(begun) == 1 else None


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


@cache
def _known() -> dict[str, str]:
    """Every name in plain letters -> the code; of two that are alike the first metric's."""
    others = tomllib.loads((files("sensors.devices") / "likely.toml").read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    for code, metric in metrics().items():
        for name in (code, metric.name, metric.name_en, *others.get(code, ())):
            found.setdefault(_plain(name), code)
    return found
