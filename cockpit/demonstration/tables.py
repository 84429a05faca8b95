"""The tables of the demonstration, as they are authored: people, stories and the courses that events take."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from sqlalchemy import Connection

from store.demonstration import began

STORIES = ("registers", "care", "school", "governance", "events", "visitors")
"""The files of stories."""


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the staff."""

    name: str
    role: str


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Residents of one age: how many, and the first and last year in which they were born."""

    code: str
    count: int
    born: tuple[int, int]


class Residents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How residents are called, and their groups."""

    name: str
    surnames: tuple[str, ...]
    groups: tuple[Group, ...]


class People(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everybody in the demonstration."""

    staff: dict[str, Person]
    said: dict[str, str]
    residents: Residents


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What follows on a record: after so long, by whom, what is asked for.

    ``chance`` is that it comes at all; where it does not, nothing after it does. An event's step that is ``given`` goes
    to that one of the staff.
    """

    after: tuple[str, str]
    by: str
    to: str | None = None
    given: str | None = None
    note: str = ""
    values: dict[str, Any] = {}
    body: dict[str, Any] = {}
    path: tuple[str, ...] = ()
    chance: float = 1.0


class Course(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Steps in their order, and how often this course is taken among others of its kind."""

    weight: int
    steps: tuple[Step, ...]


class Story(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens: once when the demonstration begins, or on days.

    ``when`` is "once" (``day`` days after the beginning; ``again``: and once more every so many days, so that what runs
    out goes on), "daily", or "every" so many days with an ``offset``;
    ``weekdays`` are 1 to 7, Monday first. ``between`` is the time of day, ``count`` how many (least and most). ``each``
    are variants, all of them made; of ``pick`` one is drawn for each. A variant's members go over those of ``values``
    or ``body``. ``register`` or ``path``, part by part, says where; ``needs`` names places ("rooms/…") without which it
    is left out, and ``lacks`` a layer that must have none. ``survey``: what is sent is a file of grids.
    """

    code: str
    by: str
    when: str = "daily"
    only: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    lacks: str = ""
    day: int = 0
    again: int = 0
    every: int = 1
    offset: int = 0
    weekdays: tuple[int, ...] = ()
    between: tuple[str, str] = ("09:00", "17:00")
    count: tuple[int, int] = (1, 1)
    each: tuple[dict[str, Any], ...] = ()
    pick: tuple[dict[str, Any], ...] = ()
    register: str | None = None
    path: tuple[str, ...] = ()
    kind: str = "row"
    values: dict[str, Any] = {}
    body: dict[str, Any] = {}
    survey: bool = False
    somewhere: bool = False
    steps: tuple[Step, ...] = ()
    courses: str | None = None
    picture: str | None = None
    picture_chance: float = 1.0


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    story: tuple[Story, ...] = ()
    courses: dict[str, dict[str, Course]] = {}


@cache
def people() -> People:
    """Everybody in the demonstration."""
    return msgspec.convert(_read("people"), People)


def staff(connection: Connection) -> frozenset[str]:
    """Names of the staff of a database's demonstration, so that it can give things to them; nobody where it is none."""
    return frozenset(one.name for one in people().staff.values()) if began(connection) is not None else frozenset()


@cache
def stories() -> tuple[Story, ...]:
    """Every story, in the order of the files."""
    return tuple(story for file in _files().values() for story in file.story)


@cache
def courses() -> Mapping[str, Mapping[str, Course]]:
    """Kind -> code -> course."""
    return {kind: table for file in _files().values() for kind, table in file.courses.items()}


@cache
def _files() -> dict[str, _File]:
    return {name: msgspec.convert(_read(name), _File) for name in STORIES}


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((files("cockpit.demonstration") / f"{name}.toml").read_text(encoding="utf-8"))
