"""The files of the pages: few requests, each kept for good, packed once."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from cockpit.serving.compression import Compression
from tests.running import Cockpit

FOR_GOOD = "public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", ["/wall/heling", "/map", "/board", "/events", "/sign-in"])
def test_a_page_asks_for_one_sheet_and_one_script_of_ours_and_keeps_them_for_good(cockpit: Cockpit, path: str) -> None:
    page = httpx.get(cockpit.url + path).text
    sheets = re.findall(r'href="(/assets/[^"]+\.css)"', page)
    scripts = [one for one in re.findall(r'src="(/assets/[^"]+\.js)"', page) if "plotly" not in one]
    assert (len(sheets), len(scripts)) == (1, 1)
    for address in sheets + scripts:
        answer = httpx.get(cockpit.url + address)
        assert answer.headers["content-encoding"] == "gzip"
        if path != "/sign-in" or address.endswith(".css"):
            assert answer.headers["cache-control"] == FOR_GOOD


@pytest.mark.parametrize(
    ("path", "asked"), [("/wall/heling", True), ("/map", True), ("/", True), ("/board", False), ("/events", False)]
)
def test_plotly_is_asked_for_first_and_only_where_something_is_drawn_with_it(
    cockpit: Cockpit, path: str, asked: bool
) -> None:
    page = httpx.get(cockpit.url + path).text
    plotly = re.search(r'<script id="plotly" src="([^"]+)" async>', page)
    assert bool(plotly) is asked
    if plotly:
        assert plotly.start() < page.index("react")
        assert httpx.get(cockpit.url + plotly[1]).status_code == 200


def test_a_file_of_another_build_is_not_there(cockpit: Cockpit) -> None:
    assert httpx.get(f"{cockpit.url}/assets/cockpit.0123456789abcdef.js").status_code == 404


def test_what_never_changes_is_packed_once_and_what_may_change_each_time() -> None:
    asked: list[str] = []

    async def files(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        headers = {"Cache-Control": FOR_GOOD} if "kept" in scope["path"] else {}
        status = 404 if "missing" in scope["path"] else 200
        await Response(b"let x = 1;\n" * 200, status, headers, "text/javascript")(scope, receive, send)

    paths = ("/kept.js", "/kept.js", "/other.js", "/other.js", "/missing.kept.js", "/missing.kept.js")
    *packed, plain = asked_of(Compression(files), [(path, "gzip") for path in paths] + [("/kept.js", "identity")])
    assert {answer.headers.get("content-encoding") for answer in packed} == {"gzip"}
    assert "content-encoding" not in plain.headers
    assert {answer.text for answer in (*packed, plain)} == {"let x = 1;\n" * 200}
    assert asked == ["/kept.js", "/other.js", "/other.js", "/missing.kept.js", "/missing.kept.js", "/kept.js"]


def asked_of(app: ASGIApp, requests: list[tuple[str, str]]) -> list[httpx.Response]:
    """What an application answers to (path, accepted encoding), one after the other."""

    async def ask() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            return [await client.get(path, headers={"accept-encoding": encoding}) for path, encoding in requests]

    # A thread of its own: the browser's driver may have a loop in this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, ask()).result()
