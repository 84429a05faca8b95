"""Routes of points: accounts and statements for stewards, entries by managers, totals for everybody."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from layers.services.points import accounts, posting, queries, totals
from layers.web import At, CommunityPath, Given, Limit, Manager, Reading, StaffAt
from store.engine import writing
from store.instant import now

MAX_NUMBER = 2**63 - 1
MOST = 1_000_000
Number = Annotated[int, Path(ge=1, le=MAX_NUMBER)]
Before = Annotated[int | None, Query(ge=1, le=MAX_NUMBER, description="next_cursor of the page before")]
Account = Annotated[int, Field(ge=1, le=MAX_NUMBER)] | Annotated[str, Field(max_length=16)]


class NewEntry(BaseModel):
    """Points for a person (``person`` or ``to``, out of "issued"), or of a person (``from``, to "spent").

    ``from`` and ``to`` are an account's number or a code of the community's own; ``person`` is a row of the register
    of persons, whose account is opened with the first entry.
    """

    model_config = ConfigDict(populate_by_name=True)

    source: Account | None = Field(None, alias="from")
    target: Account | None = Field(None, alias="to")
    person: int | None = Field(None, ge=1, le=MAX_NUMBER)
    amount: int = Field(ge=1, le=MOST, strict=True)
    memo: str = Field("", max_length=500)
    reference: str | None = Field(None, min_length=1, max_length=128, description="the same is the same entry")


class Reversal(BaseModel):
    """Why an entry is taken back."""

    reason: str = Field(max_length=500)


def add_to(routes: APIRouter) -> None:
    """Its routes below ``/api/v1/{community}``."""

    @routes.get("/points/accounts")
    def list_accounts(
        community: CommunityPath,
        connection: Reading,
        at: At,
        limit: Limit = 100,
        cursor: Before = None,
        person: Annotated[int | None, Query(ge=1, le=MAX_NUMBER, description="left out: of all")] = None,
    ) -> dict[str, Any]:
        """People's accounts, the newest first; a person is a row of the register of persons."""
        found, following = queries.listed(connection, community.code, limit, cursor, at, person)
        return {"accounts": found, "next_cursor": following}

    @routes.get("/points/accounts/{number}/statement")
    def statement(
        number: Number, community: CommunityPath, connection: Reading, at: At, limit: Limit = 100, cursor: Before = None
    ) -> dict[str, Any]:
        """An account's entries, newest first, each with the balance after it."""
        account = accounts.one(connection, community.code, number)
        found, following = queries.statement(connection, community.code, number, limit, cursor, at)
        return {
            "id": number,
            "person": account.person,
            "code": account.code,
            "entries": found,
            "next_cursor": following,
        }

    @routes.get("/points/totals")
    def list_totals(community: CommunityPath, connection: Reading, at: StaffAt) -> dict[str, Any]:
        """Points issued, spent, expired and in hand, goods by origin; null where that is of fewer than five people."""
        return totals.totals(connection, community.code, at)

    @routes.post("/points/entries", status_code=201)
    def post(
        body: NewEntry, community: CommunityPath, given: Given, actor: Manager, response: Response
    ) -> dict[str, Any]:
        """Post an entry; 200 where one with this reference is there, 409 with the balance where it does not suffice."""
        asked = posting.Asked(**body.model_dump())
        with writing(given.databases.of(community.code)) as connection:
            number, is_new = posting.post(connection, community.code, asked, actor, now())
            told = queries.entry(connection, community.code, number)
        response.status_code = 201 if is_new else 200
        return told

    @routes.post("/points/entries/{number}/reverse", status_code=201)
    def reverse(
        number: Number, body: Reversal, community: CommunityPath, given: Given, actor: Manager
    ) -> dict[str, Any]:
        """Take an entry back by another; 409 where it is taken back already, or its points are spent or expired."""
        with writing(given.databases.of(community.code)) as connection:
            reversal = posting.reverse(connection, community.code, number, body.reason, actor, now())
            return queries.entry(connection, community.code, reversal)
