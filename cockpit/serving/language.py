"""The language of each request, and refusals in it: one place for all of them, whoever refused.

A page is asked for in a language by ``?lang=``; what it asks of the server then follows it by Referer. Who chose one
in the header has it in a cookie; a sign-in and a display's link set that cookie to what is kept for them.
"""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cockpit.edge.reached import is_ours
from cockpit.pages.address import LANG
from cockpit.people.identify import LANGUAGE, LANGUAGE_OF_ADDRESS, THEME
from cockpit.serving import waiting
from cockpit.serving.theme import choosing
from layers import words
from store.language import CHINESE, ENGLISH, LANGUAGES, preferred, speaking

PROBLEM = "application/problem+json"
BUSY = 503


OF_PAGES = ("/_dash", "/api/", "/geo/")
VARIES = "Accept-Language, Cookie, Referer"
PROGRAMS = ("/api/", "/geo/", "/ogc/")
"""Where who names no language is a program, and reads English; elsewhere a person, who is spoken to in Chinese."""


class Language:
    """ASGI middleware: has each request answered in the language of who asks, and says which that is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        tag = language_of(asked)
        held: list[Message] = []
        body = bytearray()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                kind = headers.get("content-type", "")
                if kind.startswith(PROBLEM) and "content-encoding" not in headers:
                    held.append(message)
                    return
                if asked.url.path.startswith(PROGRAMS):
                    headers.add_vary_header(VARIES)
                if kind.startswith("text/html"):
                    _say_which(headers, tag)
                    if asked.query_params.get(LANG) == tag:
                        headers.append("Set-Cookie", _for_the_session(asked, tag))
            elif held:
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    await _send_told(held.pop(), bytes(body), tag, send, scope)
                return
            await send(message)

        with speaking(tag), choosing(asked.cookies.get(THEME)):
            await self._app(scope, receive, sending)


def language_of(asked: HTTPConnection) -> str:
    """The language of who asks: by the address, the page that asks, what was chosen in this browser, the browser's."""
    before = asked.headers.get("referer", "")
    # What a page asks for is of the page; a page that it leads to is another.
    is_of_page = asked.url.path.startswith(OF_PAGES) and is_ours(asked, before)
    referring = parse_qs(urlsplit(before).query) if is_of_page else {}
    chosen = (
        asked.query_params.get(LANG),
        *referring.get(LANG, ()),
        *(asked.cookies.get(name) for name in (LANGUAGE_OF_ADDRESS, LANGUAGE)),
    )
    found = next((tag for tag in chosen if tag in LANGUAGES), None) or preferred(asked.headers.get("accept-language"))
    return found or (ENGLISH if asked.url.path.startswith(PROGRAMS) else CHINESE)


def _for_the_session(asked: HTTPConnection, tag: str) -> str:
    """The cookie by which the pages that a page leads to are in its language too, until the browser is closed.

    What somebody chose for good stays beside it.
    """
    secure = "; Secure" if asked.url.scheme == "https" else ""
    return f"{LANGUAGE_OF_ADDRESS}={tag}; Path=/; HttpOnly; SameSite=Lax{secure}"


def _say_which(headers: MutableHeaders, tag: str) -> None:
    headers["Content-Language"] = tag
    headers.add_vary_header(VARIES)


async def _send_told(start: Message, body: bytes, tag: str, send: Send, scope: Scope) -> None:
    headers = MutableHeaders(scope=start)
    if start["status"] == BUSY and waiting.is_page(scope):
        told = waiting.page(scope)
        headers["Content-Type"] = "text/html; charset=utf-8"
    else:
        told = in_language(body) if tag == CHINESE else body
    headers["Content-Length"] = str(len(told))
    _say_which(headers, tag)
    await send(start)
    await send({"type": "http.response.body", "body": told})


def in_language(body: bytes) -> bytes:
    """A problem with its detail and its faults in Chinese; what no table knows stands behind the title's word."""
    try:
        problem: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError:
        return body
    title = words.table()["titles"].get(str(problem.get("title")))
    detail = problem.get("detail")
    if isinstance(detail, str):
        problem["detail"] = words.in_chinese(detail) or (f"{title}：{detail}" if title else detail)
    faults = problem.get("faults")
    if isinstance(faults, list):
        # What tells of a place beside the words was said in the language of who asks.
        problem["faults"] = [one if isinstance(one, dict) else words.said(str(one), chinese=True) for one in faults]
    elif isinstance(faults, dict):
        problem["faults"] = {field: words.said(str(fault), chinese=True) for field, fault in faults.items()}
    return msgspec.json.encode(problem)
