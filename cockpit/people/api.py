"""Routes of signing in and out, of users, displays and the audit trail."""

import contextlib
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from sqlalchemy import Connection, Engine
from starlette.concurrency import run_in_threadpool

from cockpit.errors import BadSetting
from cockpit.notices import phones
from cockpit.people import choices, contacts, devices, displays, passwords, secrets, sessions, users
from cockpit.people.hashing import Hashing
from cockpit.people.identify import (
    DEVICE,
    DISPLAY,
    LONGEST_COOKIE_S,
    SESSION,
    keep_language,
    keep_theme,
    seen,
    set_cookie,
)
from cockpit.people.sessions import Seen
from cockpit.people.sign_in import Attempt, Welcome
from cockpit.people.sign_in import sign_in as sign_in_by_password
from geo.communities import communities
from layers.grid_events import queries
from layers.grid_events.released import release
from layers.problem import Problem
from layers.roles import Actor
from layers.web import CommunityPath, Given, Limit, Services, Tongue, Viewer, WriteActor
from store import audit
from store.engine import writing
from store.instant import SECOND, format_rfc3339
from store.language import say

hashing = Hashing()
Tag = Literal["zh-CN", "en"]


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
    real_name: str | None = Field(None, max_length=200)
    phone: str | None = Field(None, max_length=200)


class Change(BaseModel):
    """What a user is from now on."""

    role: str = Field(max_length=16)
    communities: list[str] = Field(max_length=20)
    disabled: bool = False


class NewDisplay(BaseModel):
    """A wall's screen."""

    name: str = Field(max_length=80)
    community: str = Field(max_length=64)
    language: Tag | None = None


class Chosen(BaseModel):
    """A language that somebody chose, by its tag (RFC 5646)."""

    language: Tag


def router() -> APIRouter:
    """Routes below ``/api/v1``."""
    routes = APIRouter(prefix="/api/v1", tags=["people"])
    _sessions(routes)
    _users(routes)
    _displays(routes)
    _assignees(routes)

    @routes.get("/audit")
    def trail(
        actor: WriteActor, given: Given, limit: Limit = 100, cursor: Annotated[int | None, Query()] = None
    ) -> dict[str, Any]:
        """Who did what, newest first."""
        with given.databases.shared.connect() as connection:
            found = audit.rows(connection, limit, cursor)
        told = [row | {"at": format_rfc3339(row["at"])} for row in found]
        more = found[-1]["seq"] if len(found) == limit else None
        return {"rows": told, "next_cursor": more}

    @routes.get("/audit/chain")
    def chain(actor: WriteActor, given: Given, tongue: Tongue) -> dict[str, Any]:
        """Whether the chain of hashes is whole: walks all of it."""
        with given.databases.shared.connect() as connection:
            verdict = audit.verify(connection)
        return {"length": verdict.length, "head": verdict.head, "fault": verdict.fault and tongue(verdict.fault)}

    return routes


def _sessions(routes: APIRouter) -> None:
    @routes.get("/session")
    def who(actor: Viewer, request: Request) -> dict[str, Any]:
        """Who is signed in, and what must be sent in X-CSRF-Token with each write; ``name`` is null where nobody is."""
        return _told(actor, request.cookies.get(SESSION)) if actor else {"name": None}

    @routes.post("/session", status_code=201)
    async def sign_in(body: Credentials, given: Given, request: Request, response: Response) -> dict[str, Any]:
        """Sign in: a cookie that scripts cannot read. 401 where name or password is wrong, 429 after many tries."""
        engine, attempt = given.databases.shared, _attempt(request, body.name, body.password)
        outcome = await hashing.run(_let_in, engine, attempt, say("用户名或口令不对"))
        return await run_in_threadpool(_welcome, given, request, response, outcome.session, outcome.device)

    @routes.post("/session/end", status_code=204)
    def sign_out(actor: WriteActor, given: Given, request: Request, response: Response) -> None:
        """Sign out: the session ends on the server, not only in this browser."""
        secret = request.cookies.get(SESSION)
        if secret:
            with writing(given.databases.shared) as connection:
                sessions.end(connection, secret, actor.label)
        response.delete_cookie(SESSION)

    @routes.post("/session/language", status_code=204)
    def choose_language(body: Chosen, actor: Viewer, given: Given, request: Request, response: Response) -> None:
        """Be spoken to in a language: in this browser, and whoever is signed in wherever they sign in."""
        if actor is not None and actor.kind == "user":
            with writing(given.databases.shared) as connection:
                users.keep_language(connection, actor.name, body.language)
        keep_language(request, response, body.language)

    @routes.post("/session/password", status_code=201)
    async def new_password(
        body: NewPassword, actor: WriteActor, given: Given, request: Request, response: Response
    ) -> dict[str, Any]:
        """Choose another password; all sessions end, and a new one begins here."""
        if actor.kind != "user":
            raise Problem(403, "not a user", "only somebody who signed in has a password")
        attempt = _attempt(request, actor.name, body.old)
        welcome = await hashing.run(_change_password, given.databases.shared, attempt, body.new, actor)
        await run_in_threadpool(phones.end_of, given.databases, actor.name, actor.label)
        return await run_in_threadpool(_welcome, given, request, response, welcome.session, welcome.device)

    @routes.post("/invitation", status_code=201)
    async def accept(body: Acceptance, given: Given, request: Request, response: Response) -> dict[str, Any]:
        """Choose a password by a link that works once, and be signed in; 410 where it does not work any more."""
        try:
            # A link that works no more costs nobody a hash.
            await run_in_threadpool(_invited, given.databases.shared, body)
            welcome = await hashing.run(_accept, given.databases.shared, body, seen(request))
        except users.NoInvitation as error:
            raise Problem(410, "gone", str(error)) from None
        return await run_in_threadpool(_welcome, given, request, response, welcome.session, welcome.device)


