"""Places that people come for, in courses and activities: who gets one, who waits in line, and who moves up.

What is offered and who comes stand in two tables of each kind (`Line`), alike but for what they are called. Whoever
changes any of it is alone in the community (`Line.lock`) until the transaction ends, and has locked the row of the
register that is changed before. So nobody may wait for another's row once alone: who stands first in line while
somebody else changes that very row is passed over for the moment, and that other fills the place as soon as it is its
turn; `Line.fill_all` does where that one gave up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table, func, insert, select, update
from sqlalchemy import Row as Found

from layers.problem import Problem
from layers.roles import Actor
from layers.services.registers import kept, queries
from layers.services.registers.behind import Behind, Row, Value, Writing
from layers.services.registers.declare import registers
from layers.services.registers.tables import register_row
from layers.services.registers.writer import Writer
from store import audit
from store.instant import Instant, local_date
from store.language import say
from store.once import alone
from store.seal import Seal

ENROLLED, WAITING, LEFT, GAVE_UP, VOID = "enrolled", "waiting", "left", "gave_up", "void"
"""Has a place; stands in line; had one; stood in line and stands there no more; was entered by mistake."""


@dataclass(frozen=True, kw_only=True)
class Filling:
    """On whose behalf, and when, somebody moves up."""

    community: str
    actor: Actor
    seal: Seal
    at: Instant

    @classmethod
    def of(cls, writing: Writing, row: Row) -> "Filling":
        """Of who wrote a row."""
        return cls(community=row.community, actor=writing.actor, seal=writing.seal, at=row.at)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A kind of places. ``register`` is that of those who come, ``locked`` the name of the lock.

    The table of ``offer`` has places, taken and drawn (the last number that was drawn by who came) for each thing that
    is offered, that of ``of`` row_id, person_id, ticket and standing for each who came, the columns naming the thing.
    """

    register: str
    locked: str
    offer: Column[Any]
    of: Column[Any]

    @property
    def offers(self) -> Table:
        """What is offered."""
        return self.offer.table

    @property
    def comers(self) -> Table:
        """Who came."""
        return self.of.table

    def lock(self, connection: Connection, community: str) -> None:
        """Be the only one who changes these places of a community, until the transaction ends."""
        alone(connection, self.locked, community)

    def offered(self, connection: Connection, number: int) -> Found[Any] | None:
        """The places of what is offered; None where nothing is."""
        return connection.execute(select(self.offers).where(self.offer == number)).one_or_none()

    def offer_places(self, connection: Connection, number: int, places: int, filling: Filling) -> None:
        """Let there be so many places from now on; who waits moves up into new ones.

        Raises
        ------
        Problem
            409 where more are taken.
        """
        self.lock(connection, filling.community)
        offered = self._locked(connection, number)
        if offered is None:
            new = {"community": filling.community, "places": places, "taken": 0, "drawn": 0}
            connection.execute(insert(self.offers).values({self.offer.name: number} | new))
            return
        if places < offered.taken:
            detail = say("已有 {taken} 人有名额，不能少于此数", taken=offered.taken)
            raise Problem(409, "places taken", detail, taken=offered.taken)
        connection.execute(update(self.offers).where(self.offer == number).values(places=places))
        self.fill(connection, number, filling)

    def known(self, connection: Connection, row: int | None) -> Found[Any] | None:
        """How who came stands, by the number of the row."""
        return connection.execute(select(self.comers).where(self.comers.c.row_id == row)).one_or_none()

    def drawn(self, connection: Connection, number: int) -> tuple[str, int]:
        """The standing and ticket of who comes now: a place where one is free and nobody waits for it, else the line.

        Raises
        ------
        Problem
            409 where nothing of this number is offered.
        """
        found = self._locked(connection, number)
        if found is None:
            raise Problem(409, "nothing offered", say("编号 {number} 不能报名", number=number))
        is_free = found.taken < found.places and not self.waiting(connection, number)
        return (ENROLLED if is_free else WAITING), found.drawn + 1

    def waiting(self, connection: Connection, number: int) -> int:
        """How many wait."""
        return self.count(connection, number, WAITING)

    def count(self, connection: Connection, number: int, *standings: str) -> int:
        """How many stand so."""
        query = select(func.count()).where(self.of == number, self.comers.c.standing.in_(standings))
        return connection.scalar(query) or 0

    def positions(self, connection: Connection, rows: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Of these rows those that wait, each with its position in its line, from 1."""
        c, ahead = self.comers.c, self.comers.alias("ahead")
        mine = (ahead.c[self.of.name] == self.of) & (ahead.c.standing == WAITING) & (ahead.c.ticket <= c.ticket)
        position = select(func.count()).select_from(ahead).where(mine).scalar_subquery()
        query = select(c.row_id, position).where(c.row_id.in_(rows), c.standing == WAITING)
        for row, place in connection.execute(query):
            yield int(row), int(place)

    def set_standing(
        self, connection: Connection, row: int, number: int, person: int, standing: str, ticket: int
    ) -> None:
        """Let who came stand so; the count follows, and the database takes no more than there are places."""
        before = self.known(connection, row)
        more = (standing == ENROLLED) - (before is not None and before.standing == ENROLLED)
        c = self.offers.c
        highest = update(self.offers).where(self.offer == number, c.drawn < ticket).values(drawn=ticket)
        connection.execute(highest)
        if more:
            connection.execute(update(self.offers).where(self.offer == number).values(taken=c.taken + more))
        content = {"standing": standing, "ticket": ticket}
        if before is None:
            new = content | {"row_id": row, self.of.name: number, "person_id": person}
            connection.execute(insert(self.comers).values(new))
        else:
            connection.execute(update(self.comers).where(self.comers.c.row_id == row).values(content))

    def fill(self, connection: Connection, number: int, filling: Filling) -> int:
        """Let those who wait move up into free places, in the order of their tickets; how many did."""
        count = 0
        while (first := self._first(connection, number)) is not None and _is_ours(connection, first.row_id):
            before = queries.row(connection, filling.seal, filling.community, self.register, first.row_id)
            if before is None:
                break
            self.set_standing(connection, first.row_id, number, first.person_id, ENROLLED, first.ticket)
            self._tell(connection, filling, before, {**before.values, "standing": ENROLLED})
            count += 1
        return count

    def fill_all(self, connection: Connection, filling: Filling) -> int:
        """The same for all of a community that has places free and people who wait; how many moved up."""
        self.lock(connection, filling.community)
        c, line = self.offers.c, self.comers.c
        query = (
            select(self.offer)
            .where(c.community == filling.community, c.taken < c.places)
            .where(select(line.row_id).where(self.of == self.offer, line.standing == WAITING).exists())
            .order_by(self.offer)
        )
        return sum(self.fill(connection, number, filling) for number in connection.scalars(query).all())

    def _locked(self, connection: Connection, number: int) -> Found[Any] | None:
        return connection.execute(queries.held(select(self.offers).where(self.offer == number))).one_or_none()

    def _first(self, connection: Connection, number: int) -> Found[Any] | None:
        """Who is first in line; None where no place is free, or nobody waits."""
        found = self._locked(connection, number)
        if found is None or found.taken >= found.places:
            return None
        c = self.comers.c
        query = select(self.comers).where(self.of == number, c.standing == WAITING).order_by(c.ticket).limit(1)
        return connection.execute(query).one_or_none()

    def _tell(self, connection: Connection, filling: Filling, before: Row, values: Mapping[str, Value]) -> None:
        """The row of the register says that its person moved up: a version more, with the reason."""
        by = Writer(
            register=registers(filling.community)[self.register], community=filling.community, actor=filling.actor,
            seal=filling.seal,
        )  # fmt: skip
        writing = Writing(
            community=filling.community, register=self.register, at=max(filling.at, before.at), actor=filling.actor,
            values=values, before=before, is_voiding=False, seal=filling.seal, reason=say("候补递进"),
        )  # fmt: skip
        kept.version(connection, by, before, writing, before.state)
        told = {"community": filling.community, "fields": ["standing"]}
        audit.record(connection, filling.actor.label, "register.change", f"{self.register}/{before.id}", told)


class Comers(Behind):
    """What stands behind the register of those who come for places: with one, in line for one, or no more.

    Its rows have the fields ``day``, ``left`` and, computed, ``standing`` and ``ticket``; ``field`` names what they
    come for.
    """

    line: Line
    field: str

    def check_may(self, connection: Connection, writing: Writing, number: int) -> None:
        """Refuse whom it is not for.

        Raises
        ------
        Problem
            409 with why.
        """

    def completed(self, connection: Connection, writing: Writing) -> Mapping[str, Value]:
        """How it stands, and its number in the order of those who came."""
        values, today = writing.values, local_date(writing.at)
        day = values.get("day") or today.isoformat()
        left = values.get("left")
        if str(day) > today.isoformat() or str(left or "") > today.isoformat():
            raise Problem(422, "bad request", say("报名与退出的日期不能晚于今天"))
        self.line.lock(connection, writing.community)
        number = int(str(values[self.field]))
        known = self.line.known(connection, writing.before.id if writing.before else None)
        if left:
            had_place = known is None or known.standing in (ENROLLED, LEFT)
            standing, ticket = (LEFT if had_place else GAVE_UP), known.ticket if known else 0
        elif known is not None and known.standing in (ENROLLED, WAITING):
            standing, ticket = known.standing, known.ticket
        else:
            # Who comes back stands at the end of the line.
            self.check_may(connection, writing, number)
            standing, ticket = self.line.drawn(connection, number)
        return {"day": day, "standing": standing, "ticket": ticket or self.line.drawn(connection, number)[1]}

    def settle(self, connection: Connection, writing: Writing, row: Row) -> None:
        """Keep the count, and let the first in line move up into a place that came free."""
        self.line.lock(connection, row.community)
        number, person = int(str(row.values[self.field])), int(str(row.values["person"]))
        standing = VOID if row.is_voided else str(row.values["standing"])
        known = self.line.known(connection, row.id)
        ticket = known.ticket if known and row.is_voided else int(str(row.values["ticket"]))
        self.line.set_standing(connection, row.id, number, person, standing, ticket)
        self.line.fill(connection, number, Filling.of(writing, row))

    def told(
        self, connection: Connection, rows: Sequence[int], at: Instant | None = None
    ) -> Mapping[int, Mapping[str, Value]]:
        """In which position each stands who waits; of a past time only who waited is told, as the row says it."""
        if at is not None:
            return {}
        return {row: {"position": place} for row, place in self.line.positions(connection, rows)}


def _is_ours(connection: Connection, number: int) -> bool:
    query = select(register_row.c.id).where(register_row.c.id == number)
    return connection.scalar(queries.held(query, skip_locked=True)) is not None
