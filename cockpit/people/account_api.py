"""Routes of one's own account, below ``/api/v1/account``: who one is, what one chose, where one is signed in."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from cockpit.notices import phones
from cockpit.people import choices, contacts, sessions
from cockpit.people.api import told_as_problem
from cockpit.people.identify import SESSION, keep_theme
from cockpit.serving.theme import DEFAULT
from layers.declare import notice_kinds
from layers.problem import Problem
from layers.roles import Actor
from layers.web import CommunityPath, Given, WriteActor
from store.engine import writing
from store.instant import format_rfc3339
from store.language import in_all


class Contact(BaseModel):
    """How somebody is called and reached; what is left out or empty is not kept any more, but for what is locked."""

    real_name: str | None = Field(None, max_length=200)
    phone: str | None = Field(None, max_length=200)
    erases_locked: bool = Field(False, description="what is locked is not kept any more either")


class Theme(BaseModel):
    """The theme of pages."""

    theme: Literal["dark", "light"]


class Unwanted(BaseModel):
    """Kinds of notices that the bell is silent for."""

    unwanted: list[str] = Field(max_length=100)


class Ended(BaseModel):
    """A session by its ``id``; null: all but the one that asks."""

    id: str | None = Field(None, min_length=sessions.SHOWN, max_length=sessions.SHOWN, pattern="^[0-9a-f]+$")


async def person(actor: WriteActor) -> Actor:
    """Who signed in; 403 for a token, which is nobody's."""
    if actor.kind != "user":
        raise Problem(404, "not a user", "only somebody who signed in has an account")
    return actor


Person = Annotated[Actor, Depends(person)]


def router() -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/api/v1", tags=["account"])
    _own(routes)
    _chosen(routes)

    @routes.get("/{community}/people")
    def people(community: CommunityPath, given: Given, actor: WriteActor) -> dict[str, Any]:
        """Who works here, by real name and phone; role manager."""
        staff = given.staff(community.code)
        with given.databases.shared.connect() as connection:
            known = contacts.of_all(connection, given.seal)
        told = [{"name": name, **vars(known.get(name, contacts.Contact()))} for name in sorted(staff)]
        return {"people": told}

    @routes.post("/users/{name}/contact")
    def keep_contact(name: str, body: Contact, actor: WriteActor, given: Given) -> dict[str, Any]:
        """Keep a user's real name and phone; both empty erases them."""
        return _keep_contact(given, name, body, actor)

    return routes


def _own(routes: APIRouter) -> None:
    @routes.get("/account")
    def own(actor: Person, given: Given, request: Request) -> dict[str, Any]:
        """One's own account."""
        with given.databases.shared.connect() as connection:
            contact = contacts.of_all(connection, given.seal).get(actor.name, contacts.Contact())
            chosen = choices.of(connection, actor.name)
            open_ones = sessions.of_user(connection, actor.name, request.cookies.get(SESSION))
        return {
            "name": actor.name,
            "role": actor.role,
            "communities": sorted(actor.communities),
            **vars(contact),
            "theme": chosen.theme or DEFAULT,
            "kinds": [
                {"kind": kind, **in_all("text", row, "text"), "wanted": kind not in chosen.unwanted}
                for kind, row in notice_kinds().items()
            ],
            "sessions": [
                {
                    "id": one.id,
                    "began": format_rfc3339(one.began),
                    "used": format_rfc3339(one.used),
                    "agent": one.agent,
                    "source": one.source,
                    "this": one.is_this,
                }
                for one in open_ones
            ],
        }

    @routes.post("/account/contact")
    def keep_own_contact(body: Contact, actor: Person, given: Given) -> dict[str, Any]:
        """Keep one's own real name and phone; both empty erases them."""
        return _keep_contact(given, actor.name, body, actor)

    @routes.post("/account/sessions/end")
    def end_session(body: Ended, actor: Person, given: Given, request: Request) -> dict[str, Any]:
        """End a session of one's own, or all others."""
        with writing(given.databases.shared) as connection:
            ended = sessions.end_of_user(connection, actor.name, body.id, request.cookies.get(SESSION))
        phones.end_of(given.databases, actor.name, actor.label)
        return {"ended": ended}


def _chosen(routes: APIRouter) -> None:
    @routes.post("/account/theme", status_code=204)
    def choose_theme(body: Theme, actor: Person, given: Given, request: Request, response: Response) -> None:
        """Have pages in a theme: in this browser, and wherever one signs in."""
        with writing(given.databases.shared) as connection, told_as_problem():
            choices.keep_theme(connection, actor.name, body.theme)
        keep_theme(request, response, body.theme)

    @routes.post("/account/notices")
    def choose_notices(body: Unwanted, actor: Person, given: Given) -> dict[str, Any]:
        """Let the bell be silent for kinds of notices; what is given to one by name is told all the same."""
        with writing(given.databases.shared) as connection, told_as_problem():
            choices.keep_unwanted(connection, actor.name, body.unwanted)
            return {"unwanted": sorted(choices.of(connection, actor.name).unwanted)}


def _keep_contact(given: Given, name: str, body: Contact, actor: Actor) -> dict[str, Any]:
    with writing(given.databases.shared) as connection, told_as_problem():
        contact = contacts.checked(body.real_name, body.phone)
        contacts.keep(connection, given.seal, name, contact, actor.label, erases_locked=body.erases_locked)
        return {"name": name, **vars(contacts.of_all(connection, given.seal)[name])}
