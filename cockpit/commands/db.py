"""``cockpit db upgrade|backup``."""

import sqlite3
from pathlib import Path
from typing import Annotated

import typer

from cockpit.commands.options import Json, answer, database
from cockpit.errors import BadSetting
from store.backup import BackupError
from store.backup import backup as backup_to

app = typer.Typer(help="The database: bring it up to date, back it up.", no_args_is_help=False)


@app.command()
def upgrade(as_json: Json = False) -> None:
    """Apply the migrations that the database lacks; up, web and ingest do so at start."""
    url = database().url.render_as_string(hide_password=True)
    answer(as_json, {"database": url, "upgraded": True}, f"{url} is up to date")


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; must not exist.")],
    as_json: Json = False,
) -> None:
    """Copy the running SQLite database to a file, and check the copy."""
    try:
        size = backup_to(database(), target)
    except (BackupError, sqlite3.Error, OSError) as error:
        raise BadSetting(str(error)) from None
    answer(as_json, {"file": str(target), "bytes": size}, f"{target}: {size} bytes, integrity ok")
