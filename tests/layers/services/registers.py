"""A register of the tests, with a field of every type, and short ways to write into it."""

from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import Connection, Engine

from layers.roles import Actor
from layers.services.registers import declare, listing, queries, write
from layers.services.registers.behind import Row
from layers.services.registers.declare import Register
from layers.services.registers.wanted import Wanted
from layers.services.registers.write import Asked
from layers.services.registers.writer import Writer
from store.engine import writing
from store.instant import Instant
from store.seal import Seal

SEAL = Seal(Fernet.generate_key())
CLERK = Actor("文员", "steward")
MANAGER = Actor("经理", "manager")
COMMUNITY = "heling"


def shipped(code: str) -> Register:
    """A register that ships."""
    return declare.registers(COMMUNITY)[code]


def writer(register: Register | None = None, actor: Actor = CLERK) -> Writer:
    """Who writes into a register; into that of the people served where none is named."""
    return Writer(register=register or shipped("persons"), community=COMMUNITY, actor=actor, seal=SEAL)


def add(engine: Engine, by: Writer, reference: str | None = None, **given: Any) -> Row:
    """A new row."""
    with writing(engine) as connection:
        return write.add(connection, by, Asked(given=given, reference=reference))[0]


def change(engine: Engine, by: Writer, row: Row, reason: str = "", state: str | None = None, **given: Any) -> Row:
    """A row changed, as it was seen."""
    with writing(engine) as connection:
        return write.change(connection, by, row.id, Asked(given=given, seq=row.seq, reason=reason, state=state))


def void(engine: Engine, by: Writer, row: Row, reason: str = "误录") -> Row:
    """A row that counts no more."""
    with writing(engine) as connection:
        return write.void(connection, by, row.id, Asked(seq=row.seq, reason=reason))


def found(engine: Engine, by: Writer, at: Instant | None = None, **wanted: Any) -> list[Row]:
    """The rows of a list."""
    with engine.connect() as connection:
        return list(listing.listed(connection, SEAL, by.register, COMMUNITY, Wanted(**wanted), at).rows)


def one(connection: Connection, by: Writer, number: int) -> Row | None:
    """A row as it stands."""
    return queries.row(connection, SEAL, COMMUNITY, by.register.code, number)


def stands(engine: Engine, row: Row) -> Row:
    """A row as it stands now."""
    with engine.connect() as connection:
        found = queries.row(connection, SEAL, COMMUNITY, row.register, row.id)
    assert found is not None
    return found


def standing(engine: Engine, *rows: Row) -> list[Any]:
    """How those stand who came for a place."""
    return [stands(engine, row).values["standing"] for row in rows]
