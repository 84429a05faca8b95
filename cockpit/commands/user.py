"""``cockpit user``: who may sign in."""

import sys
from typing import Annotated

import typer
from sqlalchemy import Connection

from cockpit.commands.options import Json, actor, answer, databases, link
from cockpit.errors import BadSetting
from cockpit.notices import phones
from cockpit.people import passwords, users
from layers.roles import WRITING_ROLES
from store.engine import writing

app = typer.Typer(help="People who sign in; changes take effect at once.", no_args_is_help=True)
FromStandardInput = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of inviting.")
]


def _password() -> str:
    given = sys.stdin.readline().rstrip("\n")
    if not given:
        raise BadSetting("--password-stdin: nothing came on standard input")
    return given


@app.command()
def add(
    name: Annotated[str, typer.Option(help="The name to sign in with.")],
    role: Annotated[str, typer.Option(help=f"One of: {', '.join(WRITING_ROLES)}.")],
    community: Annotated[list[str], typer.Option(help="Where the role holds; may be repeated, * for everywhere.")],
    password_stdin: FromStandardInput = False,
    as_json: Json = False,
) -> None:
    """Add somebody; prints a link, good once for 24 hours, where the password is chosen."""
    users.check_place(role, community)
    kept = passwords.hash_new(_password(), name) if password_stdin else None
    with writing(databases().shared) as connection:
        number = users.add(connection, name, role, community, actor())
        if kept is None:
            _invited(connection, name, number, as_json)
            return
        users.set_password(connection, users.named(connection, name), kept, actor())
    answer(as_json, {"name": name, "link": None}, f"{name} may sign in")


def _invited(connection: Connection, name: str, number: int, as_json: bool) -> None:
    there = link(f"/welcome?token={users.invite(connection, number)}")
    answer(as_json, {"name": name, "link": there}, f"{name} chooses a password at {there}   (once, within 24 h)")


@app.command("list")
def list_users(as_json: Json = False) -> None:
    """Who may sign in."""
    with databases().shared.connect() as connection:
        found = [users.told(one) for one in users.everybody(connection)]
    lines = [f"{one['name']}\t{one['role']}\t{','.join(one['communities'])}\t{_word(one)}" for one in found]
    answer(as_json, {"users": found}, "\n".join(lines) or "nobody yet: cockpit user add")


def _word(one: dict[str, object]) -> str:
    return "shut out" if one["disabled"] else "invited" if one["invited"] else "active"


@app.command()
def passwd(
    name: Annotated[str, typer.Argument(help="Whose password.")],
    password_stdin: FromStandardInput = False,
    as_json: Json = False,
) -> None:
    """Let somebody choose a new password by a link, or set it; the sessions end where it is set."""
    kept = passwords.hash_new(_password(), name) if password_stdin else None
    with writing(databases().shared) as connection:
        user = users.named(connection, name)
        if kept is None:
            _invited(connection, name, user.id, as_json)
            return
        users.set_password(connection, user, kept, actor())
    phones.end_of(databases(), name, actor())
    answer(as_json, {"name": name, "link": None}, f"the password of {name} is changed")


@app.command()
def unbind(name: Annotated[str, typer.Argument(help="Whose account.")], as_json: Json = False) -> None:
    """Let an account of another provider vouch for somebody no more; the next one that does is bound."""
    with writing(databases().shared) as connection:
        unbound = users.unbind(connection, name, actor())
    phones.end_of(databases(), name, actor())
    answer(as_json, {"name": name, "unbound": unbound}, f"no account vouches for {name} any more")
