"""Refusals in the language of who reads them: Chinese for a browser that asks for it, English for programs.

One place for all of them, whoever refused: a route, the table of permissions, a budget.
"""

from typing import Any

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from layers import words

PROBLEM = "application/problem+json"


class Language:
    """ASGI middleware: puts the words of a problem in Chinese where the browser prefers it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        chinese = words.prefers_chinese(HTTPConnection(scope).headers.get("accept-language"))
        held: list[Message] = []
        body = bytearray()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith(PROBLEM) and "content-encoding" not in headers:
                    held.append(message)
                    return
            elif held:
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    await _send_told(held.pop(), bytes(body), chinese, send)
                return
            await send(message)

        await self._app(scope, receive, sending)


async def _send_told(start: Message, body: bytes, chinese: bool, send: Send) -> None:
    told = in_language(body) if chinese else body
    headers = MutableHeaders(scope=start)
    headers["Content-Length"] = str(len(told))
    headers["Content-Language"] = "zh-CN" if chinese else "en"
    headers.add_vary_header("Accept-Language")
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
        problem["faults"] = [words.said(str(fault), chinese=True) for fault in faults]
    elif isinstance(faults, dict):
        problem["faults"] = {field: words.said(str(fault), chinese=True) for field, fault in faults.items()}
    return msgspec.json.encode(problem)
