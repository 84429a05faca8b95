"""Routes of signing in and out, of users, displays and the audit trail."""

import contextlib
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from cockpit.errors import BadSetting
from cockpit.people import displays, secrets, sessions, users
from cockpit.people.identify import DISPLAY, SESSION, set_cookie
from layers.grid_events import queries
from layers.problem import Problem
from layers.roles import EVERYWHERE, Actor
from layers.web import CommunityPath, Given, Limit, Manager, Services, Viewer, WriteActor, needs
from store import audit
from store.engine import writing
from store.instant import SECOND, format_rfc3339

DISPLAY_DAYS = 3650


class Credentials(BaseModel):
    """A name and its password."""

    name: str = Field(max_length=80)
    password: str = Field(max_length=512)


class Acceptance(BaseModel):
    """An invitation taken up; ``name`` where it is that of the first admin."""

    token: str = Field(max_length=64)
    password: str = Field(max_length=512)
    name: str | None = Field(None, max_length=80)


class NewPassword(BaseModel):
    """A password, and the one it takes the place of."""

    old: str = Field(max_length=512)
    new: str = Field(max_length=512)


class NewUser(BaseModel):
    """Somebody who is to be invited."""

    name: str = Field(max_length=80)
    role: str = Field(max_length=16)
    communities: list[str] = Field(max_length=20)


class Change(BaseModel):
    """What a user is from now on."""

    role: str = Field(max_length=16)
    communities: list[str] = Field(max_length=20)
    disabled: bool = False


class NewDisplay(BaseModel):
    """A wall's screen."""

    name: str = Field(max_length=80)
    community: str = Field(max_length=64)


def _everywhere(actor: Annotated[Actor, Depends(needs("admin"))]) -> Actor:
    if EVERYWHERE not in actor.communities:
        raise Problem(403, "role does not suffice", "this needs an admin of all communities")
    return actor


Admin = Annotated[Actor, Depends(_everywhere)]
"""An admin of all communities."""


def router() -> APIRouter:
    """Routes below ``/api/v1``."""
    routes = APIRouter(prefix="/api/v1", tags=["people"])
    _sessions(routes)
    _users(routes)
    _displays(routes)
    _assignees(routes)

    @routes.get("/audit")
    def trail(
        actor: Admin, given: Given, limit: Limit = 100, cursor: Annotated[int | None, Query()] = None
    ) -> dict[str, Any]:
        """Who did what, newest first."""
        with given.databases.shared.connect() as connection:
            found = audit.rows(connection, limit, cursor)
        told = [row | {"at": format_rfc3339(row["at"])} for row in found]
        more = found[-1]["seq"] if len(found) == limit else None
        return {"rows": told, "next_cursor": more}

    @routes.get("/audit/chain")
    def chain(actor: Admin, given: Given) -> dict[str, Any]:
        """Whether the chain of hashes is whole: walks all of it."""
        with given.databases.shared.connect() as connection:
            verdict = audit.verify(connection)
        return {"length": verdict.length, "head": verdict.head, "fault": verdict.fault}

    return routes


def _sessions(routes: APIRouter) -> None:
    @routes.get("/session")
    def who(actor: Viewer, request: Request) -> dict[str, Any]:
        """Who is signed in, and what must be sent in X-CSRF-Token with each write; ``name`` is null where nobody is."""
        return _told(actor, request.cookies.get(SESSION)) if actor else {"name": None}

    @routes.post("/session", status_code=201)
    def sign_in(body: Credentials, given: Given, request: Request, response: Response) -> dict[str, Any]:
        """Sign in: a cookie that scripts cannot read. 401 where name or password is wrong, 429 after many tries."""
        with writing(given.databases.shared) as connection:
            outcome = sessions.sign_in(connection, body.name, body.password)
        if isinstance(outcome, sessions.Refusal):
            if outcome.wait_s > 0:
                detail = f"用户名或口令不对；{outcome.wait_s} 秒后再试"
                raise Problem(429, "too many tries", detail, retry_after=outcome.wait_s)
            raise Problem(401, "sign-in refused", "用户名或口令不对")
        return _welcome(given, request, response, outcome)

    @routes.post("/session/end", status_code=204)
    def sign_out(actor: WriteActor, given: Given, request: Request, response: Response) -> None:
        """Sign out: the session ends on the server, not only in this browser."""
        secret = request.cookies.get(SESSION)
        if secret:
            with writing(given.databases.shared) as connection:
                sessions.end(connection, secret, actor.label)
        response.delete_cookie(SESSION)

    @routes.post("/session/password", status_code=201)
    def new_password(
        body: NewPassword, actor: WriteActor, given: Given, request: Request, response: Response
    ) -> dict[str, Any]:
        """Choose another password; all sessions end, and a new one begins here."""
        if actor.kind != "user":
            raise Problem(403, "not a user", "only somebody who signed in has a password")
        with writing(given.databases.shared) as connection:
            outcome = sessions.sign_in(connection, actor.name, body.old)
        if isinstance(outcome, sessions.Refusal):
            raise Problem(401, "sign-in refused", "现口令不对")
        with writing(given.databases.shared) as connection, told_as_problem():
            users.set_password(connection, users.named(connection, actor.name), body.new, actor.label)
            secret = sessions.start(connection, actor.name)
        return _welcome(given, request, response, secret)

    @routes.post("/invitation", status_code=201)
    def accept(body: Acceptance, given: Given, request: Request, response: Response) -> dict[str, Any]:
        """Choose a password by a link that works once, and be signed in; 410 where it does not work any more."""
        try:
            with writing(given.databases.shared) as connection, told_as_problem():
                name = users.accept(connection, body.token, body.password, body.name)
                secret = sessions.start(connection, name)
        except users.NoInvitation:
            raise Problem(410, "gone", "链接已使用或已过期；请管理员再发一个") from None
        return _welcome(given, request, response, secret)


