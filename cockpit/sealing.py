"""The seal by the settings, made where nothing needs a key that was lost."""

from pathlib import Path

import structlog
from sqlalchemy import Engine

from cockpit.errors import BadSetting
from cockpit.settings import Settings
from store import seal_keys
from store.databases import Databases
from store.engine import writing
from store.seal import Seal, SealError, keys_of, seal_of

log = structlog.get_logger(__name__)


def seal(settings: Settings, databases: Databases) -> Seal:
    """What seals text that must not be read from the database alone; its key is made at the first start.

    Raises
    ------
    BadSetting
        If its key cannot be read, or is not the one that something in a database was sealed with: in its place none
        is made, since what the lost one sealed would be overwritten with nobody's notice.
    """
    path = settings.seal_key
    given_up: dict[str, None] = {}
    try:
        if path.exists():
            keys_of(path)
        for engine in databases.all:
            with engine.connect() as connection:
                found = seal_keys.keys(connection, path)
            if found.missing:
                raise BadSetting(wanted_key(found, path, engine.url.render_as_string(hide_password=True)))
            given_up |= dict.fromkeys(found.given_up)
        made = seal_of(path, [one for one in given_up if one != seal_keys.UNKNOWN])
    except SealError as error:
        raise BadSetting(f"COCKPIT_SEAL_KEY_FILE: {error}") from None
    for engine in databases.all:
        _note_keys(engine, path)
    return made


def wanted_key(found: seal_keys.Keys, path: Path, where: str) -> str:
    """Which key is missing, where it should be, and what to do."""
    wanted = found.missing[0]
    told = "the key that it was sealed with, which is not known by name" if wanted == seal_keys.UNKNOWN else wanted
    here = f"has {', '.join(found.here)}" if found.here else "is not there" if not path.exists() else "holds none"
    return (
        f"COCKPIT_SEAL_KEY_FILE: what is sealed in {where} needs the key {told}, and {path} {here}:"
        " put back the copy that was kept apart; to go on without it, and leave locked what it sealed:"
        f" cockpit db give-up-key {wanted}"
    )


def _note_keys(engine: Engine, path: Path) -> None:
    with engine.connect() as connection:
        found = seal_keys.keys(connection, path)
    if found.idle:
        log.warning("seal_key_replaced", former=found.idle, now=found.here)
    if not seal_keys.is_noted(found):
        with writing(engine) as connection:
            seal_keys.note(connection, found)
