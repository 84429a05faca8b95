"""Whether a declaration can be: what no register could be kept by is said at the start, not by its first row."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from geo.ground import LAYERS
from layers.roles import ROLES
from layers.scenes import scenes
from layers.services.registers.behind import CODES
from layers.services.registers.columns import HEADS

if TYPE_CHECKING:
    from layers.services.registers.declare import Field, Register

MOST_FIELDS = 60
MONTHS_MOST = 1_200
RESERVED = frozenset({"id", "seq", "state", "at", "by", "voided", "reason", "values", "reference", "called"})
"""What stands beside the fields where a row is told or given."""
ROUTES = frozenset({"erasure"})
"""Addresses below ``/registers`` that are no register's."""
COUNTED = frozenset({"choice", "place", "yes_no"})
SUMMED = ("integer", "number")
QUICK = {
    "find": frozenset({"row"}),
    "more": frozenset({"yes_no"}),
    "choose": frozenset({"choice", "yes_no"}),
    "now": frozenset({"date", "time", "month"}),
}
"""The types of the fields by which is entered in two taps."""
LEAST_FIRST = ("everybody", *ROLES)


def faults(one: "Register") -> Iterator[str]:
    """What is wrong with a declaration: where in it, and why."""
    yield from _whole(one)
    yield from _fields(one)
    yield from _named(one)
    yield from _roles(one)
    yield from _states(one)


def _whole(one: "Register") -> Iterator[str]:
    if not is_code(one.code):
        yield f"code {one.code!r}: lower-case letters, digits and _ only, a letter first, at most 40"
    if one.code in ROUTES:
        yield f"code {one.code!r}: is an address already"
    if one.scene not in scenes():
        yield f"scene: {one.scene!r} is not one of {', '.join(scenes())}"
    if one.behind and one.behind not in CODES:
        yield f"behind: {one.behind!r} is not one of {', '.join(CODES)}"
    if one.retention is not None and not 1 <= one.retention.months <= MONTHS_MOST:
        yield f"retention.months: {one.retention.months}; 1 to {MONTHS_MOST}"


def is_code(text: str) -> bool:
    """Whether a text can be the code of a register or of a field."""
    return (
        0 < len(text) <= 40
        and text.isascii()
        and text == text.lower()
        and text[0].isalpha()
        and text.replace("_", "0").isalnum()
    )


def _fields(one: "Register") -> Iterator[str]:
    if not 0 < len(one.fields) <= MOST_FIELDS:
        yield f"fields: {len(one.fields)}; 1 to {MOST_FIELDS}"
    codes, words = set[str](), dict[str, str]()
    for field in one.fields:
        yield from (f"fields.{field.code}: {fault}" for fault in _field(field))
        if field.code in codes:
            yield f"fields.{field.code}: twice"
        codes.add(field.code)
        for name in {field.name.casefold(), field.name_en.casefold()}:
            other = words.setdefault(name, field.code)
            if other != field.code:
                yield f"fields.{field.code}: is called {name!r} like {other}"


def _field(field: "Field") -> Iterator[str]:
    if not is_code(field.code) or field.code in RESERVED:
        yield "no code for a field"
    for name in {field.name, field.name_en} & HEADS:
        yield f"name: {name!r} is the head of a column of every file"
    if field.type in ("choice", "choices") and not field.choices:
        yield "choices: none"
    if field.type == "row" and not field.to:
        yield "to: which register"
    if field.on and field.type != "row":
        yield f"on: {field.type} names no row"
    if field.type == "place" and field.layer not in LAYERS:
        yield f"layer: {field.layer!r} is not one of the ground's: {', '.join(LAYERS)}"
    if field.but and field.type != "place":
        yield f"but: {field.type} names no place"
    if field.least is not None and field.most is not None and field.least > field.most:
        yield f"least: {field.least:g} is more than most, {field.most:g}"
    if field.most is not None and field.type in ("text", "long", "recurrence") and field.most < 1:
        yield f"most: {field.most:g} characters hold nothing"
    if field.people and field.type not in SUMMED:
        yield f"people: {field.type} is no number"
    if field.required and field.computed:
        yield "required: nobody can enter what is computed"


def _named(one: "Register") -> Iterator[str]:
    """Fields that other parts of the declaration name."""
    types = {field.code: field.type for field in one.fields}
    quick = {} if one.quick is None else {what: getattr(one.quick, what) for what in QUICK}
    named = {"key": one.key, "label": one.label, "totals": one.totals, "sums": one.sums}
    for what, codes in (named | {"quick": tuple(filter(None, quick.values()))}).items():
        for code in dict.fromkeys(codes):
            if code not in types:
                yield f"{what}: no field {code!r}"
            if codes.count(code) > 1:
                yield f"{what}: {code!r} twice"
    for what, code in quick.items():
        if code in types and types[code] not in QUICK[what]:
            yield f"quick.{what}: {code!r} is {types[code]}, not {' or '.join(sorted(QUICK[what]))}"
    if one.sums and not one.totals:
        yield "sums: no totals that they would stand in"
    if one.sums and one.is_of_people:
        yield "sums: of rows that tell of people, a number could tell of one"
    for code in one.sums:
        if code in types and one.field(code).people:
            yield f"sums: {code!r} is a number of people, and a small one could tell of one"
        if code in types and types[code] not in SUMMED:
            yield f"sums: {code!r} is {types[code]}, not {' or '.join(SUMMED)}"
    for code in one.totals:
        if code in types and (one.field(code).personal or types[code] not in COUNTED):
            yield f"totals: {code!r} is personal, or neither choice, place nor yes_no"


def _roles(one: "Register") -> Iterator[str]:
    if not one.personal:
        return
    if one.reads == "everybody":
        yield "reads: everybody, and there are personal fields"
    if LEAST_FIRST.index(one.writes) < LEAST_FIRST.index(one.names):
        yield f"writes: a {one.writes} could not see what is personal, which needs {one.names}"


def _states(one: "Register") -> Iterator[str]:
    if one.states and one.first not in one.states:
        yield f"first: no state {one.first!r}"
    if one.first and not one.states:
        yield f"first: {one.first!r}, and there are no states"
    for code, state in one.states.items():
        for to in state.to:
            if to not in one.states:
                yield f"states.{code}.to: no state {to!r}"