def _assignees(routes: APIRouter) -> None:
    @routes.get("/{community}/assignees")
    def assignees(community: CommunityPath, actor: Manager, given: Given) -> dict[str, Any]:
        """Who an event can be given to, and how many each has to do; role manager."""
        with given.databases.shared.connect() as connection:
            everybody = users.everybody(connection)
        with given.databases.of(community.code).connect() as connection:
            loads = queries.load(connection, community.code)
        here = {community.code, EVERYWHERE}
        names = [one.name for one in everybody if one.disabled is None and one.communities & here]
        # Whoever was appointed to a grid can be given events before signing in for the first time.
        known = sorted({*names, *loads})
        return {"assignees": [{"name": name, "load": loads.get(name, 0)} for name in known]}


def _users(routes: APIRouter) -> None:
    @routes.get("/users")
    def list_users(actor: Admin, given: Given) -> dict[str, Any]:
        """All users."""
        with given.databases.shared.connect() as connection:
            return {"users": [users.told(one) for one in users.everybody(connection)]}

    @routes.post("/users", status_code=201)
    def add_user(body: NewUser, actor: Admin, given: Given) -> dict[str, Any]:
        """Invite somebody: answers with the path of a link that works once, within 24 hours."""
        with writing(given.databases.shared) as connection, told_as_problem():
            number = users.add(connection, body.name, body.role, body.communities, actor.label)
            return {"name": body.name, "link": f"/welcome?token={users.invite(connection, number)}"}

    @routes.post("/users/{name}")
    def change_user(name: str, body: Change, actor: Admin, given: Given) -> dict[str, Any]:
        """Another role or place, or shut out; the sessions end at once."""
        with writing(given.databases.shared) as connection, told_as_problem():
            users.change(connection, name, body.role, body.communities, body.disabled, actor.label)
            return users.told(users.named(connection, name))

    @routes.post("/users/{name}/invitation", status_code=201)
    def invite_again(name: str, actor: Admin, given: Given) -> dict[str, Any]:
        """A new link for somebody who lost the password, or the link."""
        with writing(given.databases.shared) as connection, told_as_problem():
            user = users.named(connection, name)
            audit.record(connection, actor.label, "user.invite", name)
            return {"name": name, "link": f"/welcome?token={users.invite(connection, user.id)}"}

    @routes.post("/users/{name}/sessions/end")
    def end_sessions(name: str, actor: Admin, given: Given) -> dict[str, Any]:
        """End all sessions of a user."""
        with writing(given.databases.shared) as connection, told_as_problem():
            ended = users.end_sessions(connection, users.named(connection, name).id)
            audit.record(connection, actor.label, "user.sessions.end", name, {"ended": ended})
        return {"name": name, "ended": ended}


def _displays(routes: APIRouter) -> None:
    @routes.get("/displays")
    def list_displays(actor: Admin, given: Given) -> dict[str, Any]:
        """All displays."""
        with given.databases.shared.connect() as connection:
            return {"displays": displays.known(connection)}

    @routes.post("/displays", status_code=201)
    def add_display(body: NewDisplay, actor: Admin, given: Given) -> dict[str, Any]:
        """A link that a wall's browser opens once: read only, revocable."""
        with writing(given.databases.shared) as connection, told_as_problem():
            secret = displays.add(connection, body.name, body.community, actor.label)
        return {"name": body.name, "link": f"/display/{secret}"}

    @routes.post("/displays/{name}/revoke", status_code=204)
    def revoke_display(name: str, actor: Admin, given: Given) -> None:
        """Let a display's link work no more."""
        with writing(given.databases.shared) as connection, told_as_problem():
            displays.revoke(connection, name, actor.label)


def display_link() -> APIRouter:
    """``/display/{secret}``: a wall's browser opens it once."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/display/{secret}")
    def open_display(secret: str, given: Given, request: Request) -> Response:
        with given.databases.shared.connect() as connection:
            found = sessions.find_display(connection, secret)
        if found is None:
            return RedirectResponse("/sign-in", 303)
        (community,) = found.communities
        answer = RedirectResponse(f"/wall/{community}", 303)
        set_cookie(request, answer, DISPLAY, secret, DISPLAY_DAYS * 86_400)
        return answer

    return routes


@contextlib.contextmanager
def told_as_problem() -> Iterator[None]:
    """What will not do is told as 422."""
    try:
        yield
    except BadSetting as error:
        raise Problem(422, "not taken", str(error)) from None


def _welcome(given: Services, request: Request, response: Response, secret: str) -> dict[str, Any]:
    with given.databases.shared.connect() as connection:
        found = sessions.find(connection, secret)
    if found is None:  # shut out between one statement and the next
        raise Problem(401, "sign-in refused", "用户名或口令不对")
    set_cookie(request, response, SESSION, secret, sessions.LONGEST // SECOND)
    return _told(found[0], secret)


def _told(actor: Actor, secret: str | None) -> dict[str, Any]:
    return {
        "name": actor.name,
        "role": actor.role,
        "kind": actor.kind,
        "communities": sorted(actor.communities),
        "csrf": secrets.csrf_of(secret) if secret and actor.kind == "user" else None,
    }
