"""``cockpit audit``: who did what, and whether the record is whole."""

from typing import Annotated

import typer

from cockpit.commands.options import Json, answer, databases
from cockpit.errors import BadSetting
from store import audit
from store.instant import format_rfc3339

app = typer.Typer(help="The audit trail: a chain of hashes in each database.", no_args_is_help=True)


@app.command("list")
def list_rows(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 50, as_json: Json = False
) -> None:
    """The newest rows of the shared database."""
    with databases().shared.connect() as connection:
        found = audit.rows(connection, limit)
    told = [row | {"at": format_rfc3339(row["at"])} for row in found]
    lines = [f"{row['at']}\t{row['actor']}\t{row['action']}\t{row['object']}\t{row['detail']}" for row in told]
    answer(as_json, {"rows": told}, "\n".join(lines) or "nothing yet")


@app.command()
def verify(as_json: Json = False) -> None:
    """Walk each chain; fails where a row was changed, taken out or put in. Note the heads elsewhere."""
    found = []
    for engine in databases().all:
        with engine.connect() as connection:
            verdict = audit.verify(connection)
        if verdict.fault is not None:
            raise BadSetting(f"audit trail of {engine.url.render_as_string()}: {verdict.fault}")
        found.append({"length": verdict.length, "head": verdict.head})
    answer(as_json, {"chains": found}, "\n".join(f"whole: {one['length']} rows, head {one['head']}" for one in found))
