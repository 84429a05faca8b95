"""Registers and their rows as the API tells of them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from geo.ground import place, places
from layers.people import told_to
from layers.roles import Actor, suffices
from layers.services.registers import values, words
from layers.services.registers.behind import Row
from layers.services.registers.declare import Field, Register
from store.instant import format_rfc3339
from store.language import Word, in_all

YES, NO = Word("是", "Yes"), Word("否", "No")


def register(one: Register, viewer: Actor | None, community: str) -> dict[str, Any]:
    """A declaration, with what whoever asks may do; both languages side by side."""
    may = {name: suffices(viewer, community, getattr(one, name)) for name in ("reads", "writes", "voids", "names")}
    return {
        "code": one.code,
        **in_all("name", one),
        **in_all("about", one, "about"),
        "scene": one.scene,
        "may": may,
        "key": list(one.key),
        "label": list(one.label),
        "totals": list(one.totals),
        "sums": list(one.sums),
        "behind": one.behind or None,
        "first": one.first or None,
        "states": {
            code: in_all("name", state) | {"open": state.open, "to": state.to} for code, state in one.states.items()
        },
        "quick": msgspec.structs.asdict(one.quick) if one.quick else None,
        "fields": [field(made, community) for made in one.fields],
    }


def field(one: Field, community: str) -> dict[str, Any]:
    """A field of a declaration."""
    return {
        "code": one.code,
        **in_all("name", one),
        **in_all("help", one, "help"),
        **in_all("unit", one, "unit"),
        **in_all("said", one, "said"),
        "type": one.type,
        "required": one.required,
        "personal": one.personal,
        "computed": one.computed,
        "fixed": one.fixed,
        "to": one.to or None,
        "layer": one.layer or None,
        "but": [found.code for found in places(community, one.layer) if found.kind in one.but] if one.but else [],
        "least": one.least,
        "most": one.most,
        "choices": {code: in_all("name", word) for code, word in one.choices.items()},
    }


def row(one: Register, found: Row, viewer: Actor | None, community: str) -> dict[str, Any]:
    """A row with those of its values that whoever asks may see; who wrote it is told to those who see names."""
    fields = words.seen(one, viewer, community)
    told: Mapping[str, Any] = {
        "id": found.id,
        "seq": found.seq,
        "at": format_rfc3339(found.at),
        "by": found.actor,
        "state": found.state,
        "voided": found.is_voided,
        # To who sees what is personal: to others it is not there at all.
        "locked": found.locked if any(made.personal and made.code in fields for made in one.fields) else "",
        "called": words.called(one, community, found.values, found.id, fields),
        "values": {
            made.code: values.told(made, found.values.get(made.code)) for made in one.fields if made.code in fields
        },
    }
    return dict(told_to(viewer, community, told))


def word(one: Field, community: str, value: str) -> Any:
    """What a value of a choice, a place or a yes is called, in every language; the value itself where nobody says."""
    found: Any = one.choices.get(value)
    if one.type == "place":
        found = place(community, one.layer, value)
    elif one.type == "yes_no":
        found = YES if value == "true" else NO
    return found or Word(value, value)
