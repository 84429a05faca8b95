"""A register as it is declared: its fields, words, roles, states. Rows of data; the engine walks them.

Those that ship stand in ``declared/``, a file each; a community's own in the folder ``registers`` of its folder
(docs/registers.md). Nothing in a declaration is run: what keeps an invariant is named by a code of `behind`.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec

from geo import communities as geo
from layers.services.registers.checks import faults

Type = Literal[
    "text", "long", "integer", "number", "money", "date", "time", "clock", "month", "yes_no",
    "choice", "choices", "place", "row", "recurrence",
]  # fmt: skip
Role = Literal["everybody", "steward", "manager", "admin"]
ENDING = ".toml"
PERSONS = "persons"
"""The register that people stand in."""


class DeclarationError(Exception):
    """A declaration that cannot be; says which file, where and why."""


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a code is called."""

    name: str
    name_en: str


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A field of a row.

    ``choices`` are the codes that a choice may have, with their words; ``to`` is the register whose row a "row" names,
    ``layer`` the layer of the ground whose place a "place" names, ``but`` are kinds of places that it cannot be.
    ``least`` and ``most`` bound a number, ``most`` the characters of a text. ``personal``: sealed, and told only to who
    may see names. ``computed``: never entered, but found by what stands behind the register. ``on`` are registers of
    which one must list the row that a "row" names, by a row of its own that stands: what they are not for is not
    entered by mistake. ``people``: the number is one of people, though the row names none, so that a small total of it
    may name somebody. ``fixed``: as it was when the row came. ``past``: no day to come. ``said`` is what who wrote a
    row is told of a computed field that has a value, with ``{value}`` in its place.
    """

    code: str
    name: str
    name_en: str
    type: Type
    required: bool = False
    personal: bool = False
    computed: bool = False
    people: bool = False
    fixed: bool = False
    past: bool = False
    choices: dict[str, Choice] = {}
    to: str = ""
    on: tuple[str, ...] = ()
    layer: str = ""
    but: tuple[str, ...] = ()
    unit: str = ""
    unit_en: str = ""
    least: float | None = None
    most: float | None = None
    help: str = ""
    help_en: str = ""
    said: str = ""
    said_en: str = ""

    @property
    def is_person(self) -> bool:
        """Whether it names a person's row."""
        return self.type == "row" and self.to == PERSONS


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A state of a row; ``to`` maps each state that may follow to the least role for the step."""

    name: str
    name_en: str
    open: bool = True
    to: dict[str, Role] = {}


class Quick(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Entry in two taps: find the row of ``find`` (a field of type "row"), tap a choice of ``choose``; ``now`` is the
    field that takes the time or the day of the tap, ``more`` the yes_no by which the same is entered once more."""

    find: str
    choose: str
    now: str = ""
    more: str = ""


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many months after the last change what is personal is erased, and why so long."""

    months: int
    why: str
    why_en: str


class Register(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A register.

    ``reads``, ``writes``, ``voids`` and ``names`` are the least roles that see rows, enter and change them, void them,
    and see what is personal. ``key`` are the fields that together name a row: no two rows that stand have the same.
    ``label`` are the fields that a row is called by. ``totals`` are fields by which everybody may have totals,
    ``sums`` the numbers that are added up in them, of a register that tells of nobody.
    ``behind`` is the code of what keeps the register's invariants, where it ships; ``communities`` those that have it,
    empty: all.
    """

    code: str
    name: str
    name_en: str
    scene: str
    order: int = 100
    reads: Role = "steward"
    writes: Role = "steward"
    voids: Role = "steward"
    names: Role = "steward"
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    first: str = ""
    states: dict[str, State] = {}
    quick: Quick | None = None
    retention: Retention | None = None
    behind: str = ""
    communities: tuple[str, ...] = ()
    about: str = ""
    about_en: str = ""

    def field(self, code: str) -> Field:
        """A field by its code.

        Raises
        ------
        KeyError
            If there is none.
        """
        for one in self.fields:
            if one.code == code:
                return one
        raise KeyError(code)

    def lists(self, to: str) -> Field | None:
        """The field by which it lists rows of another register, the first of them; None: it lists none of these."""
        return next((one for one in self.fields if one.type == "row" and one.to == to), None)

    @property
    def is_people(self) -> bool:
        """Whether its rows are people: they have names, which are personal."""
        return any(one.code == "name" for one in self.personal)

    @property
    def is_of_people(self) -> bool:
        """Whether its rows tell of somebody: something is personal, or a row names a person."""
        return any(one.personal or one.is_person for one in self.fields)

    @property
    def personal(self) -> tuple[Field, ...]:
        """The fields that are sealed."""
        return tuple(one for one in self.fields if one.personal)


