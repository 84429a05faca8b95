"""Whose word counts on who asks: of one proxy, of two in a row, and never of who is behind them."""

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from cockpit.edge.proxies import Proxies
from tests.running import run_async

NEAR, FAR, PERSON = "127.0.0.1", "10.0.0.2", "203.0.113.9"
BOTH = (NEAR, "10.0.0.0/8")


async def says_who(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that says who asks, and how."""
    request = Request(scope)
    assert request.client is not None
    await PlainTextResponse(f"{request.client.host} {request.url.scheme}")(scope, receive, send)


def ask(trusted: tuple[str, ...], **headers: str) -> httpx.Response:
    """One request from 127.0.0.1 by plain HTTP."""

    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(Proxies(says_who, trusted), client=(NEAR, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://cockpit") as client:
            return await client.get("/", headers={name.replace("_", "-"): value for name, value in headers.items()})

    return run_async(once())


@pytest.mark.parametrize(
    ("trusted", "told", "schemes", "found"),
    [
        ((), PERSON, "https", f"{NEAR} http"),
        ((NEAR,), PERSON, "https", f"{PERSON} https"),
        ((NEAR,), f"1.1.1.1, {PERSON}", "https", f"{PERSON} https"),
        ((NEAR,), f"{PERSON}, {FAR}", "https", f"{FAR} https"),
        (BOTH, f"{PERSON}, {FAR}", "https", f"{PERSON} https"),
        (BOTH, f"{PERSON}, {FAR}", "https, http", f"{PERSON} https"),
        (BOTH, f"1.1.1.1, {PERSON}, {FAR}", "https, http, http", f"{PERSON} http"),
        (BOTH, f"1.1.1.1, {PERSON}, {FAR}", "http, https, http", f"{PERSON} https"),
        (BOTH, f"{FAR}, {FAR}", "https, http", f"{FAR} https"),
        (BOTH, f"{PERSON}, {FAR}", "nonsense", f"{PERSON} http"),
    ],
)
def test_who_asks_is_whom_the_outermost_trusted_proxy_saw(
    trusted: tuple[str, ...], told: str, schemes: str, found: str
) -> None:
    assert ask(trusted, X_Forwarded_For=told, X_Forwarded_Proto=schemes).text == found


def test_below_a_path_nothing_is_served_and_why_is_said() -> None:
    for trusted in ((), BOTH):
        refused = ask(trusted, X_Forwarded_Prefix="/cim")
        assert (refused.status_code, refused.json()["title"]) == (400, "not below a path")
        assert "'/cim'" in refused.json()["detail"]
    assert ask(BOTH, X_Forwarded_Prefix="/").status_code == 200
