"""The table of permissions as tests walk it: every route, as everybody."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
from fastapi import FastAPI
from sqlalchemy import Engine, update

from cockpit import access, health, web
from cockpit.backups.maker import BackupMaker
from cockpit.live import LiveHub
from cockpit.reports.maker import Maker
from cockpit.settings import Settings
from cockpit.tables import api_token
from sensors.codecs.installed import codecs
from store.databases import Databases
from store.engine import open_engine, writing
from store.seal import Seal
from tests.running import Cockpit

Headers = dict[str, str]
NOBODY: Headers = {}
FRAMES = {"GET {path:path}", "GET /"}
"""The frame of the pages, whose own rows say who may."""
FILLED = {"community": "heling", "version": "0", "number": "1", "layer": "areas", "z": "1", "x": "1", "y": "1"}


class NoOutlet:
    """Tells nobody."""

    def tell(self, _changed: object) -> None:
        """Nothing."""


def maker(databases: Databases) -> Maker:
    """What would make reports, and is not begun."""
    return Maker(databases, Settings(), lambda _community: None)


def application(engine: Engine | None = None) -> FastAPI:
    """The web application with a database behind it, or with nothing, to walk its routes."""
    databases = Databases(engine or open_engine("sqlite://"))
    seal = Seal(b"A" * 43 + b"=")
    hub = LiveHub(databases)
    makers = maker(databases), BackupMaker(databases, Settings())
    return web.build(
        databases, databases, hub, NoOutlet(), health.Probes(), codecs(), None, seal, None, Settings(), *makers
    )  # type: ignore[arg-type]


def routes() -> Iterator[str]:
    """The keys of every route that answers by itself, also of those that the API's description leaves out."""
    yield from {key for keys, _ in access.routes_of(application()) for key in keys} - FRAMES


@dataclass(frozen=True)
class Person:
    """Somebody who asks; ``role`` is None for whom nobody knows, ``where`` a community or "*"."""

    headers: Headers
    role: str | None = None
    where: str = ""

    def is_in(self, community: str) -> bool:
        """Whether the role holds there."""
        return self.where in ("*", community)


def everybody(cockpit: Cockpit) -> dict[str, Person]:
    """Nobody, displays, each role here, elsewhere and everywhere, by what they send with each request."""
    found = {"nobody": Person(NOBODY)}
    for community in ("heling", "tahai"):
        link = cockpit.answer("display", "add", "--name", f"matrix-{community}", "--community", community)["link"]
        secret = httpx.get(cockpit.url + link).cookies["cockpit_display"]
        found[f"display of {community}"] = Person({"Cookie": f"cockpit_display={secret}"}, "wall", community)
    for role in ("steward", "manager", "admin"):
        for where in ("heling", "tahai", "*"):
            found[f"{role} of {where}"] = Person(bearer(cockpit, f"matrix-{role}-{where}", role, where), role, where)
    return found


def bearer(cockpit: Cockpit, name: str, role: str, *communities: str) -> Headers:
    """What the holder of a new token sends."""
    places = [part for one in communities for part in ("--community", one)]
    token = cockpit.answer("token", "add", "--role", role, "--name", name, *places)["token"]
    return {"Authorization": f"Bearer {token}"}


def run_out(cockpit: Cockpit, name: str) -> None:
    """Let a token's time be over."""
    engine = open_engine(cockpit.settings.get("COCKPIT_DATABASE_URL") or f"sqlite:///{cockpit.data}/cockpit.db")
    try:
        with writing(engine) as connection:
            connection.execute(update(api_token).where(api_token.c.name == name).values(expires=1))
    finally:
        engine.dispose()


def address(route: str) -> str:
    """A route's address; its own parameters lead nowhere, the community is heling."""
    method, path = route.split(" ", 1)
    path += {"PAGE": "?community=heling", "MOUNT": "/nothing.css"}.get(method, "")
    for part in path.split("/"):
        for name in (piece.partition("}")[0] for piece in part.split("{")[1:]):
            path = path.replace(f"{{{name}}}", FILLED.get(name.partition(":")[0], "nothing"))
    return path
