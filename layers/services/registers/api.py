"""Routes of registers: the same for every register, as it is declared."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from geo.communities import Community
from layers import totals
from layers.people import sees_people
from layers.problem import Problem
from layers.roles import Actor, suffices
from layers.services import live
from layers.services.registers import api_erasure, asked, exports, imports, listing, queries, told, words, write
from layers.services.registers.behind import Row, as_told
from layers.services.registers.declare import Register, registers
from layers.services.registers.erasure import TABLES
from layers.services.registers.writer import Writer
from layers.sheets import out, read
from layers.sheets.sheet import Sheet, SheetFaults
from layers.web import (
    At,
    Body,
    CommunityPath,
    Given,
    Limit,
    Reading,
    Services,
    StaffAt,
    Viewer,
    WorkName,
    WriteActor,
    told_far,
)
from layers.words import told as told_in
from store import audit, budgets
from store.demonstration import marked
from store.engine import know_anew, writing
from store.instant import Instant
from store.language import in_all, say

Code = Annotated[str, Path(max_length=40)]
Number = Annotated[int, Path(ge=1, le=2**53)]
Format = Annotated[Literal["csv", "xlsx"], Query(alias="format")]
MANY = 500
"""So many new rows change what the database should know of its tables."""


class Entry(BaseModel):
    """A row that is to be written. Values stand in ``values``, or beside the rest under their fields' codes."""

    model_config = ConfigDict(extra="allow")
    values: dict[str, Any] = Field(default_factory=dict, max_length=60)
    reference: str | None = Field(None, min_length=1, max_length=128, description="one's own id: the same is the same")
    reason: str = Field("", max_length=write.REASON_MOST)

    def given(self) -> dict[str, Any]:
        """The values."""
        return dict(self.model_extra or {}) | self.values


class Change(Entry):
    """What is to be changed; ``seq`` is the version that was seen."""

    seq: int = Field(ge=1, le=2**31 - 1)
    state: str | None = Field(None, max_length=40)


class Voiding(BaseModel):
    """Why a row shall count no more; ``seq`` is the version that was seen."""

    reason: str = Field(min_length=1, max_length=write.REASON_MOST)
    seq: int | None = Field(None, ge=1, le=2**31 - 1)


def add_to(routes: APIRouter) -> None:
    """Add the routes below ``/api/v1/{community}/registers``."""

    @routes.get("/registers")
    def declared(community: CommunityPath, viewer: Viewer) -> dict[str, Any]:
        """The registers that whoever asks may read, or have totals of."""
        known = [one for one in registers(community.code).values() if _is_told(one, viewer, community.code)]
        return {"registers": [told.register(one, viewer, community.code) for one in known]}

    api_erasure.add_to(routes)
    _files(routes)
    _reading(routes)
    _writing(routes)


