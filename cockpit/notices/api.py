"""Routes of the bell, of webhooks and of phones that are called, below ``/api/v1/{community}``."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from cockpit.notices import bell, push, trying, webhooks
from cockpit.people import choices
from cockpit.people.api import told_as_problem
from geo.communities import Community
from layers import words
from layers.roles import Actor
from layers.web import CommunityPath, Given, Limit, Reading, Services, Tongue, WriteActor, elsewhere
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


def hearer(community: CommunityPath, given: Given, actor: WriteActor) -> bell.Hearer:
    """Who asks, with what they do not want to hear of: asked on a connection of its own that is given back."""
    if actor.kind != "user":
        return bell.Hearer(actor, community.code)
    with given.databases.shared.connect() as connection:
        return bell.Hearer(actor, community.code, choices.of(connection, actor.name).unwanted)


HearerOf = Annotated[bell.Hearer, Depends(hearer)]


def router(public_url: str | None) -> APIRouter:
    """The routes; ``public_url`` is where browsers reach the pages, if that is known."""
    routes = APIRouter(prefix="/api/v1/{community}", tags=["notices"])
    _bell(routes)
    _webhooks(routes)
    _phones(routes)

    @routes.post("/webhooks/{name}/test")
    async def test(
        name: str, community: CommunityPath, given: Given, actor: WriteActor, request: Request
    ) -> dict[str, Any]:
        """Send a notice that is marked as a test, now; answers whether it was taken, the status, and the ms it took."""
        hook = await run_in_threadpool(_to_be_tried, given, community, name, actor)
        told = await elsewhere(request, trying.attempt, given.seal, public_url, community, hook)
        return told | {"reason": told["reason"] and words.told(told["reason"])}

    return routes


def _to_be_tried(given: Services, community: Community, name: str, actor: Actor) -> Any:
    with writing(given.databases.of(community.code)) as connection, told_as_problem():
        return trying.hook_of(connection, community, name, actor.label)


class Phone(BaseModel):
    """A phone that is to be called, as its browser names it (PushSubscription.endpoint)."""

    endpoint: str = Field(max_length=2000)


PhoneDigest = Annotated[
    str | None,
    Query(pattern="^[0-9a-f]{64}$", description="the SHA-256 of its endpoint, in hex; that itself is a secret"),
]


def _phones(routes: APIRouter) -> None:
    @routes.get("/push")
    def key(community: CommunityPath, given: Given, actor: WriteActor, phone: PhoneDigest = None) -> dict[str, Any]:
        """The key under which a browser lets us call its phone (applicationServerKey), the same in each community,
        and whether this one calls a ``phone`` of whoever asks.
        """
        with given.databases.of(community.code).connect() as connection:
            called = phone is not None and push.is_called(connection, community.code, actor.name, phone)
        return {"key": push.public_key(given.databases, given.seal), "called": called}

    @routes.post("/push", status_code=204)
    def call(body: Phone, community: CommunityPath, given: Given, actor: WriteActor) -> None:
        """Call a phone of whoever asks when something is meant for them by name in this community."""
        with told_as_problem():
            push.add(given.databases, given.seal, community.code, actor.name, body.endpoint, actor.label)

    @routes.post("/push/remove", status_code=204)
    def call_no_more(body: Phone, community: CommunityPath, given: Given, actor: WriteActor) -> None:
        """Call that phone no more from this community."""
        with writing(given.databases.of(community.code)) as connection:
            push.remove(connection, community.code, actor.name, body.endpoint, actor.label)


def _bell(routes: APIRouter) -> None:
    @routes.get("/notices")
    def notices(
        hearer: HearerOf,
        connection: Reading,
        limit: Limit = 30,
        cursor: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    ) -> dict[str, Any]:
        """What whoever asks should hear of, newest first, and how much of it is unread."""
        found = bell.heard(connection, hearer, limit, cursor)
        more = found[-1]["id"] if len(found) == limit else None
        return {"unread": bell.unread(connection, hearer), "notices": found, "next_cursor": more}

    @routes.post("/notices/read")
    def read(body: Read, hearer: HearerOf, given: Given) -> dict[str, Any]:
        """Mark notices read; answers how many are left."""
        with writing(given.databases.of(hearer.community)) as connection:
            bell.mark_read(connection, hearer, body.ids)
            return {"unread": bell.unread(connection, hearer)}


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
