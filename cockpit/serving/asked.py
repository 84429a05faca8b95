"""What an address asks, checked before its route runs: a page must be there, a parameter must be known.

A parameter that is passed over in silence gives an answer to another question: ``?form=`` instead of
``?from=`` a list of everything, ``?at=`` at a route without a past the present.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from difflib import get_close_matches

from fastapi import params
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from cockpit.pages.address import LIKE, NoPage, Page, find
from layers import words
from layers.problem import Problem

API = ("/api/", "/geo/")
PAGES = ("/", "/{path:path}", "{path:path}")
"""Templates of Dash's routes that answer with a page."""


def checker(pages: Sequence[Page]) -> Callable[[HTTPConnection], Awaitable[None]]:
    """A dependency of every route; ``pages`` may be filled after it was made."""

    names: dict[tuple[str, str], frozenset[str]] = {}

    async def check(request: HTTPConnection) -> None:
        route = request.scope.get("route")
        if not isinstance(route, APIRoute):
            return
        if request.url.path.startswith(API):
            key = (request.scope["method"], f"{route.endpoint.__module__}{route.path}")
            if key not in names:
                names[key] = _known(route)
            _check_names(names[key], request.query_params.keys())
        elif route.path in PAGES:
            try:
                # Whether there is such a device, or event, the database knows.
                await run_in_threadpool(find, pages, request.url.path, request.url.query)
            except Problem as refused:
                raise NoPage(words.told(refused.detail), refused.status) from None

    return check


def _check_names(known: frozenset[str], asked: Iterable[str]) -> None:
    for name in set(asked) - known:
        if name == "at":
            raise Problem(400, "bad parameter", "at: this address only tells of the present")
        like = get_close_matches(name.lower(), known, 1, LIKE)
        if like:
            raise Problem(400, "bad parameter", f"{name[:40]}: no such parameter; did you mean {like[0]}?")


def _known(route: APIRoute) -> frozenset[str]:
    given = get_flat_params(route.dependant)
    return frozenset(one.alias for one in given if isinstance(one.field_info, params.Query))