def _attempt(request: Request, name: str, password: str) -> Attempt:
    agent, source = seen(request)
    return Attempt(name=name, password=password, source=source or "", device=request.cookies.get(DEVICE), agent=agent)


def _let_in(engine: Engine, attempt: Attempt, refused: str) -> Welcome:
    outcome = sign_in_by_password(engine, attempt)
    if isinstance(outcome, Welcome):
        return outcome
    if outcome.wait_s > 0:
        raise Problem(
            429,
            "too many tries",
            say("{refused}；{wait_s} 秒后再试", refused=refused, wait_s=outcome.wait_s),
            retry_after=outcome.wait_s,
        )
    raise Problem(401, "sign-in refused", refused)


def _change_password(engine: Engine, attempt: Attempt, new: str, actor: Actor) -> Welcome:
    _let_in(engine, attempt, say("现口令不对"))
    with told_as_problem():
        kept = passwords.hash_new(new, actor.name)
    with writing(engine) as connection, told_as_problem():
        user = users.named(connection, actor.name)
        users.set_password(connection, user, kept, actor.label)
        return _begun(connection, user, Seen(attempt.agent, attempt.source))


def _invited(engine: Engine, body: Acceptance) -> str:
    with engine.connect() as connection, told_as_problem():
        return users.invited(connection, body.token, body.name)


def _accept(engine: Engine, body: Acceptance, by: Seen) -> Welcome:
    with told_as_problem():
        kept = passwords.hash_new(body.password, _invited(engine, body))
    with writing(engine) as connection, told_as_problem():
        name = users.accept(connection, body.token, kept, body.name)
        return _begun(connection, users.named(connection, name), by)


def _begun(connection: Connection, user: users.User, by: Seen) -> Welcome:
    return Welcome(sessions.start(connection, user.name, by), devices.keep(connection, None, user.id))


def _assignees(routes: APIRouter) -> None:
    @routes.get("/{community}/assignees")
    def assignees(community: CommunityPath, actor: WriteActor, given: Given) -> dict[str, Any]:
        """Who an event can be given to, and how many each has to do; role manager."""
        staff = given.staff(community.code)
        with given.databases.of(community.code).connect() as connection:
            loads = queries.load(connection, community.code)
        # Who has something in hand and no account any more is listed too: it has to go to somebody else.
        known = sorted({*staff, *loads})
        told = [{"name": name, "load": loads.get(name, 0), "account": name in staff} for name in known]
        return {"assignees": told}


def _release(given: Services, actor: Actor) -> None:
    """Let what lies with somebody who has no account there any more lie with nobody, and tell the screens."""
    for community in communities():
        # Before the transaction: no request holds one connection while it waits for another.
        staff = given.staff(community)
        with writing(given.databases.of(community)) as connection:
            released = release(connection, community, staff, actor)
            changed = queries.records(connection, community, released | {queries.TALLY}) if released else {}
        if changed:
            given.tell({community: {"grid_events": dict(changed)}})


