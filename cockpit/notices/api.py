"""Routes of the bell and of webhooks, below ``/api/v1/{community}``."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from cockpit.notices import bell, webhooks
from cockpit.people.api import told_as_problem
from layers.web import CommunityPath, Given, Limit, Reading, Tongue, WriteActor
from store.engine import writing


class Read(BaseModel):
    """Notices that were read; all where ``ids`` is left out."""

    ids: list[int] | None = Field(None, max_length=1000)


class NewWebhook(BaseModel):
    """Where notices are to be sent."""

    name: str = Field(max_length=80)
    url: str = Field(max_length=2000)
    format: str = Field("json", max_length=16, description="json, dingtalk or wecom")
    kinds: list[str] = Field(default_factory=list, max_length=40, description="left out: all")
    secret: str | None = Field(None, max_length=200, description="what the robot was given for signing")


def router() -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/api/v1/{community}", tags=["notices"])
    _bell(routes)
    _webhooks(routes)
    return routes


def _bell(routes: APIRouter) -> None:
    @routes.get("/notices")
    def notices(
        community: CommunityPath,
        connection: Reading,
        actor: WriteActor,
        limit: Limit = 30,
        cursor: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    ) -> dict[str, Any]:
        """What whoever asks should hear of, newest first, and how much of it is unread."""
        found = bell.heard(connection, community.code, actor, limit, cursor)
        more = found[-1]["id"] if len(found) == limit else None
        return {"unread": bell.unread(connection, community.code, actor), "notices": found, "next_cursor": more}

    @routes.post("/notices/read")
    def read(body: Read, community: CommunityPath, given: Given, actor: WriteActor) -> dict[str, Any]:
        """Mark notices read; answers how many are left."""
        with writing(given.databases.of(community.code)) as connection:
            bell.mark_read(connection, community.code, actor, body.ids)
            return {"unread": bell.unread(connection, community.code, actor)}


def _webhooks(routes: APIRouter) -> None:
    @routes.get("/webhooks")
    def known(community: CommunityPath, given: Given, actor: WriteActor, tongue: Tongue) -> dict[str, Any]:
        """Every webhook with the host it sends to, and how its deliveries fare."""
        with given.databases.of(community.code).connect() as connection:
            found = webhooks.known(connection, given.seal, community.code)
        return {"webhooks": [one | {"error": one["error"] and tongue(one["error"])} for one in found]}

    @routes.post("/webhooks", status_code=201)
    def add(body: NewWebhook, community: CommunityPath, given: Given, actor: WriteActor) -> dict[str, Any]:
        """Add a webhook; answers the secret that it signs with, this once."""
        with writing(given.databases.of(community.code)) as connection, told_as_problem():
            secret = webhooks.add(
                connection,
                given.seal,
                community.code,
                body.name,
                body.url,
                body.format,
                body.kinds,
                body.secret,
                actor.label,
            )
        return {"name": body.name, "secret": secret}

    @routes.post("/webhooks/{name}/remove", status_code=204)
    def remove(name: str, community: CommunityPath, given: Given, actor: WriteActor) -> None:
        """Send nothing there any more."""
        with writing(given.databases.of(community.code)) as connection, told_as_problem():
            webhooks.remove(connection, community.code, name, actor.label)

    @routes.post("/webhooks/{name}/again")
    def again(name: str, community: CommunityPath, given: Given, actor: WriteActor) -> dict[str, Any]:
        """Send at once what waits or was given up."""
        with writing(given.databases.of(community.code)) as connection, told_as_problem():
            return {"deliveries": webhooks.try_again(connection, community.code, name, actor.label)}
