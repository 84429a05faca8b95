"""``cockpit token add``."""

from typing import Annotated

import typer

from cockpit import tokens
from cockpit.commands.options import Json, answer, databases
from layers.roles import WRITING_ROLES

app = typer.Typer(help="Bearer tokens of the HTTP API; changes take effect at once.", no_args_is_help=False)


@app.callback()
def _group() -> None:
    """Keeps ``add`` a subcommand while it is the only one."""


@app.command()
def add(
    role: Annotated[str, typer.Option(help=f"One of: {', '.join(WRITING_ROLES)}.")],
    name: Annotated[str, typer.Option(help="Whose token it is; stands beside what is done with it.")],
    as_json: Json = False,
) -> None:
    """Make a token and print it, the only time that it is shown."""
    token = tokens.add(databases().shared, name, role)
    answer(as_json, {"token": token}, f"{token}   (shown this once)")
