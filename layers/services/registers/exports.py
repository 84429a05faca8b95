"""A register as a file that can be edited and imported again."""

import re
from collections.abc import Sequence

from sqlalchemy import Connection

from layers.roles import Actor
from layers.services.registers import values, words
from layers.services.registers.behind import Row
from layers.services.registers.columns import NUMBER, STATE, VERSION
from layers.services.registers.declare import Field, Register
from layers.sheets import out
from layers.sheets.out import Cell, Column
from store.language import named, say
from store.seal import Seal

UNTITLED = re.compile(r"[\\/?*\[\]:\x00-\x1f]")
TITLE_MOST = 31
WIDTHS = {"long": 48, "text": 24, "time": 20, "date": 12}


def table(
    connection: Connection,
    seal: Seal,
    register: Register,
    community: str,
    rows: Sequence[Row],
    form: str,
    viewer: Actor | None,
) -> bytes:
    """Rows as a file of a format of `layers.sheets.out.FORMATS`, in the language that is spoken.

    What is personal is there for who may see it. Rows of other registers stand by their key, or by their number.
    """
    fields = words.seen(register, viewer, community)
    others = words.keys_of_others(connection, seal, register, community, rows)

    def cell(field: Field, row: Row) -> Cell:
        value = row.values.get(field.code)
        if field.type == "row" and isinstance(value, int):
            return others.get(field.code, {}).get(value, f"#{value}")
        return values.cell(community, field, value)

    columns = [
        Column(named(NUMBER), 10, [row.id for row in rows]),
        Column(named(VERSION), 6, [row.seq for row in rows]),
        *(
            Column(heading(field), WIDTHS.get(field.type, 14), [cell(field, row) for row in rows])
            for field in register.fields
            if field.code in fields
        ),
    ]
    if register.states:
        words_of = [named(register.states[row.state]) if row.state in register.states else "" for row in rows]
        columns.append(Column(named(STATE), 10, words_of))
    return out.table(form, _title(named(register)), columns)


def _title(name: str) -> str:
    """A name as a sheet may be called: short, and without the signs by which a formula would name it."""
    return UNTITLED.sub(" ", name).strip(" '")[:TITLE_MOST].rstrip(" '") or "1"


def heading(field: Field) -> str:
    """What stands above a column: the field's name, and its unit."""
    unit = named(field, "unit") or (say("元") if field.type == "money" else "")
    return say("{name}（{unit}）", name=named(field), unit=unit) if unit else named(field)
