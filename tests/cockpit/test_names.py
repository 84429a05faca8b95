"""No route tells a stranger who did what: every one that answers is asked, over records that have names in them."""

from pathlib import Path

import httpx
import pytest

from cockpit import access, health, tokens, web
from cockpit.backups.maker import BackupMaker
from cockpit.live import LiveHub
from cockpit.people import displays, users
from cockpit.settings import Settings
from layers.grid_events import write
from layers.grid_events.report import read
from layers.roles import Actor
from sensors.codecs.installed import codecs
from sensors.commands import commands
from store.databases import Databases
from store.engine import writing
from store.instant import now
from store.seal import Seal
from tests.database import add, new_database
from tests.permissions import NOBODY, Headers, NoOutlet, address, maker
from tests.running import run_async

NAME = "zhang.san"
SEAL = Seal(b"A" * 43 + b"=")


@pytest.fixture
def told(tmp_path: Path) -> tuple[Databases, str]:
    """A database where somebody did this and that, and the id of an event."""
    engine = new_database(tmp_path)
    siren = add(engine, "siren-1", "siren", raw_lon=120.19, raw_lat=28.92)
    manager = Actor(NAME, "manager", "user", frozenset({"*"}))
    with writing(engine) as connection:
        users.add(connection, NAME, "manager", ["*"], "tests")
        reported = read(b'{"id": "1", "title": "t", "lon": 120.19, "lat": 28.92}', now())
        event, _ = write.file(connection, "heling", write.Reporter(manager.label), reported)
        commands.issue(connection, siren, "sound", {"seconds": 5}, manager.label)
    for to, more in (("filed", {}), ("dispatched", {"assignee": NAME})):
        with writing(engine) as connection:
            write.advance(connection, "heling", event, write.Wanted(to=to, **more), manager, {NAME})  # type: ignore[arg-type]
    return Databases(engine), event


async def leaks(databases: Databases, event: str, who: Headers, is_open: bool) -> list[str]:
    """The routes whose answers name somebody."""
    hub = LiveHub(databases)
    settings = Settings(open_reading=is_open)
    makers = maker(databases), BackupMaker(databases, settings)
    server = web.build(
        databases, databases, hub, NoOutlet(), health.Probes(), codecs(), None, SEAL, None, settings, *makers
    )  # type: ignore[arg-type]
    found, answered = [], 0
    transport = httpx.ASGITransport(server, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://cockpit") as client:
        for route, rule in access.table().items():
            # A channel has no end; what it tells is what /state does.
            if not route.startswith(("GET ", "PAGE ")) or rule.live:
                continue
            path = address(route.replace("{event}", event).replace("{device}", "siren-1"))
            answer = await client.get(path, headers=who, params={"kind": "hard", "from": "2026-01-01T00:00:00Z"})
            answered += answer.status_code == 200
            if NAME in answer.text:
                found.append(route)
    assert answered > 10
    return found


def test_strangers_and_displays_are_told_no_names_and_stewards_are(told: tuple[Databases, str]) -> None:
    databases, event = told
    with writing(databases.shared) as connection:
        display = displays.add(connection, "wall", "heling", "tests")
    elsewhere, here = (tokens.add(databases.shared, one, "steward", [one], 1, "tests") for one in ("tahai", "heling"))
    for who in (NOBODY, {"Cookie": f"cockpit_display={display}"}, {"Authorization": f"Bearer {elsewhere}"}):
        assert run_async(leaks(databases, event, who, is_open=True)) == []
    named = run_async(leaks(databases, event, {"Authorization": f"Bearer {here}"}, is_open=True))
    assert {"GET /api/v1/{community}/events/{event}", "GET /api/v1/{community}/devices/{device}/commands"} <= set(named)
