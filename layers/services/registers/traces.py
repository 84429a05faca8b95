"""Where a person is found: certainly, by the numbers of rows; perhaps, by a name that stands in a text.

Certain are the person's own row and the versions that name it by a field of type "row", also those of a row that was
entered for the wrong person and moved later. A text in which the name stands may speak of somebody else: it is a
mention, which people judge.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, or_, select, tuple_

from layers.problem import Problem
from layers.services.registers import blots, queries, values
from layers.services.registers.behind import Value
from layers.services.registers.declare import Register, registers
from layers.services.registers.tables import register_version
from store.seal import Seal, SealError

REASON = "reason"
MOST_MENTIONS = 500
"""Rows that mention a name, of which a list tells; more, and the name is too common to be judged row by row."""


@dataclass(frozen=True, kw_only=True)
class Sought:
    """Who is looked for: a row, the names that it had in all its versions, and the words that mentions are found by."""

    register: str
    id: int
    names: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version of a row as the database holds it, with what is open in it and what was sealed."""

    kept: Any
    open: Mapping[str, Value]
    sealed: Mapping[str, Value]

    @property
    def values(self) -> Mapping[str, Value]:
        """All of them."""
        return {**self.open, **self.sealed}


@dataclass(frozen=True, kw_only=True)
class Trace:
    """A row that holds something of a person: its fields, in how many versions, and whether it is certain."""

    register: str
    id: int
    fields: tuple[str, ...]
    versions: int
    is_certain: bool


def sought(
    connection: Connection, seal: Seal, community: str, register: str, number: int, name: str = ""
) -> Sought | None:
    """Who is looked for by the number of their row; None where there is none.

    ``name`` is one to look for in texts instead of the row's own. 409 where the row's seal does not open.
    """
    known = registers(community).get(register)
    versions = versions_of(connection, seal, community, register, number) if known else []
    if known is None or not versions:
        return None
    names = blots.long_enough(one.values.get("name") for one in versions) if known.is_people else ()
    return Sought(register=register, id=number, names=names, words=blots.long_enough([name]) if name else names)


def certain(connection: Connection, seal: Seal, community: str, who: Sought) -> list[Trace]:
    """The rows that certainly hold something of a person. 409 where a seal does not open."""
    found = []
    for register in registers(community).values():
        for number in _suspects(connection, community, register, who):
            trace = certain_of(register, versions_of(connection, seal, community, register.code, number), who)
            if trace is not None:
                found.append(trace)
    return found


def mentions(connection: Connection, seal: Seal, community: str, who: Sought) -> list[Trace]:
    """The rows in whose texts or reasons the name stands, as far as they are not certain; at most `MOST_MENTIONS`.

    All that is sealed is opened for it, which takes a while. 409 where a seal does not open.
    """
    found = list[Trace]()
    for register in registers(community).values() if who.words else ():
        seen = set[int]()
        for number in _mentioning(connection, seal, community, register, who.words):
            if number in seen:
                continue
            seen.add(number)
            trace = mention_of(register, versions_of(connection, seal, community, register.code, number), who)
            if trace is not None:
                found.append(trace)
            if len(found) >= MOST_MENTIONS:
                return found
    return found


def certain_of(register: Register, versions: Sequence[Version], who: Sought) -> Trace | None:
    """What of a row is certainly a person's."""
    mine = [one for one in versions if is_of(register, one, who)]
    if not mine:
        return None
    fields = {code for one in mine for code in one.sealed}
    return _trace(register, mine, fields, who.names, len(mine), is_certain=True)


def mention_of(register: Register, versions: Sequence[Version], who: Sought) -> Trace | None:
    """What of a row mentions a name, in versions that are not certainly the person's."""
    others = [one for one in versions if not is_of(register, one, who)]
    hits = [one for one in others if blots.fields_with(register, one.values, who.words) or _says(one, who.words)]
    return _trace(register, hits, set(), who.words, len(hits), is_certain=False) if hits else None


