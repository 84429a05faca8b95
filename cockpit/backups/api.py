"""Routes of backups, below ``/api/v1/backups``: made by a click, with how far they are, and stopped."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path

from cockpit.backups import kept
from cockpit.backups.maker import BackupMaker
from cockpit.backups.names import Name, parsed
from cockpit.backups.targets import target_of
from layers.web import Given, Services, WriteActor
from store.engine import writing

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


def router(maker: BackupMaker) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/api/v1/backups", tags=["backups"])

    @routes.get("")
    def newest(given: Given, actor: WriteActor) -> dict[str, Any]:
        """The newest backups, where each is, and when they are made by themselves."""
        return _listed(given, maker)

    @routes.post("", status_code=202)
    def make(given: Given, actor: WriteActor) -> dict[str, Any]:
        """Begin a backup of all databases; 409 where one is being made."""
        maker.start(actor.label)
        return _listed(given, maker)

    @routes.post("/{number}/stop", status_code=202)
    def stop(number: Number, given: Given, actor: WriteActor) -> dict[str, Any]:
        """Stop one that is being made; nothing of it is left."""
        with writing(given.databases.shared) as connection:
            kept.stop(connection, number, actor.label)
        return _listed(given, maker)

    return routes


def _listed(given: Services, maker: BackupMaker) -> dict[str, Any]:
    settings, where, names = maker.settings, target_of(maker.settings).where, maker.there.names()
    with given.databases.shared.connect() as connection:
        rows = kept.newest(connection)
    backups = [kept.told(row) | {"there": _is_there(row.file, where, names)} for row in rows]
    plan = {
        "at": None if settings.backup_at == "off" else settings.backup_at,
        "target": where,
        "encrypted": settings.backup_key_file is not None,
        **asdict(settings.backup_keep_rule),
    }
    return {"plan": plan, "backups": backups}


def _is_there(file: str, where: str, names: Mapping[Name, int] | None) -> bool | None:
    """Whether a backup is at the target still; None where nobody knows, as of a file that somebody named."""
    name = parsed(file.removeprefix(f"{where}/"))
    return None if name is None or names is None else name in names