def _users(routes: APIRouter) -> None:
    @routes.get("/users")
    def list_users(actor: WriteActor, given: Given) -> dict[str, Any]:
        """All users."""
        with given.databases.shared.connect() as connection:
            known = contacts.of_all(connection, given.seal)
            return {"users": [users.told(one) | vars(known[one.name]) for one in users.everybody(connection)]}

    @routes.post("/users", status_code=201)
    def add_user(body: NewUser, actor: WriteActor, given: Given) -> dict[str, Any]:
        """Invite somebody: answers with the path of a link that works once, within 24 hours."""
        with writing(given.databases.shared) as connection, told_as_problem():
            contact = contacts.checked(body.real_name, body.phone)
            number = users.add(connection, body.name, body.role, body.communities, actor.label)
            if contact != contacts.Contact():
                contacts.keep(connection, given.seal, body.name, contact, actor.label)
            return {"name": body.name, "link": f"/welcome?token={users.invite(connection, number)}"}

    @routes.post("/users/{name}")
    def change_user(name: str, body: Change, actor: WriteActor, given: Given) -> dict[str, Any]:
        """Another role or place, or shut out; the sessions end at once."""
        with writing(given.databases.shared) as connection, told_as_problem():
            users.change(connection, name, body.role, body.communities, body.disabled, actor.label)
            told = users.told(users.named(connection, name))
        phones.end_of(given.databases, name, actor.label)
        _release(given, actor)
        return told

    @routes.post("/users/{name}/invitation", status_code=201)
    def invite_again(name: str, actor: WriteActor, given: Given) -> dict[str, Any]:
        """A new link for somebody who lost the password, or the link."""
        with writing(given.databases.shared) as connection, told_as_problem():
            user = users.named(connection, name)
            audit.record(connection, actor.label, "user.invite", name)
            return {"name": name, "link": f"/welcome?token={users.invite(connection, user.id)}"}

    @routes.post("/users/{name}/accounts/unbind")
    def unbind(name: str, actor: WriteActor, given: Given) -> dict[str, Any]:
        """Let the accounts of another provider vouch for a user no more; the next one that does is bound."""
        with writing(given.databases.shared) as connection, told_as_problem():
            unbound = users.unbind(connection, name, actor.label)
        phones.end_of(given.databases, name, actor.label)
        return {"name": name, "unbound": unbound}

    @routes.post("/users/{name}/sessions/end")
    def end_sessions(name: str, actor: WriteActor, given: Given) -> dict[str, Any]:
        """End all sessions of a user."""
        with writing(given.databases.shared) as connection, told_as_problem():
            ended = users.end_sessions(connection, users.named(connection, name).id)
            audit.record(connection, actor.label, "user.sessions.end", name, {"ended": ended})
        phones.end_of(given.databases, name, actor.label)
        return {"name": name, "ended": ended}


def _displays(routes: APIRouter) -> None:
    @routes.post("/displays", status_code=201)
    def add_display(body: NewDisplay, actor: WriteActor, given: Given) -> dict[str, Any]:
        """A link that a wall's browser opens once: read only, revocable."""
        with writing(given.databases.shared) as connection, told_as_problem():
            secret = displays.add(connection, body.name, body.community, actor.label, body.language)
        return {"name": body.name, "link": f"/display/{secret}"}

    @routes.post("/displays/{name}/revoke", status_code=204)
    def revoke_display(name: str, actor: WriteActor, given: Given) -> None:
        """Let a display's link work no more."""
        with writing(given.databases.shared) as connection, told_as_problem():
            displays.revoke(connection, name, actor.label)


def display_link() -> APIRouter:
    """``/display/{secret}``: a wall's browser opens it once."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/display/{secret}")
    def open_display(secret: str, given: Given, request: Request) -> Response:
        with given.databases.shared.connect() as connection:
            found = displays.find(connection, secret)
            language = displays.language_of(connection, secret)
        if found is None:
            return RedirectResponse("/sign-in", 303)
        (community,) = found.actor.communities
        answer = RedirectResponse(f"/wall/{community}", 303)
        set_cookie(request, answer, DISPLAY, secret, LONGEST_COOKIE_S)
        keep_language(request, answer, language)
        return answer

    return routes


@contextlib.contextmanager
def told_as_problem() -> Iterator[None]:
    """What will not do is told as 422."""
    try:
        yield
    except BadSetting as error:
        raise Problem(422, "not taken", str(error)) from None


def _welcome(given: Services, request: Request, response: Response, secret: str, device: str) -> dict[str, Any]:
    with given.databases.shared.connect() as connection:
        found = sessions.find(connection, secret)
        chosen = choices.of(connection, found.actor.name) if found else choices.Choices()
    if found is None:  # shut out between one statement and the next
        raise Problem(401, "sign-in refused", say("用户名或口令不对"))
    set_cookie(request, response, SESSION, secret, sessions.LONGEST // SECOND)
    set_cookie(request, response, DEVICE, device, LONGEST_COOKIE_S, "/api/v1/session")
    keep_language(request, response, chosen.language)
    keep_theme(request, response, chosen.theme)
    return _told(found.actor, secret)


def _told(actor: Actor, secret: str | None) -> dict[str, Any]:
    return {
        "name": actor.name,
        "role": actor.role,
        "kind": actor.kind,
        "communities": sorted(actor.communities),
        "csrf": secrets.csrf_of(secret) if secret and actor.kind == "user" else None,
    }
