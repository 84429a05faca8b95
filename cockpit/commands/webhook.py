"""``cockpit webhook``: where notices are sent to."""

import sys
from typing import Annotated

import typer

from cockpit.commands.options import Json, actor, answer, databases, settings
from cockpit.sealing import seal
from store.engine import writing

app = typer.Typer(help="Where notices are sent to: signed JSON, 钉钉, 企业微信.", no_args_is_help=True)
Community = Annotated[str, typer.Option(help="Whose notices.")]
Name = Annotated[str, typer.Argument(help="Which webhook.")]


@app.command()
def add(
    name: Annotated[str, typer.Option(help="What it is called.")],
    community: Community,
    form: Annotated[str, typer.Option("--format", help="json, dingtalk or wecom.")] = "json",
    kind: Annotated[list[str] | None, typer.Option(help="Which notices; may be repeated, all where left out.")] = None,
    as_json: Json = False,
) -> None:
    """Add one. Its address comes on standard input, on a second line the robot's secret: both are passwords."""
    from cockpit.notices import webhooks  # httpx and the layers: nothing that every command should wait for

    found = settings()
    lines = [line.strip() for line in sys.stdin.read().splitlines() if line.strip()]
    url, given = [*lines, "", ""][:2]
    opened = databases()
    key = seal(found, opened)
    with writing(opened.of(community)) as connection:
        secret = webhooks.add(connection, key, community, name, url, form, kind or [], given or None, actor())
    text = f"notices go to {name}" + (f"\nit signs with {secret}   (shown this once)" if form == "json" else "")
    answer(as_json, {"name": name, "secret": secret}, text)


@app.command("list")
def list_webhooks(community: Community, as_json: Json = False) -> None:
    """Every webhook, and how its deliveries fare."""
    from cockpit.notices import webhooks  # httpx and the layers: nothing that every command should wait for

    found = settings()
    opened = databases()
    key = seal(found, opened)
    with opened.of(community).connect() as connection:
        rows = webhooks.known(connection, key, community)
    lines = [
        f"{one['name']}\t{one['format']}\t{one['host'] or one['locked']}\t{one['deliveries']}\t{one['error'] or ''}"
        for one in rows
    ]
    answer(as_json, {"webhooks": rows}, "\n".join(lines) or "none yet: cockpit webhook add")


@app.command()
def remove(name: Name, community: Community, as_json: Json = False) -> None:
    """Send nothing there any more."""
    from cockpit.notices import webhooks  # httpx and the layers: nothing that every command should wait for

    with writing(databases().of(community)) as connection:
        webhooks.remove(connection, community, name, actor())
    answer(as_json, {"name": name, "removed": True}, f"nothing goes to {name} any more")


@app.command()
def again(name: Name, community: Community, as_json: Json = False) -> None:
    """Send at once what waits or was given up."""
    from cockpit.notices import webhooks  # httpx and the layers: nothing that every command should wait for

    with writing(databases().of(community)) as connection:
        count = webhooks.try_again(connection, community, name, actor())
    answer(as_json, {"name": name, "deliveries": count}, f"{count} will be tried again")
