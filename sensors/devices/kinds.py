"""Kinds of devices, and the commands that each takes. The rows stand in kinds.toml."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec

from store.language import named

OTHER = "other"


class Param(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A parameter of a command."""

    name: str
    name_en: str
    type: Literal["number", "text", "boolean"]
    low: float | None = None
    high: float | None = None
    longest: int = 200
    optional: bool = False

    def fault(self, value: Any) -> str | None:
        """What is wrong with a value; None where nothing is."""
        if self.type == "boolean":
            return None if isinstance(value, bool) else "true or false expected"
        if self.type == "text":
            if not isinstance(value, str) or not 0 < len(value) <= self.longest or not value.isprintable():
                return f"a text of 1 to {self.longest} printable characters expected"
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "a number expected"
        low, high = self.low, self.high
        inside = (low is None or value >= low) and (high is None or value <= high)
        return None if inside else f"a number from {low:g} to {high:g} expected"


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command that a kind of device takes."""

    name: str
    name_en: str
    params: dict[str, Param] = {}

    def faults(self, params: dict[str, Any]) -> list[str]:
        """What is wrong with the parameters that are given, each with its name."""
        found = [f"{name}: no such parameter" for name in params if name not in self.params]
        for name, param in self.params.items():
            fault = param.fault(params[name]) if name in params else None if param.optional else "is missing"
            if fault is not None:
                found.append(f"{name}: {fault}")
        return found


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of device: what a people counter's gate can pass at most, either way, and what one may say, as JSON."""

    name: str
    name_en: str
    people_a_minute: float | None = None
    sample: str = '{"battery": 90}'
    commands: dict[str, Command] = {}


@cache
def kinds() -> dict[str, Kind]:
    """Every kind by its code, in the order of the file."""
    table = tomllib.loads((files("sensors.devices") / "kinds.toml").read_text(encoding="utf-8"))
    return msgspec.convert(table, dict[str, Kind])


def kind(code: str) -> Kind:
    """The row of a kind; that of other devices where there is none."""
    return kinds().get(code, kinds()[OTHER])


def kind_name(code: str) -> str:
    """What a kind of device is called in the language that is spoken."""
    return named(kind(code))
