"""Who asks: by bearer token, by a session's cookie, or by a display's; and whether a write is really theirs."""

import hmac
from collections.abc import Callable

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from cockpit import tokens
from cockpit.people import secrets, sessions
from layers.problem import Problem
from layers.roles import Actor
from store.databases import Databases
from store.engine import writing

SESSION = "cockpit_session"
DISPLAY = "cockpit_display"
CSRF_HEADER = "X-CSRF-Token"
SAFE = ("GET", "HEAD", "OPTIONS")


def identifier(databases: Databases) -> Callable[[HTTPConnection], Actor | None]:
    """What answers who asks; None is nobody.

    A write with a cookie must carry the session's own `CSRF_HEADER`: another site can make a browser
    send the cookie, but cannot read what goes in the header. A bearer token is never sent by itself.
    """

    def identify(request: HTTPConnection) -> Actor | None:
        given = request.headers.get("authorization")
        if given is not None:
            return _bearer(databases, given)
        secret = request.cookies.get(SESSION)
        if secret:
            found = _session(databases, secret)
            if found is not None:
                _check_csrf(request, secret)
                return found
        shown = request.cookies.get(DISPLAY)
        if not shown:
            return None
        with databases.shared.connect() as connection:
            return sessions.find_display(connection, shown)

    return identify


def _bearer(databases: Databases, given: str) -> Actor:
    scheme, _, token = given.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Problem(401, "sign-in required", "send the header Authorization: Bearer TOKEN")
    with databases.shared.connect() as connection:
        actor = tokens.sign_in(connection, token.strip())
    if actor is None:
        raise Problem(401, "sign-in required", "the token is unknown or revoked")
    return actor


def _session(databases: Databases, secret: str) -> Actor | None:
    with databases.shared.connect() as connection:
        found = sessions.find(connection, secret)
    if found is None:
        return None
    actor, is_due = found
    if is_due:
        with writing(databases.shared) as connection:
            sessions.note_use(connection, secret)
    return actor


def _check_csrf(request: HTTPConnection, secret: str) -> None:
    if request.scope["type"] != "http" or request.scope["method"] in SAFE:
        return
    if request.url.path.startswith("/_dash"):
        return  # callbacks only read
    sent = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(sent.encode(), secrets.csrf_of(secret).encode()):
        raise Problem(403, "forged request", f"the header {CSRF_HEADER} is missing or not this session's")


def set_cookie(request: Request, response: Response, name: str, secret: str, seconds: int, path: str = "/") -> None:
    """Give a browser a cookie that scripts cannot read; over TLS it comes back over TLS only."""
    # Lax: a link from elsewhere opens the page signed in; writes are guarded by their own header.
    response.set_cookie(
        name, secret, max_age=seconds, httponly=True, samesite="lax", secure=request.url.scheme == "https", path=path
    )
