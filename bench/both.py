"""One cockpit on PostgreSQL and then one on SQLite, each with somebody who may ask."""

from collections.abc import Callable
from pathlib import Path

from tests.postgres import Postgres
from tests.running import Cockpit

Work = Callable[[Cockpit, str, str], list[str]]
"""Takes a running cockpit, a steward's token and the database's name; returns lines."""


def on_both(folder: Path, work: Work) -> list[str]:
    """What some work tells of either database."""
    server = Postgres(folder / "postgres")
    server.create()
    try:
        found = _on_one(folder / "pg", {"COCKPIT_DATABASE_URL": server.url}, "PostgreSQL", work)
    finally:
        server.stop("immediate")
    return found + _on_one(folder / "lite", {}, "SQLite", work)


def _on_one(folder: Path, settings: dict[str, str], name: str, work: Work) -> list[str]:
    cockpit = Cockpit(folder, settings={"COCKPIT_LOG_LEVEL": "error"} | settings)
    folder.mkdir(parents=True, exist_ok=True)
    cockpit.start()
    try:
        token = cockpit.answer("token", "add", "--role", "steward", "--name", "bench")["token"]
        return work(cockpit, token, name)
    finally:
        cockpit.stop()
