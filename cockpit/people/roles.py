"""What each role is called and may do, as people are told (roles.toml)."""

import tomllib
from functools import cache
from importlib.resources import files

import msgspec


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of the table."""

    name: str
    name_en: str
    does: str
    does_en: str


@cache
def roles() -> dict[str, Told]:
    """Every role that somebody may be given, the least first."""
    read = tomllib.loads((files("cockpit.people") / "roles.toml").read_text(encoding="utf-8"))
    return msgspec.convert(read, dict[str, Told])
