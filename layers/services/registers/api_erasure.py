"""The route of erasure: what there is of a person, then gone for good, with a proof."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from layers.problem import Problem
from layers.roles import Actor
from layers.services.registers import erasure, queries, traces, words, write
from layers.services.registers.declare import registers
from layers.services.registers.traces import Trace
from layers.web import CommunityPath, Given, Manager
from store.engine import erasing
from store.language import in_all
from store.seal import Seal


class Mention(BaseModel):
    """A row out of whose texts the name shall go, as the dry run listed it."""

    register_: str = Field(alias="register", max_length=40)
    id: int = Field(ge=1, le=2**53)


class Erasure(BaseModel):
    """Whose data shall be erased: a row of a register that holds the person."""

    register_: str = Field("persons", alias="register", max_length=40)
    id: int = Field(ge=1, le=2**53)
    name: str = Field("", max_length=40, description="what mentions are looked for by; left out: the row's own")
    reason: str = Field(
        min_length=1, max_length=write.REASON_MOST, description="the number of the request; no names are to be in it"
    )
    mentions: list[Mention] = Field(default_factory=list, max_length=traces.MOST_MENTIONS)
    dry_run: bool = False


def add_to(routes: APIRouter) -> None:
    """Add the route below ``/api/v1/{community}/registers``."""

    @routes.post("/registers/erasure")
    def erase(body: Erasure, community: CommunityPath, given: Given, actor: Manager) -> dict[str, Any]:
        """Erase what is personal of somebody, in every version that is theirs; ``dry_run`` lists where it is.

        ``mentions`` are rows that only speak of the name: it goes out of those that are listed, and of no others.
        The answer is the proof, which stands in the audit trail too.
        """
        engine, code, seal = given.databases.of(community.code), community.code, given.seal
        with engine.connect() if body.dry_run else erasing(engine, erasure.TABLES) as connection:
            who = traces.sought(connection, seal, code, body.register_, body.id, body.name)
            if who is None:
                raise Problem(404, "not found", f"no row {body.id} in {body.register_!r} of {code!r}")
            if body.dry_run:
                found = traces.certain(connection, seal, code, who) + traces.mentions(connection, seal, code, who)
                return {"dry_run": True, "found": told(connection, seal, code, found, actor)}
            asked = [(one.register_, one.id) for one in body.mentions]
            found, proof = erasure.erase(connection, seal, code, who, asked, actor, body.reason)
            return {"dry_run": False, "found": told(connection, seal, code, found, actor), "proof": proof.told()}


def told(
    connection: Connection, seal: Seal, community: str, found: Sequence[Trace], viewer: Actor
) -> list[dict[str, Any]]:
    """Traces as the API tells of them, with the names of their registers and what their rows are called."""
    called = dict[tuple[str, int], str]()
    for code, register in registers(community).items():
        numbers = [one.id for one in found if one.register == code]
        rows = queries.rows(connection, seal, community, code, numbers)
        names = words.of_others(connection, seal, register, community, list(rows.values()), viewer)
        seen = words.seen(register, viewer, community)
        for row in rows.values():
            called[code, row.id] = words.called(register, community, row.values, row.id, seen, names)
    known = registers(community)
    return [
        {
            "register": one.register,
            **in_all("name", known[one.register]),
            "id": one.id,
            "called": called[one.register, one.id],
            "fields": list(one.fields),
            "versions": one.versions,
            "certain": one.is_certain,
        }
        for one in found
    ]