def read(text: str, code: str, where: str) -> Register:
    """A declaration from its TOML.

    Raises
    ------
    DeclarationError
        With the file, the place in it, and why.
    """
    try:
        rows: Mapping[str, Any] = tomllib.loads(text)
        found = msgspec.convert({"code": code, **rows}, Register)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise DeclarationError(f"{where}: {error}") from None
    except RecursionError:
        raise DeclarationError(f"{where}: nested too deep") from None
    for fault in faults(found):
        raise DeclarationError(f"{where}: {fault}")
    return found


@cache
def shipped() -> Mapping[str, Register]:
    """The registers that ship, by code."""
    folder = files("layers.services.registers") / "declared"
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(ENDING))
    return {
        name.removesuffix(ENDING): read(
            (folder / name).read_text(encoding="utf-8"), name.removesuffix(ENDING), f"declared/{name}"
        )
        for name in names
    }


@cache
def own(community: str) -> Mapping[str, Register]:
    """The registers that a community brings in its folder, by code.

    Raises
    ------
    DeclarationError
        With the file, the place in it, and why.
    """
    if community not in geo.communities():
        return {}
    return {
        name.removesuffix(ENDING): _own(community, name, content)
        for name, content in sorted(geo.registers(community).items())
    }


def _own(community: str, name: str, content: bytes) -> Register:
    where, code = f"{community}/{geo.REGISTERS}/{name}", name.removesuffix(ENDING)
    if code in shipped():
        raise DeclarationError(f"{where}: a register of this code ships")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise DeclarationError(f"{where}: no UTF-8: {error.reason} at byte {error.start}") from None
    found = read(text, code, where)
    if found.behind:
        # What stands behind a register is bound to the fields of one that ships.
        raise DeclarationError(f"{where}: behind: only registers that ship have something behind them")
    return found


def _with(one: Register, said: geo.Addition) -> Register:
    about_en = " ".join(filter(None, [one.about_en or one.about, said.about_en or said.about]))
    return msgspec.structs.replace(one, about=one.about + said.about, about_en=about_en)


@cache
def registers(community: str) -> Mapping[str, Register]:
    """The registers that a community has, by code, in their order."""
    found = [one for one in shipped().values() if not one.communities or community in one.communities]
    additions = geo.communities()[community].additions if community in geo.communities() else ()
    said = {one.register: one for one in additions}
    found = [_with(one, said[one.code]) if one.code in said else one for one in found]
    return {one.code: one for one in sorted([*found, *own(community).values()], key=lambda one: (one.order, one.code))}


def check() -> None:
    """Look at all declarations, once at the start.

    Raises
    ------
    DeclarationError
        With the first that cannot be: its file, the place in it, and why.
    """
    for community in geo.communities():
        known = registers(community)
        for one in known.values():
            for field in one.fields:
                if field.type == "row" and field.to not in known:
                    raise DeclarationError(f"{one.code}: fields.{field.code}.to: no register {field.to!r}")
                for other in field.on:
                    if other not in known or known[other].lists(field.to) is None:
                        why = f"no register {other!r} that lists rows of {field.to!r}"
                        raise DeclarationError(f"{one.code}: fields.{field.code}.on: {why}")
