"""The page of a server that is busy: it says so, and asks again by itself."""

from random import randint

from starlette.datastructures import Headers
from starlette.types import Scope

from cockpit.serving import plain
from cockpit.serving.theme import theme_of
from store.language import say

LEAST_S, SPREAD_S = 2, 3
"""Those who were turned away together do not come back together."""


def is_page(scope: Scope) -> bool:
    """Whether a browser asks for a page, which a person looks at, and not a script or a program for data."""
    headers = Headers(scope=scope)
    mode = headers.get("sec-fetch-mode")
    wants_html = headers.get("accept", "").startswith("text/html")
    return scope["method"] == "GET" and (mode == "navigate" if mode is not None else wants_html)


def page(scope: Scope) -> bytes:
    """What the browser shows meanwhile, in the language of who asks."""
    made = plain.page(
        say("服务器正忙"),
        say("几秒后自动再试，不必做什么。"),
        {say("现在就再试"): ""},  # the address that was asked for, whatever it is
        theme_of(scope["query_string"].decode("latin-1")),
        LEAST_S + randint(0, SPREAD_S),  # noqa: S311 - nobody is kept from guessing it
    )
    return made.encode()
