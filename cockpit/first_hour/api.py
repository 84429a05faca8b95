"""Routes of the checklist: which steps are done, and putting it away."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from cockpit.first_hour.steps import Step, count, steps
from cockpit.people import choices
from cockpit.people.account_api import Person
from geo.communities import Community
from layers.roles import EVERYWHERE
from layers.web import CommunityPath, Given, Services, WriteActor
from store.engine import writing
from store.language import in_all


class Away(BaseModel):
    """Whether the checklist is put away."""

    away: bool


def router() -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/api/v1", tags=["first hour"])

    @routes.get("/{community}/first-hour")
    def first_hour(community: CommunityPath, given: Given, actor: WriteActor) -> dict[str, Any]:
        """The steps that whoever asks can do, each counted now; ``away`` where they put the list away.

        ``broker_only_here``: no device of another machine gets in.
        """
        own = {code: one for code, one in steps().items() if not one.shared or EVERYWHERE in actor.communities}
        found = [_told(given, community, code, one) for code, one in own.items()]
        with given.databases.shared.connect() as connection:
            chosen = choices.of(connection, actor.name) if actor.kind == "user" else choices.Choices()
        return {"steps": found, "away": chosen.is_first_hour_away, "broker_only_here": given.is_broker_only_here}

    @routes.post("/account/first-hour")
    def put_away(body: Away, actor: Person, given: Given) -> dict[str, Any]:
        """Put the checklist away, or bring it back: for oneself."""
        with writing(given.databases.shared) as connection:
            choices.keep_first_hour(connection, actor.name, body.away)
        return {"away": body.away}

    return routes


def _told(given: Services, community: Community, code: str, step: Step) -> dict[str, Any]:
    engine = given.databases.shared if step.shared else given.databases.of(community.code)
    with engine.connect() as connection:
        found = count(connection, step, community.code)
    return {
        "code": code,
        **in_all("name", step),
        **in_all("todo", step, "todo"),
        "page": step.page.format(community=community.code),
        "count": found,
        "at_least": step.at_least,
        "done": found >= step.at_least,
    }