def _reading(routes: APIRouter) -> None:
    @routes.get("/registers/{code}")
    def listed(
        code: Code,
        community: CommunityPath,
        connection: Reading,
        viewer: Viewer,
        given: Given,
        at: At,
        where: asked.Where = None,
        state: asked.States = None,
        q: asked.Word = "",
        sort: asked.Sort = "",
        skip: asked.Skip = 0,
        cursor: asked.Cursor = None,
        voided: bool = False,
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """Rows of a register, newest first or by ``sort``, as they stand or stood ``at`` a time."""
        register = readable(code, community, viewer)
        wanted = asked.wanted(
            register, viewer, community.code, where=where, state=state, q=q, sort=sort, skip=skip, cursor=cursor,
            limit=limit, voided=voided,
        )  # fmt: skip
        found = listing.listed(connection, given.seal, register, community.code, wanted, at)
        rows = as_told(connection, register.behind, found.rows, at)
        more = len(rows) == limit and not sort
        return {
            "register": code,
            "total": found.total,
            "rows": marked(
                connection, "register_row", [told.row(register, one, viewer, community.code) for one in rows]
            ),
            "named": words.of_others(connection, given.seal, register, community.code, found.rows, viewer),
            "cursor": str(found.rows[-1].id) if more else None,
        }

    @routes.get("/registers/{code}/totals")
    def counted(code: Code, community: CommunityPath, connection: Reading, viewer: Viewer, at: StaffAt) -> Any:
        """How many rows there are by the fields that everybody may have totals of.

        Where rows are of people, small ones are not told but to who may read the rows.
        """
        register = _known(code, community)
        if not _is_told(register, viewer, community.code):
            raise _hidden(register)
        is_told = not register.is_of_people or suffices(viewer, community.code, register.reads)
        found = [_totals(connection, register, community, one, at, is_told=is_told) for one in register.totals]
        return {"register": code, "totals": found}

    @routes.get("/registers/{code}/{number}")
    def one(
        code: Code, number: Number, community: CommunityPath, connection: Reading, given: Given, viewer: Viewer, at: At
    ) -> dict[str, Any]:
        """A row, and every version that it had: what was done, by whom, when and why; strangers are not told why."""
        register = readable(code, community, viewer)
        row = queries.row(connection, given.seal, community.code, code, number, at)
        if row is None:
            raise Problem(404, "not found", f"no row {number} in {code!r} of {community.code!r}")
        (row,) = as_told(connection, register.behind, [row], at)
        known = queries.versions(connection, given.seal, community.code, code, number, at)
        # Somebody's own words, in which a name can stand.
        is_told = sees_people(viewer, community.code)
        history = [
            told.row(register, version, viewer, community.code)
            | {"action": action, "reason": version.reason if is_told else None}
            for action, version in known
        ]
        named = words.of_others(
            connection, given.seal, register, community.code, [version for _, version in known], viewer
        )
        (answer,) = marked(connection, "register_row", [told.row(register, row, viewer, community.code)])
        return answer | {"versions": history, "named": named}


def _writing(routes: APIRouter) -> None:
    @routes.post("/registers/{code}", status_code=201)
    def add(
        body: Entry, code: Code, community: CommunityPath, given: Given, actor: WriteActor, response: Response
    ) -> dict[str, Any]:
        """A new row; 200 where one with this reference is there already."""
        by = _writer(code, community, given, actor)
        with _changing(given, by) as connection:
            entry = write.Asked(given=body.given(), reference=body.reference, reason=body.reason)
            row, is_new = write.add(connection, by, entry)
            response.status_code = 201 if is_new else 200
            return _written(connection, by, row)

    @routes.post("/registers/{code}/{number}")
    def change(
        body: Change, code: Code, number: Number, community: CommunityPath, given: Given, actor: WriteActor
    ) -> dict[str, Any]:
        """Change a row, or take it to another state; 409 where somebody was quicker."""
        by = _writer(code, community, given, actor)
        with _changing(given, by) as connection:
            entry = write.Asked(given=body.given(), seq=body.seq, state=body.state, reason=body.reason)
            return _written(connection, by, write.change(connection, by, number, entry))

    @routes.post("/registers/{code}/{number}/void")
    def void(
        body: Voiding, code: Code, number: Number, community: CommunityPath, given: Given, actor: WriteActor
    ) -> dict[str, Any]:
        """Let a row count no more; it stays, with the reason."""
        by = _writer(code, community, given, actor)
        with _changing(given, by) as connection:
            entry = write.Asked(seq=body.seq, reason=body.reason)
            return _written(connection, by, write.void(connection, by, number, entry))


def _written(connection: Connection, by: Writer, row: Row) -> dict[str, Any]:
    """What who wrote a row is told of it, with what is found when it is read: a position in line, a stock."""
    (whole,) = as_told(connection, by.register.behind, [row])
    return told.row(by.register, whole, by.actor, by.community)


@contextmanager
def _changing(given: Services, by: Writer) -> Iterator[Connection]:
    """A transaction; after its commit the screens are told what they show of the register."""
    with writing(given.databases.of(by.community)) as connection:
        yield connection
    live.tell(given, by.community, by.register)


def _files(routes: APIRouter) -> None:
    @routes.post("/registers/{code}/import")
    def take(
        content: Body,
        code: Code,
        community: CommunityPath,
        given: Given,
        actor: WriteActor,
        dry_run: bool = False,
        work: WorkName = None,
    ) -> dict[str, Any]:
        """Take a CSV or XLSX in, all of it or nothing, or say what would come of it. 422 tells every fault by line."""
        by = _writer(code, community, given, actor)
        told_of = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        engine = given.databases.of(community.code)
        with told_far(actor, work):
            sheet = _sheet(content)
            plan = imports.take(engine, by, sheet.columns, sheet.rows, told_of, is_rehearsal=dry_run)
        if not dry_run and plan.count("add") > MANY:
            know_anew(engine, TABLES)
        if not dry_run:
            live.tell(given, community.code, by.register)
        steps = [{"line": one.line, "action": one.action, "id": one.before.id if one.before else None}
                 for one in plan.steps if one.action != "same"]  # fmt: skip
        counts = {name: plan.count(action) for name, action in
                  (("added", "add"), ("changed", "change"), ("unchanged", "same"))}  # fmt: skip
        return {"dry_run": dry_run, **counts, "lines": steps[:1_000]}

    @routes.get("/registers/{code}/export")
    def export(
        code: Code,
        community: CommunityPath,
        connection: Reading,
        given: Given,
        actor: WriteActor,
        at: At,
        form: Format = "xlsx",
        where: asked.Where = None,
        state: asked.States = None,
        q: asked.Word = "",
        sort: asked.Sort = "",
        work: WorkName = None,
    ) -> Response:
        """The rows that the list shows as a file; edited, it can be imported again."""
        register = readable(code, community, actor)
        most = budgets.current().export_rows
        wanted = asked.wanted(
            register, actor, community.code, where=where, state=state, q=q, sort=sort, skip=0, cursor=None,
            limit=most, voided=False,
        )  # fmt: skip
        found = listing.listed(connection, given.seal, register, community.code, wanted, at)
        if found.total > most:
            raise Problem(
                400,
                "too many rows",
                say("共 {total} 行，一次最多导出 {most} 行；请先筛选", total=found.total, most=most),
            )
        with told_far(actor, work):
            rows = as_told(connection, register.behind, found.rows, at)
            content = exports.table(connection, given.seal, register, community.code, rows, form, actor)
        with writing(given.databases.of(community.code)) as auditing:
            about = {"community": community.code, "format": form, "rows": len(rows)}
            audit.record(auditing, actor.label, "register.export", code, about)
        headers = out.attachment(f"{code}-{community.code}", form, at)
        return Response(content, media_type=out.FORMATS[form], headers=headers)


def _sheet(content: bytes) -> Sheet:
    try:
        return read.read(content)
    except SheetFaults as bad:
        faults = [imports.LineFault(line=one.line, column=one.column, why=told_in(one.why)) for one in bad.faults]
        raise imports.refused(faults) from None


def _totals(
    connection: Connection, register: Register, community: Community, code: str, at: Instant | None, *, is_told: bool
) -> Any:
    field = register.field(code)
    counts = queries.counts(connection, register, community.code, code, at)
    shown: Mapping[str, int | None] = counts if is_told else totals.hidden(counts)
    sums = queries.sums(connection, register, community.code, code, at) if register.sums else {}
    rows = [
        {"code": value, **in_all("name", told.word(field, community.code, value)), "count": count}
        | {"sums": {name: sums.get(value, {}).get(name, 0) for name in register.sums}}
        for value, count in shown.items()
    ]
    return {"field": code, **in_all("name", field), "values": rows}


def _writer(code: str, community: Community, given: Services, actor: Actor) -> Writer:
    return Writer(register=_known(code, community), community=community.code, actor=actor, seal=given.seal)


def _known(code: str, community: Community) -> Register:
    found = registers(community.code).get(code)
    if found is None:
        raise Problem(404, "not found", f"no register {code!r} in {community.code!r}")
    return found


def readable(code: str, community: Community, viewer: Actor | None) -> Register:
    """A register whose rows this one may read; 404 where there is none, 403 where not."""
    register = _known(code, community)
    if not suffices(viewer, community.code, register.reads):
        raise _hidden(register)
    return register


def _hidden(register: Register) -> Problem:
    return Problem(403, "role does not suffice", f"this needs {register.reads}")


def _is_told(register: Register, viewer: Actor | None, community: str) -> bool:
    return bool(register.totals) or suffices(viewer, community, register.reads)
