"""What stood in a database of an earlier release is there after the upgrade: questions are answered as before."""

import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from cockpit.people import sessions
from cockpit.people.identify import SESSION
from store.engine import open_engine, writing
from tests.database import new_postgres_database
from tests.running import Cockpit

RELEASES = Path(__file__).parent / "releases"
KINDS = ("sqlite", "postgresql")
OF_THEIR_TIME = {
    # What follows from the time that passed since, or from what is asked with.
    ("areas", "n"),
    ("devices", "status"),
    ("notices", "unread"),
    ("webhooks", "waiting"),
    ("webhooks", "error"),
}

OF_ADMINS = ("users", "audit", "displays", "webhooks")


def unpacked(path: Path) -> bytes:
    """A file of a release."""
    return lzma.decompress(path.read_bytes())


def differing(old: Any, new: Any, where: tuple[str, ...]) -> Iterator[str]:
    """What was told before and is told otherwise now; what is told besides is new and no difference."""
    if (where[0], where[-1]) in OF_THEIR_TIME:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name, value in old.items():
            yield from differing(value, new.get(name), (*where, name))
    elif isinstance(old, list) and isinstance(new, list) and len(new) >= len(old):
        # Lists are newest first: what came with the upgrade stands before what was there.
        for place, (value, later) in enumerate(zip(reversed(old), reversed(new), strict=False)):
            yield from differing(value, later, (*where, str(place)))
    elif old != new:
        yield f"{'.'.join(where)}: was {old!r}, is {new!r}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("release", sorted(one.name for one in RELEASES.iterdir() if one.is_dir()))
def test_a_database_of_an_earlier_release_upgrades_and_answers_as_before(
    request: pytest.FixtureRequest, tmp_path: Path, release: str, kind: str
) -> None:
    folder = RELEASES / release
    told = json.loads(unpacked(folder / f"{kind}.json.xz"))
    cockpit = Cockpit(tmp_path)
    cockpit.data.mkdir()
    (cockpit.data / "seal.key").write_text(told["seal"])
    (cockpit.data / "seal.key").chmod(0o600)
    if kind == "sqlite":
        (cockpit.data / "cockpit.db").write_bytes(unpacked(folder / "sqlite.db.xz"))
    else:
        url = new_postgres_database(request.getfixturevalue("postgres"))
        cockpit.settings["COCKPIT_DATABASE_URL"] = url
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(unpacked(folder / "postgresql.sql.xz"))
    cockpit.start()
    try:
        admin, manager = (_back(cockpit, name) for name in ("系统员", "王经理"))
        wrong = []
        for name, one in told["answers"].items():
            wrong += _asked(admin if name in OF_ADMINS else manager, name, one)
        bearer = {"Authorization": f"Bearer {told['token']}"}
        as_before = httpx.get(f"{cockpit.url}/api/v1/heling/quarantine", headers=bearer)
    finally:
        cockpit.stop()
    assert not wrong, "\n".join(wrong)
    assert as_before.status_code == 200, "a token of that time still opens what it opened"


def _back(cockpit: Cockpit, name: str) -> httpx.Client:
    """Somebody who had an account at that time, signed in again."""
    engine = open_engine(cockpit.settings.get("COCKPIT_DATABASE_URL") or f"sqlite:///{cockpit.data}/cockpit.db")
    with writing(engine) as connection:
        session = sessions.start(connection, name)
    engine.dispose()
    made = httpx.Client(base_url=cockpit.url, cookies={SESSION: session}, timeout=20)
    made.headers["X-CSRF-Token"] = made.get("/api/v1/session").json()["csrf"]
    return made


def _asked(who: httpx.Client, name: str, one: dict[str, Any]) -> Iterator[str]:
    answer = who.post(one["path"]) if one["path"].endswith("/unseal") else who.get(one["path"])
    if answer.status_code != one["status"]:
        yield f"{name}: was {one['status']}, is {answer.status_code}: {answer.text}"
    elif isinstance(one["answer"], dict):
        yield from differing(one["answer"], answer.json(), (name,))
