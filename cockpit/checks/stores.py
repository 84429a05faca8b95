"""Where data is kept: room, the databases, the seal's key."""

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.engine import URL, make_url

from cockpit.backups.halfway import cut_off
from cockpit.checks.finding import look, wrong
from cockpit.settings import Settings, prepare_data_dir
from cockpit.vitals.rules import groups
from store import seal_keys
from store.engine import open_engine
from store.migrate import is_current, is_known, revision
from store.seal import SealError, fingerprints, keys_of

LOW_DISK_BYTES = 1 << 30
NOT_STARTED = "not started yet: it is made at the first start"
NOT_STARTED_TODO = "start the cockpit, cockpit up; where it runs already, name its folder in COCKPIT_DATA_DIR"
FAR_APART_S = 2.0
"""A database's clock further from ours than that puts what was told before after what followed."""


def data_folder(settings: Settings) -> str:
    """The data folder, and the room that is left there."""
    if settings.database_url is not None:
        return "not used, COCKPIT_DATABASE_URL is set"
    if not settings.data_dir.exists():
        raise look(NOT_STARTED, str(settings.data_dir.absolute()), NOT_STARTED_TODO)
    prepare_data_dir(settings)
    return room(settings.data_dir)


def room(folder: Path) -> str:
    """What is free on a folder's disk.

    Raises
    ------
    Amiss
        Where it is little.
    """
    usage, counts = shutil.disk_usage(folder), os.statvfs(folder)
    free = f"{usage.free >> 20} MiB free" if usage.free < LOW_DISK_BYTES else f"{usage.free >> 30} GiB free"
    todo = "remove old backups, set COCKPIT_KEEP_READINGS_DAYS, or take a larger disk"
    if usage.free < LOW_DISK_BYTES:
        raise wrong(f"only {free}", str(folder), todo)
    if counts.f_files and counts.f_favail < counts.f_files / 100:
        raise wrong("hardly any more files can be made (inodes)", str(folder), "remove many small files on that disk")
    # As the page 运行状况 judges it.
    state = groups()["disk"].rows["free"].state(100 * usage.free / usage.total)
    if state != "well":
        tell = wrong if state == "high" else look
        raise tell(f"{free}, {100 * usage.free // usage.total} % of the disk", str(folder), todo)
    return f"{folder}, {free}"


def databases(settings: Settings) -> str:
    """Each database: whether it answers, is up to date, whole, and goes by the same time."""
    halfway = cut_off(settings.data_dir)
    if halfway is not None:
        what, _, todo = halfway.partition(": ")
        raise wrong(what, str(settings.data_dir), todo)
    said = [_one_database("", settings.database)]
    said += [_one_database(f"{code}: ", url) for code, url in settings.community_databases.items()]
    return "; ".join(said)


def _one_database(whose: str, url: str) -> str:
    if not is_there(url):
        raise look(whose + NOT_STARTED, _place(make_url(url)), NOT_STARTED_TODO)
    engine = open_engine(url)
    there = revision(engine)
    if there is not None and not is_known(there):
        todo = "run that version, or restore the backup that was made before the upgrade"
        raise wrong(f"{whose}of a newer version of the cockpit (schema {there})", _place(engine.url), todo)
    if not is_current(engine):
        raise wrong(f"{whose}not up to date", _place(engine.url), "back up, then cockpit db upgrade")
    if engine.dialect.name != "sqlite":
        check_clock(whose, engine)
        return f"{whose}{engine.dialect.name}, up to date"
    with engine.connect() as connection:
        verdict = connection.execute(text("PRAGMA quick_check")).scalar()
    if verdict != "ok":
        todo = "stop the cockpit, restore the newest backup (cockpit db restore), and look at the disk"
        raise wrong(f"{whose}integrity: {verdict}", _place(engine.url), todo)
    return f"{whose}sqlite, up to date, integrity ok"


def check_clock(whose: str, engine: Engine) -> None:
    """Compare a server's clock with ours.

    Raises
    ------
    Amiss
        Where they are apart.
    """
    with engine.connect() as connection:
        before = time.time()
        theirs = float(connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0)
        ours = (before + time.time()) / 2
    if abs(theirs - ours) > FAR_APART_S:
        what = f"{whose}its clock is {theirs - ours:+.0f} s from this machine's"
        raise wrong(what, _place(engine.url), "let both machines follow the same time server (NTP)")


def _place(url: URL) -> str:
    return url.render_as_string(hide_password=True)


def seal_key(settings: Settings) -> str:
    """The key of what is sealed: there, and the one that is needed."""
    path = settings.seal_key
    try:
        here = fingerprints(path) if path.exists() and keys_of(path) else []
    except SealError as error:
        raise wrong(str(error), str(path), "put the copy back that was kept apart, readable for this user") from None
    given_up: dict[str, None] = {}
    for url in dict.fromkeys((settings.database, *settings.community_databases.values())):
        given_up |= dict.fromkeys(_keys_for(url, path))
    if not here and not given_up:
        return f"{path} is made at the next start: nothing is sealed yet"
    if given_up:
        todo = "put back the copy that was kept apart, on a line below the key that is there"
        raise look(f"what {', '.join(given_up)} sealed is locked: that key was given up", str(path), todo)
    told = f"{path}, {len(here)} key{'' if len(here) == 1 else 's'} ({', '.join(here)})"
    return f"{told}; keep a copy apart from the database's backups, and compare its fingerprint"


def _keys_for(url: str, path: Path) -> Sequence[str]:
    """The keys that a database needed and that were given up; one that was not there is left unmade."""
    if not is_there(url):
        return ()
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            found = seal_keys.keys(connection, path)
    finally:
        engine.dispose()
    if not found.missing:
        return found.given_up
    here = f"there: {', '.join(found.here)}" if found.here else "no key is there"
    todo = (
        "put the copy back that was kept apart; to go on without it, and leave locked what it sealed:"
        f" cockpit db give-up-key {found.missing[0]}"
    )
    raise wrong(f"what is sealed needs the key {', '.join(found.missing)}; {here}", str(path), todo)


def is_there(url: str) -> bool:
    """Whether a database was made already; of one on a server only asking it tells."""
    made = make_url(url)
    if made.get_backend_name() != "sqlite":
        return True
    path = Path(made.database or "")
    # Whoever looks into one that is not there leaves an empty file.
    return path.exists() and path.stat().st_size > 0
