"""Who asks: by bearer token, by a session's cookie, or by a display's; and whether a write is really theirs."""

import hmac
from collections.abc import Callable

from starlette.requests import HTTPConnection
from starlette.responses import Response

from cockpit import tokens
from cockpit.edge.addresses import source_of
from cockpit.people import secrets, sessions
from cockpit.people.credentials import Identity
from cockpit.people.displays import find as find_display
from cockpit.people.sessions import Seen
from layers.problem import Problem
from store.databases import Databases
from store.language import LANGUAGES

SESSION = "cockpit_session"
DISPLAY = "cockpit_display"
DEVICE = "cockpit_device"
LANGUAGE = "cockpit_language"
LANGUAGE_OF_ADDRESS = "cockpit_language_of_address"
"""What an address asked for last: it goes before what was chosen, and ends with the browser."""
THEME = "cockpit_theme"
CREDENTIALS = ("authorization", "cookie")
"""Headers without which nobody can be known."""
CSRF_HEADER = "X-CSRF-Token"
SAFE = ("GET", "HEAD", "OPTIONS")
LONGEST_COOKIE_S = 400 * 86_400
"""Browsers keep none for longer (RFC 6265bis, section 5.5), so one that is to last is given again as it is used."""


Identify = Callable[[HTTPConnection, bool], Identity | None]
"""(request, whether a write must carry the session's own word) -> who asks; raises `Problem`."""


def identifier(databases: Databases, used: Callable[[Identity], None]) -> Identify:
    """What answers who asks; None is nobody. ``used`` is told of each that is found.

    A write with a cookie must carry the session's own `CSRF_HEADER`: another site can make a browser
    send the cookie, but cannot read what goes in the header. A bearer token is never sent by itself.
    """

    def identify(request: HTTPConnection, needs_csrf: bool) -> Identity | None:
        found = _found(databases, request)
        if found is None:
            return None
        if needs_csrf and found.credential.kind == "session":
            _check_csrf(request, request.cookies[SESSION])
        used(found)
        return found

    return identify


def _found(databases: Databases, request: HTTPConnection) -> Identity | None:
    given = request.headers.get("authorization")
    secret, shown = request.cookies.get(SESSION), request.cookies.get(DISPLAY)
    if given is None and not secret and not shown:
        return None
    with databases.shared.connect() as connection:
        if given is not None:
            found = tokens.find(connection, _bearer(given))
            if found is None:
                raise Problem(401, "sign-in required", "the token is unknown, revoked, or has run out")
            return found
        found = sessions.find(connection, secret) if secret else None
        return found or (find_display(connection, shown) if shown else None)


def _bearer(given: str) -> str:
    scheme, _, token = given.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem(401, "sign-in required", "send the header Authorization: Bearer TOKEN")
    return token.strip()


def _check_csrf(request: HTTPConnection, secret: str) -> None:
    if request.scope["type"] != "http" or request.scope["method"] in SAFE:
        return
    sent = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(sent.encode(), secrets.csrf_of(secret).encode()):
        raise Problem(403, "forged request", f"the header {CSRF_HEADER} is missing or not this session's")


def set_cookie(
    request: HTTPConnection, response: Response, name: str, secret: str, seconds: int, path: str = "/"
) -> None:
    """Give a browser a cookie that scripts cannot read; over TLS it comes back over TLS only."""
    # Lax: a link from elsewhere opens the page signed in; writes are guarded by their own header.
    secure = request.url.scheme in ("https", "wss")
    response.set_cookie(name, secret, max_age=seconds, httponly=True, samesite="lax", secure=secure, path=path)


def keep_language(request: HTTPConnection, response: Response, language: str | None) -> None:
    """Have a browser ask in a language from now on; None leaves it as it is."""
    if language is not None:
        response.delete_cookie(LANGUAGE_OF_ADDRESS)
        set_cookie(request, response, LANGUAGE, language, LONGEST_COOKIE_S)


def keep_theme(request: HTTPConnection, response: Response, theme: str | None) -> None:
    """Have a browser's pages in a theme from now on; None leaves it as it is."""
    if theme is not None:
        set_cookie(request, response, THEME, theme, LONGEST_COOKIE_S)


def seen(request: HTTPConnection) -> Seen:
    """By what who signs in here will know the session again."""
    return Seen(request.headers.get("user-agent", "")[:200] or None, source_of(request))


def renewed_display(request: HTTPConnection) -> list[str]:
    """The display's own cookies as they are given again, so that a wall in use never loses them."""
    response = Response()
    set_cookie(request, response, DISPLAY, request.cookies[DISPLAY], LONGEST_COOKIE_S)
    chosen = request.cookies.get(LANGUAGE)
    if chosen in LANGUAGES:
        set_cookie(request, response, LANGUAGE, chosen, LONGEST_COOKIE_S)
    return response.headers.getlist("set-cookie")
