"""``cockpit display``: links for the screens on walls."""

from typing import Annotated

import typer

from cockpit.commands.options import Json, actor, answer, databases, link
from cockpit.people import displays
from store.engine import writing

app = typer.Typer(help="Links for the screens on walls: read only, revocable.", no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Option(help="Which screen it is.")],
    community: Annotated[str, typer.Option(help="Whose wall it shows.")],
    language: Annotated[
        str | None, typer.Option(help="The wall's language, zh-CN or en; without it the browser's.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a link and print it, the only time that it is shown."""
    with writing(databases().shared) as connection:
        there = link(f"/display/{displays.add(connection, name, community, actor(), language)}")
    answer(as_json, {"name": name, "link": there}, f"open {there} once in the wall's browser   (shown this once)")


@app.command("list")
def list_displays(as_json: Json = False) -> None:
    """Every screen's link."""
    with databases().shared.connect() as connection:
        found = displays.known(connection)
    lines = [f"{one['name']}\t{one['community']}\t{'revoked' if one['revoked'] else 'active'}" for one in found]
    answer(as_json, {"displays": found}, "\n".join(lines) or "none yet: cockpit display add")


@app.command()
def revoke(name: Annotated[str, typer.Argument(help="Which screen.")], as_json: Json = False) -> None:
    """Let a link work no more."""
    with writing(databases().shared) as connection:
        displays.revoke(connection, name, actor())
    answer(as_json, {"name": name, "revoked": True}, f"the link of {name} works no more")
