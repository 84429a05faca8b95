"""``cockpit db upgrade|backup|restore``."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from cockpit.commands.options import Json, answer, check_community, databases, settings
from cockpit.errors import BadSetting
from cockpit.own_figures import BACKED_UP
from cockpit.settings import prepare_data_dir
from store.backup import BackupError, Progress
from store.backup import backup as backup_to
from store.backup import restore as restore_from

TELL_EVERY_S = 1.0

app = typer.Typer(help="The database: bring it up to date, back it up, put a backup back.", no_args_is_help=False)


@app.command()
def upgrade(as_json: Json = False) -> None:
    """Apply the migrations that the database lacks; up, web and ingest do so at start."""
    urls = [engine.url.render_as_string(hide_password=True) for engine in databases().all]
    text = "\n".join(f"{url} is up to date" for url in urls)
    answer(as_json, {"database": urls[0], "databases": urls, "upgraded": True}, text)


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; must not exist.")],
    community: Annotated[str | None, typer.Option(help="Of this community, where it has its own database.")] = None,
    as_json: Json = False,
) -> None:
    """Copy the running SQLite database to a file, and check the copy; standard error tells how far it is."""
    try:
        size = backup_to(databases().of(community or ""), target, _telling(as_json))
    except (BackupError, sqlite3.Error, OSError) as error:
        raise BadSetting(str(error)) from None
    (settings().data_dir / BACKED_UP).touch()
    answer(as_json, {"file": str(target), "bytes": size}, f"{target}: {size} bytes, integrity ok")


def _telling(as_json: bool) -> Callable[[Progress], None]:
    """Tells on standard error how far a backup is, once a second."""
    told = time.monotonic()

    def tell(progress: Progress) -> None:
        nonlocal told
        if time.monotonic() - told < TELL_EVERY_S:
            return
        told = time.monotonic()
        text = f"{progress.stage}: {progress.done >> 20} of {progress.of >> 20} MB"
        record = {"stage": progress.stage, "bytes": progress.done, "of": progress.of}
        typer.echo(msgspec.json.encode(record).decode() if as_json else text, err=True)

    return tell


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    community: Annotated[str | None, typer.Option(help="Of this community, where it has its own database.")] = None,
    as_json: Json = False,
) -> None:
    """Put a backup in the place of the SQLite database of a cockpit that is stopped; the former one is kept."""
    if community is not None:
        check_community(community)
    found = settings()
    url = found.community_databases.get(community or "", found.database)
    prepare_data_dir(found)
    try:
        kept = restore_from(source, url)
    except (BackupError, sqlite3.Error, OSError) as error:
        raise BadSetting(str(error)) from None
    databases()  # a backup of an older version is brought up to date
    text = f"{source} is in place" + (f"; the former database is {kept}" if kept else "")
    answer(as_json, {"file": str(source), "kept": str(kept) if kept else None}, text)
