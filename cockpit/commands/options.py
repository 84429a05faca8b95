"""What commands share: options, settings, and how they answer people or programs."""

import getpass
import os
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from sqlalchemy import make_url

from cockpit import logs
from cockpit.errors import BadSetting
from cockpit.notices import destinations
from cockpit.opening import present_databases
from cockpit.resources import installed_codecs, take_communities
from cockpit.settings import Settings, load
from geo.communities import communities
from sensors.codecs.installed import Codecs
from store import budgets
from store.databases import Databases

ONE_OF = "Its code; cockpit check tells them all."
"""Of an option that names a community: which there are is known once the settings are read."""
Json = Annotated[bool, typer.Option("--json", help="Print one JSON line, for programs.")]


_made: list[str] = []
"""Databases that were not there; said beside the answer, since a command that fails says one line."""


@cache
def settings() -> Settings:
    """Read the settings, once; logging, budgets, communities and where notices may go are by them from here on."""
    found = load()
    logs.configure(found.log_format, found.log_level)
    budgets.configure(found.budgets)
    destinations.allow(found.webhook_networks)
    take_communities(found)
    return found


def databases() -> Databases:
    """The databases of the settings; one that was not there is made, and said, one of another schema is refused."""
    found = settings()
    path = make_url(found.database).database if found.database.startswith("sqlite:") else None
    is_new = path is not None and not Path(path).exists()
    opened = present_databases(found)
    if is_new:
        _made.append(f"made a new database, {path}; another is found by COCKPIT_DATA_DIR or COCKPIT_DATABASE_URL")
    return opened


def note(text: str) -> None:
    """Point something out to who types a command; its answer stays on standard output."""
    typer.echo(f"cockpit: note: {text}", err=True)


def codecs() -> Codecs:
    """The codecs of this installation."""
    return installed_codecs(settings())


def check_community(code: str) -> None:
    """Refuse what is no community."""
    settings()
    if code not in communities():
        raise BadSetting(f"--community {code!r} is not one of {', '.join(communities())}")


def link(path: str) -> str:
    """A page's address as people open it; its path alone where nobody said by which address they reach us."""
    return f"{settings().public_url or ''}{path}"


def actor() -> str:
    """Who gives the command, for the audit trail: the machine's user."""
    try:
        return f"command:{getpass.getuser()}"
    except (KeyError, OSError):  # a user without a name, as in some containers
        return f"command:{os.getuid()}"


def answer(as_json: bool, record: Any, text: str) -> None:
    """Print the answer: one JSON line, or text for people."""
    while _made:
        note(_made.pop())
    typer.echo(msgspec.json.encode(record).decode() if as_json else text)
