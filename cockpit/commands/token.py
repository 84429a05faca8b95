"""``cockpit token``: what lets other programs use the HTTP API."""

from typing import Annotated

import typer

from cockpit import tokens
from cockpit.commands.options import Json, actor, answer, databases
from layers.roles import EVERYWHERE, WRITING_ROLES
from store.engine import writing

app = typer.Typer(help="Bearer tokens of the HTTP API; changes take effect at once.", no_args_is_help=True)


@app.command()
def add(
    role: Annotated[str, typer.Option(help=f"One of: {', '.join(WRITING_ROLES)}.")],
    name: Annotated[str, typer.Option(help="Whose token it is; stands beside what is done with it.")],
    community: Annotated[
        list[str] | None, typer.Option(help="Where the role holds; may be repeated. Left out: everywhere.")
    ] = None,
    days: Annotated[int, typer.Option(help="How long it is good.")] = tokens.DAYS,
    as_json: Json = False,
) -> None:
    """Make a token and print it, the only time that it is shown."""
    places = community or [EVERYWHERE]
    token = tokens.add(databases().shared, name, role, places, days, actor())
    where = "all communities" if EVERYWHERE in places else ", ".join(places)
    text = f"{token}   (shown this once; {role} of {where} for {days} days)"
    answer(as_json, {"token": token, "communities": sorted(set(places)), "days": days}, text)


@app.command("list")
def list_tokens(as_json: Json = False) -> None:
    """Every token, where its role holds, until when, and when it was last used."""
    with databases().shared.connect() as connection:
        found = tokens.known(connection)
    lines = [
        "\t".join([one["name"], one["role"], ",".join(one["communities"]), one["expires"], one["last_used"] or "never"])
        for one in found
    ]
    answer(as_json, {"tokens": found}, "\n".join(lines) or "none yet: cockpit token add")


@app.command()
def revoke(name: Annotated[str, typer.Argument(help="Whose token.")], as_json: Json = False) -> None:
    """Let a token work no more, at once."""
    with writing(databases().shared) as connection:
        tokens.revoke(connection, name, actor())
    answer(as_json, {"name": name, "revoked": True}, f"the token of {name} works no more")