def is_of(register: Register, version: Version, who: Sought) -> bool:
    """Whether a version is the person's own, or names it."""
    return version.kept.row_id == who.id or any(
        one.type == "row" and one.to == who.register and version.values.get(one.code) == who.id
        for one in register.fields
    )


def versions_of(connection: Connection, seal: Seal, community: str, register: str, number: int) -> list[Version]:
    """All versions of a row, oldest first. 409 where the seal of one does not open."""
    columns = register_version.c
    query = select(register_version).where(
        columns.row_id == number, columns.community == community, columns.register == register
    )
    return [
        Version(kept=one, open=values.unpacked(one.data), sealed=values.unpacked(opened(seal, one)))
        for one in connection.execute(query.order_by(columns.seq))
    ]


def opened(seal: Seal, version: Any) -> str:
    """What is sealed in a version, as text. 409 where that does not open."""
    if version.sealed is None:
        return "{}"
    try:
        return seal.open(version.sealed)
    except SealError as error:
        where = f"{version.register}/{version.row_id}"
        raise Problem(409, "sealed with another key", f"{where}: {error} (COCKPIT_SEAL_KEY_FILE)") from None


def _trace(
    register: Register, hits: Sequence[Version], fields: set[str], names: Sequence[str], count: int, *, is_certain: bool
) -> Trace:
    found = fields.union(*(blots.fields_with(register, one.values, names) for one in hits))
    order = [one.code for one in register.fields]
    told = [*(code for code in order if code in found), *sorted(found - set(order))]
    if any(_says(one, names) for one in hits):
        told.append(REASON)
    number = hits[0].kept.row_id
    return Trace(register=register.code, id=number, fields=tuple(told), versions=count, is_certain=is_certain)


def _says(version: Version, names: Sequence[str]) -> bool:
    return blots.stands_in(version.kept.reason, names)


def _suspects(connection: Connection, community: str, register: Register, who: Sought) -> list[int]:
    """Rows that may be the person's: it is in the text of their values, which says nothing of where."""
    columns = register_version.c
    where: list[ColumnElement[bool]] = [columns.row_id == who.id] if register.code == who.register else []
    for one in register.fields:
        if one.type != "row" or one.to != who.register:
            continue
        if one.personal:
            where.append(columns.sealed.is_not(None))
        written = values.packed({one.code: who.id})[1:-1]
        where += [columns.data.contains(f"{written}{end}", autoescape=True) for end in (",", "}")]
    if not where:
        return []
    of = (columns.community == community) & (columns.register == register.code)
    return list(connection.scalars(select(columns.row_id).where(of, or_(*where)).distinct().order_by(columns.row_id)))


def _mentioning(
    connection: Connection, seal: Seal, community: str, register: Register, words: Sequence[str]
) -> Iterator[int]:
    columns = register_version.c
    written = [msgspec.json.encode(word).decode()[1:-1] for word in words]
    said = [columns.data.contains(one, autoescape=True) for one in written]
    said += [columns.reason.contains(one, autoescape=True) for one in words]
    of = and_(columns.community == community, columns.register == register.code)
    at = tuple_(columns.row_id, columns.seq)
    last = (0, 0)
    while True:
        query = select(columns.row_id, columns.seq, columns.register, columns.sealed, or_(*said).label("is_said"))
        query = query.where(of, or_(*said, columns.sealed.is_not(None)), at > tuple_(*last))
        page = connection.execute(query.order_by(columns.row_id, columns.seq).limit(queries.IN_ONE)).all()
        for one in page:
            # Opened even where it is said openly: what does not open must be told, whatever else is found.
            sealed = opened(seal, one)
            if one.is_said or blots.stands_in(sealed, written):
                yield one.row_id
        if len(page) < queries.IN_ONE:
            return
        last = (page[-1].row_id, page[-1].seq)
