"""How alarms look to people: the shape, tone and word of a priority, the words of what rules compare (look.toml)."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec

from layers.alarms.life import life
from layers.look import TOKENS


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A priority as it is seen; ``tone`` is the code of a colour."""

    symbol: str
    tone: str
    name: str
    name_en: str

    @property
    def colour(self) -> str:
        """The tone's colour, as the map takes it."""
        return TOKENS[self.tone]


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A word in two languages."""

    name: str
    name_en: str


class Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A word in two languages; of a figure with its unit as screens show it and the digits after the point.

    ``values`` are the words for a figure that counts steps, from 0 up.
    """

    name: str
    name_en: str
    values: tuple[Named, ...] = ()
    label: str | None = None
    label_en: str | None = None
    precision: int | None = None
    unit: str | None = None
    unit_en: str | None = None


class Looks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """look.toml."""

    priorities: Mapping[str, Look]
    derived: Mapping[str, Word]
    ops: Mapping[str, Word]
    causes: Mapping[str, Word]


@cache
def looks() -> Looks:
    """The rows of look.toml, the loudest priority first."""
    table = tomllib.loads((files("layers.alarms") / "look.toml").read_text(encoding="utf-8"))
    return msgspec.convert(table, Looks)


@cache
def words() -> str:
    """The same with the table of the life of an alarm, as JSON: what the scripts say with it, and what they offer."""
    told = msgspec.to_builtins(looks()) | {"life": msgspec.to_builtins(life())}
    return msgspec.json.encode(told).decode()
