"""What commands share: options, settings, and how they answer people or programs."""

from typing import Annotated, Any

import msgspec
import typer
from sqlalchemy import Engine

from cockpit import logs
from cockpit.resources import open_database
from cockpit.settings import Settings, load

Json = Annotated[bool, typer.Option("--json", help="Print one JSON line, for programs.")]


def settings() -> Settings:
    """Read the settings and set up logging by them."""
    found = load()
    logs.configure(found.log_format, found.log_level)
    return found


def database() -> Engine:
    """The database of the settings, up to date."""
    return open_database(settings())


def answer(as_json: bool, record: Any, text: str) -> None:
    """Print the answer: one JSON line, or text for people."""
    typer.echo(msgspec.json.encode(record).decode() if as_json else text)
