"""``cockpit demo``: the demonstration that ``cockpit up --demo`` began."""

import typer

from cockpit.commands.options import Json, actor, answer, databases, settings

app = typer.Typer(help="The demonstration that up --demo began.", no_args_is_help=False)


@app.command("clear")
def clear(as_json: Json = False) -> None:
    """Take the demonstration out; what others entered stays, and with it what it names, which is told."""
    # Here, not above: the layers' tables take a while to import.
    from cockpit.demonstration.clearing import clear as take_out
    from cockpit.taking import alone

    found = settings()
    with alone(found):
        cleared = take_out(databases(), actor())
    total = sum(cleared.rows.values())
    left = [{"record": str(one.record), "named_by": str(one.named_by)} for one in cleared.left]
    told = {"rows": total, "tables": cleared.rows, "by_others": cleared.by_others, "left": left}
    text = f"took {total} rows out of {len(cleared.rows)} tables"
    if cleared.by_others:
        text += f"\n{cleared.by_others} of them others had added to invented records: steps, versions, photos"
    if left:
        text += f"\nleft {len(left)} invented records, marked as such, since real ones name them:"
        text += "".join(f"\n  {one['record']}, named by {one['named_by']}" for one in left)
    answer(as_json, told, text)
