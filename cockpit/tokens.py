"""Bearer tokens of the HTTP API: shown once, stored as a hash, looked up at every write."""

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import IntegrityError

from cockpit.errors import BadSetting
from cockpit.people import secrets
from cockpit.tables import api_token
from layers.roles import WRITING_ROLES, Actor
from store import audit
from store.engine import writing
from store.instant import now

PREFIX = "cck_"


def add(engine: Engine, name: str, role: str) -> str:
    """Make a token and return it, the only time that it is known.

    Raises
    ------
    BadSetting
        If the role is unknown or the name is taken.
    """
    if role not in WRITING_ROLES:
        raise BadSetting(f"--role {role!r} is not one of {', '.join(WRITING_ROLES)}")
    if not 0 < len(name) <= 80 or not name.isprintable():
        raise BadSetting("--name must have 1 to 80 printable characters")
    token = PREFIX + secrets.new()
    try:
        with writing(engine) as connection:
            row = {"name": name, "role": role, "token_hash": secrets.hashed(token), "created": now()}
            connection.execute(insert(api_token).values(row))
            audit.record(connection, "command", "token.add", name, {"role": role})
    except IntegrityError:
        raise BadSetting(f"a token named {name!r} exists already") from None
    return token


def sign_in(connection: Connection, token: str) -> Actor | None:
    """The holder of a token; None where it is unknown or revoked."""
    query = select(api_token.c.name, api_token.c.role).where(
        api_token.c.token_hash == secrets.hashed(token), api_token.c.revoked.is_(None)
    )
    found = connection.execute(query).one_or_none()
    return Actor(found.name, found.role) if found else None
