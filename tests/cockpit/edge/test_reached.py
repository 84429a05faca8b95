"""Behind a proxy on whatever port: links lead where people come from, and the live channel is theirs."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Message, Scope

from cockpit import showing
from cockpit.api import ORIGIN_REFUSED, UNKNOWN_COMMUNITY
from cockpit.checks import network
from cockpit.checks.finding import Amiss
from cockpit.edge import reached
from cockpit.settings import Settings
from sensors.devices import registry
from sensors.devices.registry import Device
from tests.database import new_database
from tests.permissions import application
from tests.running import run_async

PUBLIC = "https://cockpit.example:8443"
NEAR = "127.0.0.1"
SENSORTHINGS = "/ogc/heling/sensorthings/v1.1"
BY_PROXY = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reached, "_said", [])
    monkeypatch.setattr(reached, "_agreed", False)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ASGIApp]:
    """The pages' application with two devices."""
    engine = new_database(tmp_path_factory.mktemp("reached"))
    for name in ("air-1", "air-2"):
        registry.add(engine, Device(id=name, community="heling", kind="air", name=name, raw_lon=120.19, raw_lat=28.92))
    yield application(engine)
    engine.dispose()


def behind(app: ASGIApp, public: str | None = PUBLIC) -> ASGIApp:
    """As it is served, behind a proxy on this machine."""
    return showing.reached(app, Settings(trusted_proxies=NEAR, public_url=public))


def ask(app: ASGIApp, path: str, host: str, **headers: str) -> Any:
    """What is answered to a request of this machine."""

    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(NEAR, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8050") as client:
            return await client.get(path, headers={"Host": host, **headers})

    answer = run_async(once())
    assert answer.status_code == 200, answer.text
    return answer.json()


def links(told: Any) -> list[str]:
    """Every address of an answer that leads to us."""
    if isinstance(told, dict):
        return [one for value in told.values() for one in links(value)]
    if isinstance(told, list):
        return [one for value in told for one in links(value)]
    return [told] if isinstance(told, str) and "/ogc/" in told and "opengis" not in told else []


PATHS = [
    "/ogc/heling",
    "/ogc/heling/",
    "/ogc/heling/api",
    "/ogc/heling/collections",
    "/ogc/heling/collections/devices/schema",
    "/ogc/heling/collections/devices/queryables",
    "/ogc/heling/collections/devices/items?limit=1",
    "/ogc/heling/collections/devices/items/air-1",
    SENSORTHINGS,
    f"{SENSORTHINGS}/Things?$top=1&$expand=Locations",
    f"{SENSORTHINGS}/Things/$ref?$top=1",
]


@pytest.mark.parametrize("host", ["cockpit.example", "10.0.0.7:8443", "cockpit"])
def test_links_begin_with_the_public_address_whatever_the_proxy_passes_on(app: ASGIApp, host: str) -> None:
    for path in PATHS:
        found = links(ask(behind(app), path, host, **BY_PROXY))
        assert found, path
        assert [one for one in found if not one.startswith(f"{PUBLIC}/ogc/heling")] == [], path


def test_without_a_public_address_links_begin_with_what_the_proxy_passes_on(app: ASGIApp) -> None:
    for path in PATHS:
        for one in links(ask(behind(app, None), path, "cockpit.example:8443", **BY_PROXY)):
            assert one.startswith(f"{PUBLIC}/ogc/heling")


def test_who_asks_on_this_machine_is_led_on_there(app: ASGIApp) -> None:
    for path in PATHS:
        for one in links(ask(behind(app), path, "127.0.0.1:8050")):
            assert one.startswith("http://127.0.0.1:8050/ogc/heling")


def knock(app: ASGIApp, origin: str, host: str, **headers: str) -> int:
    """By which code the live channel of no community is refused; a page of another site by its own."""
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        said.append(message)

    given = {"host": host, "origin": origin, **headers}
    scope: Scope = {
        "type": "websocket",
        "path": "/live/nowhere",
        "raw_path": b"/live/nowhere",
        "query_string": b"",
        "root_path": "",
        "scheme": "ws",
        "subprotocols": [],
        "client": (NEAR, 1),
        "server": (NEAR, 8050),
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
    }
    run_async(app(scope, receive, send))  # type: ignore[arg-type]
    return int(said[-1]["code"])


@pytest.mark.parametrize(
    ("public", "origin", "host", "is_let_in"),
    [
        (PUBLIC, PUBLIC, "cockpit.example", True),
        (PUBLIC, PUBLIC, "cockpit", True),
        (PUBLIC, "https://10.0.0.7:8443", "10.0.0.7:8443", True),
        (PUBLIC, "http://cockpit.example:8443", "cockpit", False),
        (PUBLIC, "https://evil.example", "cockpit.example:8443", False),
        (PUBLIC, "https://cockpit.example.evil.example:8443", "cockpit.example:8443", False),
        ("https://Cockpit.Example:443", "https://cockpit.example", "cockpit", True),
        (None, "https://cockpit.example", "cockpit.example:443", True),
        (None, "https://cockpit.example:8443", "cockpit.example", False),
        (None, "null", "null", False),
        (None, "https://[", "https://[", False),
    ],
)
def test_the_live_channel_is_for_pages_of_ours(
    app: ASGIApp, public: str | None, origin: str, host: str, is_let_in: bool
) -> None:
    found = knock(behind(app, public), origin, host, **BY_PROXY)
    assert found == (UNKNOWN_COMMUNITY if is_let_in else ORIGIN_REFUSED)


def test_a_page_that_calls_itself_nonsense_is_answered(app: ASGIApp) -> None:
    assert ask(app, "/api/v1/communities", "cockpit", Referer="http://[")


def test_a_check_sees_a_proxy_that_says_another_address(app: ASGIApp, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(http_port=1, trusted_proxies=NEAR, public_url=PUBLIC)
    server = behind(app)
    monkeypatch.setattr(network, "_told", lambda _settings: ask(server, "/readyz", "127.0.0.1:8050")["checks"]["proxy"])
    assert network.proxies(settings)
    ask(server, "/healthz", "cockpit.example", **BY_PROXY)
    with pytest.raises(Amiss) as amiss:
        network.proxies(settings)
    [one] = amiss.value.findings
    assert (one.is_wrong, one.where) == (False, "COCKPIT_PUBLIC_URL")
    assert f"https://cockpit.example, and the setting says {PUBLIC}" in one.what
    assert "$http_host" in one.todo
    ask(server, "/healthz", "cockpit.example:8443", **BY_PROXY)
    ask(server, "/healthz", "10.0.0.7:8443", **BY_PROXY)
    assert network.proxies(settings) == f"their word counts: {NEAR}"


def test_origins_are_as_browsers_write_them() -> None:
    for given, origin in (
        ("HTTPS://Cockpit.Example:443/x?y", "https://cockpit.example"),
        ("http://[::1]:8050", "http://[::1]:8050"),
        ("http://cockpit.example:99999", ""),
        ("cockpit.example", ""),
    ):
        assert reached.origin_of(given) == origin
