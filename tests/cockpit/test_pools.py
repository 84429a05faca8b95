"""Connections: pages have their own, no request holds one while it waits for a second, ingest goes first."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from cryptography.fernet import Fernet
from fastapi import FastAPI
from sqlalchemy import Engine, text
from sqlalchemy.exc import TimeoutError as StoreBusy

from cockpit import tokens, web
from cockpit.backups.maker import BackupMaker
from cockpit.health import Probes
from cockpit.live import LiveHub
from cockpit.settings import Settings
from sensors.codecs.installed import codecs
from sensors.devices import registry
from sensors.devices.registry import Device
from store import budgets
from store.databases import Databases
from store.engine import apart, open_engine, writing
from store.instant import DAY, format_rfc3339, now
from store.seal import Seal
from store.turns import Duty
from tests.permissions import maker
from tests.running import run_async

OUTLET = cast("Any", SimpleNamespace(tell=lambda _layers: None))
KNOWN = {"community": "heling", "device": "air-01", "layer": "areas", "site": "fangyan"}


class Client:
    """Asks an application in this process."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One question and its answer; an error that nobody caught is a 500."""

        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
                return await client.request(method, path, **more)

        return run_async(go())


@pytest.fixture
def one_connection(engine: Engine) -> Iterator[tuple[Client, dict[str, str]]]:
    """The web application with a single connection for all pages, and the header of an admin."""
    budgets.configure({"page_connections": 1, "wait_seconds": 0.3})
    registry.add(engine, Device(id="air-01", community="heling", kind="air", name="a"))
    token = tokens.add(engine, "all", "admin", ["*"], 1, "test")
    pages = Databases(engine).apart(Duty.PAGES)
    background = Databases(engine).apart(Duty.BACKGROUND)
    app = web.build(
        pages,
        background,
        LiveHub(background),
        OUTLET,
        Probes(),
        codecs(),
        None,
        Seal(Fernet.generate_key()),
        None,
        Settings(),
        maker(background),
        BackupMaker(background, Settings()),
    )
    yield Client(app), {"Authorization": f"Bearer {token}"}
    pages.close()
    background.close()
    budgets.configure({})


def addresses(app: FastAPI) -> list[tuple[str, str]]:
    """Every route of the application with something in the place of its parameters."""

    def filled(path: str) -> str:
        return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: KNOWN.get(found[1], "1"), path)

    found = [
        (method.upper(), filled(path))
        for path, methods in app.openapi()["paths"].items()
        for method in methods
        if not path.startswith("/_dash")
    ]
    pages = (
        "/",
        "/geo/heling/areas-labels.geojson",
        "/wall/heling",
        "/devices/air-01",
        "/compare",
        "/events",
        "/board",
        "/quarantine",
        "/ground",
        "/people",
    )
    return found + [("GET", page) for page in pages]


def test_with_one_connection_for_all_pages_every_route_still_answers(
    one_connection: tuple[Client, dict[str, str]],
) -> None:
    client, admin = one_connection
    query = {"from": format_rfc3339(now() - DAY), "metric": "pm2_5", "lon": "120.19", "lat": "28.92"}
    asked = addresses(client.app)
    assert len(asked) > 50
    waited = []
    for method, path in asked:
        for headers in (admin, {}):
            body: dict[str, Any] = {"json": {}} if method == "POST" else {}
            answer = client.ask(method, path, params=query, headers=headers, **body)
            if answer.status_code >= 500:
                waited.append((method, path, answer.status_code, answer.text[:200]))
    assert waited == []


@pytest.mark.parametrize("page", ["/", "/devices/air-01", "/compare", "/events", "/quarantine", "/ground", "/events/x"])
def test_with_one_connection_every_page_is_laid_out(one_connection: tuple[Client, dict[str, str]], page: str) -> None:
    client, admin = one_connection
    answer = client.ask("GET", "/_dash-layout", headers=admin | {"Referer": f"http://testserver{page}"})
    assert answer.status_code == 200


def test_pages_that_hold_all_their_connections_do_not_reach_ingest(engine: Engine) -> None:
    budgets.configure({"page_connections": 2, "wait_seconds": 0.2})
    pages = apart(engine, Duty.PAGES)
    try:
        held = [pages.connect() for _ in range(2)]
        began = time.monotonic()
        with pytest.raises(StoreBusy):
            pages.connect()
        assert time.monotonic() - began < 2
        with writing(engine) as connection:
            connection.execute(text("SELECT 1"))
        for one in held:
            one.close()
    finally:
        pages.dispose()
        budgets.configure({})


def test_writers_of_a_process_stand_in_line_and_ingest_goes_first(tmp_path: Path) -> None:
    ingest = open_engine(f"sqlite:///{tmp_path / 'line.db'}")
    with writing(ingest) as connection:
        connection.execute(text("CREATE TABLE done (who TEXT)"))
    engines = {"page": apart(ingest, Duty.PAGES), "later": apart(ingest, Duty.BACKGROUND), "ingest": ingest}
    done: list[str] = []

    def write(who: str) -> None:
        with writing(engines[who]) as connection:
            connection.execute(text("INSERT INTO done VALUES (:who)"), {"who": who})
            done.append(who)

    threads = []
    with writing(engines["page"]):
        for who in ("later", "page", "later", "page", "ingest"):
            threads.append(threading.Thread(target=write, args=(who,)))
            threads[-1].start()
            time.sleep(0.05)
    for thread in threads:
        thread.join(5)
    assert done == ["ingest", "page", "page", "later", "later"]


def test_a_page_that_waits_too_long_to_write_is_told_so(tmp_path: Path) -> None:
    budgets.configure({"write_wait_seconds": 0.2})
    try:
        ingest = open_engine(f"sqlite:///{tmp_path / 'line.db'}")
        page = apart(ingest, Duty.PAGES)
        with writing(ingest), pytest.raises(StoreBusy), writing(page):
            pass
        with writing(page):  # who gave up is not called any more
            pass
    finally:
        budgets.configure({})
