"""``cockpit demo``: the demonstration that ``cockpit up --demo`` began."""

import typer

from cockpit.commands.options import Json, actor, answer, databases, settings

app = typer.Typer(help="The demonstration that up --demo began.", no_args_is_help=False)


@app.command("clear")
def clear(as_json: Json = False) -> None:
    """Take the demonstration out, to the last row; what others added stays, unless it hangs on what is taken out."""
    # Here, not above: the layers' tables take a while to import.
    from cockpit.demonstration.clearing import clear as take_out
    from cockpit.taking import alone

    found = settings()
    with alone(found):
        counts = take_out(databases(), actor())
    total = sum(counts.values())
    answer(as_json, {"rows": total, "tables": counts}, f"took {total} rows out of {len(counts)} tables")
