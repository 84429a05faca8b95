"""Each request has an id: a trusted proxy's or our own, in the answer, in errors and in every line of the log."""

import io
import json
import logging
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI
from prometheus_client import REGISTRY
from starlette.types import Receive, Scope, Send

from cockpit import logs
from cockpit.edge import request_ids
from cockpit.edge.request_ids import HEADER, RequestIds
from cockpit.serving.problems import answer
from cockpit.web import answer_errors
from layers.problem import Problem
from tests.running import run_async

GIVEN = "4f1c0ffee5a1b2c3"


async def refuses(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that logs by both ways, and refuses."""
    structlog.get_logger("ours").info("met")
    logging.getLogger("theirs").warning("met too")
    if scope["path"] == "/fails":
        raise RuntimeError("no")
    await answer(Problem(404, "not found", "nothing"))(scope, receive, send)


def ask(path: str = "/", trusted: tuple[str, ...] = (), **headers: str) -> httpx.Response:
    """One request from 127.0.0.1."""

    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(RequestIds(refuses, trusted), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://cockpit") as client:
            return await client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return run_async(once())


def test_an_answer_and_what_it_says_of_an_error_carry_the_id() -> None:
    first, second = ask(), ask()
    assert first.headers[HEADER] == first.json()["request"]
    assert len({first.headers[HEADER], second.headers[HEADER]}) == 2


@pytest.mark.parametrize(
    ("trusted", "given", "is_taken"),
    [
        (("127.0.0.0/8",), GIVEN, True),
        (("10.0.0.1",), GIVEN, False),
        ((), GIVEN, False),
        (("127.0.0.1",), "short", False),
        (("127.0.0.1",), "two words of it", False),
        (("127.0.0.1",), "x" * 65, False),
    ],
)
def test_an_id_is_taken_over_from_a_trusted_proxy_only(trusted: tuple[str, ...], given: str, is_taken: bool) -> None:
    assert (ask(trusted=trusted, X_Request_Id=given).headers[HEADER] == given) is is_taken


def test_every_line_of_the_log_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = io.StringIO()
    monkeypatch.setattr("sys.stderr", lines)
    root, handlers, level = logging.getLogger(), list(logging.getLogger().handlers), logging.getLogger().level
    before = structlog.get_config()
    try:
        logs.configure("json", "info")
        ask(trusted=("127.0.0.1",), X_Request_Id=GIVEN)
    finally:
        structlog.configure(**before)
        root.handlers[:] = handlers
        root.setLevel(level)
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    own = [one for one in told if one["event"].startswith("met")]
    assert [(one["event"], one["request"]) for one in own] == [("met", GIVEN), ("met too", GIVEN)]


def test_a_proxy_that_nobody_named_is_noted_and_one_that_is_named_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_ids, "_unnamed", [])
    ask(trusted=("127.0.0.1",), X_Forwarded_For="10.1.1.1")
    assert request_ids.unnamed_proxy() is None
    ask(X_Forwarded_For="10.1.1.1")
    assert request_ids.unnamed_proxy() == "127.0.0.1"


def test_how_long_answers_took_is_counted_by_how_they_ended() -> None:
    def count(status: str) -> Any:
        return REGISTRY.get_sample_value("cockpit_request_seconds_count", {"status": status}) or 0

    refused, failed = count("4xx"), count("5xx")
    ask()
    ask("/fails")
    assert (count("4xx"), count("5xx")) == (refused + 1, failed + 1)


@pytest.mark.parametrize(("spoken", "words"), [("zh-CN", "驾驶舱自身的错误；日志里的编号是 "), ("en", "under ")])
def test_what_nobody_foresaw_is_told_with_the_id_by_which_the_log_has_it(spoken: str, words: str) -> None:
    server = FastAPI()
    answer_errors(server)

    @server.get("/api/fails")
    def fails() -> None:
        raise RuntimeError("no")

    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(RequestIds(server, ()), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://cockpit") as client:
            return await client.get("/api/fails", headers={"Accept-Language": spoken})

    told = run_async(once())
    assert (told.status_code, told.headers["Content-Type"]) == (500, "application/problem+json")
    assert told.json()["detail"].endswith(words + told.headers[HEADER])
