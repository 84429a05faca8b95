"""Routes of governance: totals for everybody, registers for stewards and managers, what is sealed for managers."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from layers.governance import figures, matters, registers, roster
from layers.governance.changes import changing
from layers.governance.rules import kinds
from layers.governance.tables import council_member, partner
from layers.people import sees_people
from layers.problem import Problem
from layers.roles import may
from layers.web import At, CommunityPath, Given, Limit, Manager, Reading, Viewer, WriteActor, check_codes, instant_query
from store.demonstration import marked
from store.engine import writing
from store.instant import local_month, now
from store.once import alone

MAX_ID = 2**31 - 1
Number = Annotated[int, Path(ge=1, le=MAX_ID)]


class NewMatter(BaseModel):
    """A matter that is to be opened; parties and account, of a mediation only, are sealed."""

    id: str | None = Field(None, max_length=128, description="one's own id; the same id is the same matter")
    kind: str = Field(max_length=16)
    topic: str | None = Field(None, max_length=32)
    title: str | None = Field(None, max_length=200)
    area: str | None = Field(None, max_length=64)
    parties: str = Field("", max_length=2000)
    account: str = Field("", max_length=10_000)


class MatterStep(BaseModel):
    """A step that is asked for."""

    to: str = Field(max_length=16)
    note: str = Field("", max_length=5000)
    seq: int | None = None


class NewMember(BaseModel):
    """A unit or an office that sits on the council."""

    body: str = Field(max_length=32)
    name: str = Field(max_length=80)
    since: str | None = Field(None, max_length=40, description="RFC 3339; left out: now")


class NewMeeting(BaseModel):
    """A meeting that was held; ``present`` are numbers of members."""

    held: str = Field(max_length=40, description="RFC 3339")
    subject: str = Field(max_length=200)
    present: list[Annotated[int, Field(ge=1, le=MAX_ID)]] = Field(default_factory=list, max_length=500)


class NewPartner(BaseModel):
    """An enterprise that helps."""

    field: str = Field(max_length=32)
    name: str = Field(max_length=120)


class NewDeed(BaseModel):
    """What a partner did."""

    done: str = Field(max_length=40, description="RFC 3339")
    what: str = Field(max_length=200)
    people: int | None = Field(None, ge=0, le=1_000_000)


def router() -> APIRouter:
    """The routes below ``/api/v1/{community}``."""
    routes = APIRouter(tags=["governance"])

    @routes.get("/governance")
    def totals(community: CommunityPath, connection: Reading, viewer: Viewer, at: At) -> dict[str, Any]:
        """Totals: matters by kind and state, hard matters of the month, council, partners, grids with a steward.

        Of people none under 5 is told but to stewards and above: null.
        """
        found = figures.totals(connection, community.code, at)
        return found if sees_people(viewer, community.code) else figures.told_to_everybody(found)

    _matters(routes)
    _council(routes)
    _partners(routes)
    roster.add_to(routes)
    return routes


def _matters(routes: APIRouter) -> None:
    @routes.get("/governance/matters")
    def listed(
        community: CommunityPath,
        connection: Reading,
        actor: WriteActor,
        at: At,
        kind: Annotated[str, Query(max_length=16)],
        state: Annotated[list[str] | None, Query(max_length=20, description="only those in these states")] = None,
        from_: Annotated[str | None, Query(alias="from", description="only those in their state since then")] = None,
        to: Annotated[str | None, Query(description="only those in their state since before then")] = None,
        overdue: Annotated[bool, Query(description="only those of months that are over")] = False,
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """Matters of a kind without anything sealed; the least role is that of the kind."""
        known = matters.kind_of(kind)
        if not may(actor.role, known.role):
            raise Problem(403, "role does not suffice", f"{kind} needs {known.role}; you are {actor.role}")
        check_codes("state", state or (), known.states)
        since, until = instant_query("from", from_), instant_query("to", to)
        month = local_month(now() if at is None else at) if overdue else None
        wanted = matters.Wanted(states=state or (), since=since, until=until, before_month=month)
        found = matters.listed(connection, community.code, kind, limit, wanted, at)
        return {"matters": marked(connection, "matter", found)}

    @routes.post("/governance/matters", status_code=201)
    def open_matter(
        body: NewMatter, community: CommunityPath, given: Given, actor: WriteActor, response: Response
    ) -> dict[str, Any]:
        """Open a matter; 200 where it is open already."""
        asked = matters.Opening(reference=body.id, **body.model_dump(exclude={"id"}))
        with changing(given, community.code) as connection:
            alone(connection, "matter", community.code, asked.kind)
            number = matters.known(connection, community.code, asked, actor)
            if number is not None:
                response.status_code = 200
                return matters.told(matters.one(connection, community.code, number))
            number = matters.open_matter(connection, given.seal, community.code, asked, actor)
            return matters.told(matters.one(connection, community.code, number))

    @routes.get("/governance/matters/{matter}")
    def one(community: CommunityPath, connection: Reading, actor: WriteActor, matter: str) -> dict[str, Any]:
        """A matter with its steps; notes of a mediation are sealed."""
        row = matters.one(connection, community.code, matter)
        if not may(actor.role, kinds()[row.kind].role):
            raise Problem(403, "role does not suffice", f"this needs {kinds()[row.kind].role}")
        return matters.told(row) | {"steps": matters.steps(connection, matter)}

    @routes.post("/governance/matters/{matter}/steps", status_code=201)
    def step(
        body: MatterStep, community: CommunityPath, given: Given, actor: WriteActor, matter: str
    ) -> dict[str, Any]:
        """Take a matter a step further; 409 where that is not permitted or somebody was quicker."""
        with changing(given, community.code) as connection:
            matters.advance(connection, given.seal, community.code, matter, body.to, body.note, body.seq, actor)
            return matters.told(matters.one(connection, community.code, matter))

    @routes.post("/governance/matters/{matter}/unseal")
    def unseal(community: CommunityPath, given: Given, actor: Manager, matter: str) -> dict[str, Any]:
        """Parties, account and notes of a mediation; who read them stands in the audit trail."""
        with writing(given.databases.of(community.code)) as connection:
            return matters.unsealed(connection, given.seal, community.code, matter, actor)


def _council(routes: APIRouter) -> None:
    @routes.get("/governance/council")
    def council(
        community: CommunityPath, connection: Reading, actor: WriteActor, at: At, limit: Limit = 50
    ) -> dict[str, Any]:
        """Members, now or at a time, with their attendance, and meetings, newest first."""
        code = community.code
        return {
            "members": marked(connection, "council_member", registers.members(connection, code, at)),
            "meetings": marked(connection, "council_meeting", registers.meetings(connection, code, limit)),
        }

    @routes.post("/governance/council/members", status_code=201)
    def add_member(
        body: NewMember, community: CommunityPath, given: Given, actor: Manager, response: Response
    ) -> dict[str, Any]:
        """A new member; 200 where it is one already."""
        since = instant_query("since", body.since)
        code = community.code
        with changing(given, code) as connection:
            alone(connection, "member", code)
            known = registers.same_member(connection, code, body.body, body.name)
            return _filed(
                response, known, lambda: registers.add_member(connection, code, body.body, body.name, actor, since)
            )

    @routes.post("/governance/council/members/{number}/end", status_code=204)
    def end_member(number: Number, community: CommunityPath, given: Given, actor: Manager) -> None:
        """A member no more."""
        with changing(given, community.code) as connection:
            registers.end(connection, council_member, community.code, number, actor)

    @routes.post("/governance/council/meetings", status_code=201)
    def hold(
        body: NewMeeting, community: CommunityPath, given: Given, actor: Manager, response: Response
    ) -> dict[str, Any]:
        """Write down a meeting with who came; 200 where it is written down already, 409 where others came."""
        held, code = instant_query("held", body.held) or 0, community.code
        with changing(given, code) as connection:
            alone(connection, "meeting", code)
            known = registers.same_meeting(connection, code, held, body.subject, body.present)
            return _filed(
                response, known, lambda: registers.hold(connection, code, held, body.subject, body.present, actor)
            )


def _partners(routes: APIRouter) -> None:
    @routes.get("/governance/partners")
    def partners(
        community: CommunityPath,
        connection: Reading,
        actor: WriteActor,
        ended: Annotated[bool, Query(description="with those that are partners no more")] = False,
    ) -> dict[str, Any]:
        """The ledger: each partner with what it did."""
        found = registers.partners(connection, community.code, with_ended=ended)
        return {"partners": marked(connection, "partner", found)}

    @routes.post("/governance/partners", status_code=201)
    def add_partner(
        body: NewPartner, community: CommunityPath, given: Given, actor: Manager, response: Response
    ) -> dict[str, Any]:
        """A new partner; 200 where it is one already."""
        code = community.code
        with changing(given, code) as connection:
            alone(connection, "partner", code)
            known = registers.same_partner(connection, code, body.field, body.name)
            return _filed(
                response, known, lambda: registers.add_partner(connection, code, body.field, body.name, actor)
            )

    @routes.post("/governance/partners/{number}/end", status_code=204)
    def end_partner(number: Number, community: CommunityPath, given: Given, actor: Manager) -> None:
        """A partner no more."""
        with changing(given, community.code) as connection:
            registers.end(connection, partner, community.code, number, actor)

    @routes.post("/governance/partners/{number}/deeds", status_code=201)
    def add_deed(
        number: Number, body: NewDeed, community: CommunityPath, given: Given, actor: Manager, response: Response
    ) -> dict[str, Any]:
        """What a partner did; 200 where it is written down already."""
        done, code = instant_query("done", body.done) or 0, community.code
        said = (number, done, body.what, body.people)
        with changing(given, code) as connection:
            alone(connection, "deed", code)
            known = registers.same_deed(connection, code, *said)
            return _filed(response, known, lambda: registers.add_deed(connection, code, *said, actor))


def _filed(response: Response, known: int | None, add: Callable[[], int]) -> dict[str, int]:
    """What is there already with 200, else what is added with 201."""
    if known is not None:
        response.status_code = 200
        return {"id": known}
    return {"id": add()}
