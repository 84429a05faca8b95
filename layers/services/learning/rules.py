"""The year's target of learners and the bands of age, as learning.toml has them."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many learners a community means to have in a year, and where that is said."""

    learners: int
    source: str
    source_en: str


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A band of age: from ``least`` full years up to the next band's."""

    code: str
    name: str
    name_en: str
    least: int


class _Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    target: Mapping[str, Target]
    band: tuple[Band, ...]


@cache
def _rules() -> _Rules:
    text = (files("layers.services.learning") / "learning.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), _Rules)


def target(community: str) -> Target | None:
    """The year's target; None where nobody named one."""
    return _rules().target.get(community)


def bands() -> tuple[Band, ...]:
    """The bands of age, the youngest first."""
    return _rules().band


def band_of(age: int) -> Band:
    """The band of an age in full years."""
    return [one for one in bands() if one.least <= max(age, 0)][-1]
