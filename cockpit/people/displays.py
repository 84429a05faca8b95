"""Displays: a link that a wall's browser opens once, read only, revocable."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from cockpit.errors import BadSetting
from cockpit.names import MAX_NAME, check_name
from cockpit.people import secrets
from cockpit.people.credentials import REVISION, Credential, Identity
from cockpit.people.tables import display
from geo.communities import communities
from layers.roles import DISPLAY, Actor
from store import audit, revision
from store.instant import Instant, now
from store.language import LANGUAGES


def add(connection: Connection, name: str, community: str, actor: str, language: str | None = None) -> str:
    """The secret of a new display's link, the only time that it is known.

    A display that was revoked gives its name up: from then on its own has its number behind it.

    Raises
    ------
    BadSetting
        If the community or the language is unknown, or the name will not do or is taken.
    """
    if community not in communities():
        raise BadSetting(f"community {community!r} is not one of {', '.join(communities())}")
    if language is not None and language not in LANGUAGES:
        raise BadSetting(f"language {language!r} is not one of {', '.join(LANGUAGES)}")
    check_name("display", name)
    secret = secrets.new()
    row = {"name": name, "community": community, "language": language, "created": now()}
    row["token_hash"] = secrets.hashed(secret)
    try:
        with connection.begin_nested():
            _free(connection, name)
            connection.execute(insert(display).values(row))
    except IntegrityError:
        raise BadSetting(f"a display named {name!r} exists already") from None
    audit.record(
        connection, actor, "display.add", name, {"community": community} | ({"language": language} if language else {})
    )
    return secret


def _free(connection: Connection, name: str) -> None:
    given_up = (display.c.name == name) & display.c.revoked.is_not(None)
    number = connection.scalar(select(display.c.id).where(given_up))
    if number is not None:
        behind = f" ({number})"
        kept = name[: MAX_NAME - len(behind)] + behind
        connection.execute(update(display).where(display.c.id == number).values(name=kept))


def revoke(connection: Connection, name: str, actor: str) -> None:
    """Let a link work no more.

    Raises
    ------
    BadSetting
        If there is no such display.
    """
    mine = (display.c.name == name) & display.c.revoked.is_(None)
    if not connection.execute(update(display).where(mine).values(revoked=now())).rowcount:
        raise BadSetting(f"no display named {name!r} that is not revoked")
    revision.bump(connection, REVISION)
    audit.record(connection, actor, "display.revoke", name)


def find(connection: Connection, secret: str) -> Identity | None:
    """The display that a link belongs to; it may look at its community's wall."""
    hashed = secrets.hashed(secret)
    query = select(display.c.name, display.c.community)
    found = connection.execute(query.where(display.c.token_hash == hashed, display.c.revoked.is_(None))).one_or_none()
    if found is None:
        return None
    actor = Actor(found.name, DISPLAY, "display", frozenset({found.community}))
    return Identity(actor, Credential("display", hashed))


def language_of(connection: Connection, secret: str) -> str | None:
    """The language that a display's wall is in; None where it is the browser's."""
    language: str | None = connection.scalar(
        select(display.c.language).where(display.c.token_hash == secrets.hashed(secret))
    )
    return language


def ends(connection: Connection, hashes: Sequence[str]) -> dict[str, Instant | None]:
    """Those of these links that still work; none ends by itself."""
    query = select(display.c.token_hash).where(display.c.token_hash.in_(hashes), display.c.revoked.is_(None))
    return dict.fromkeys(connection.scalars(query))


def known(connection: Connection) -> list[dict[str, Any]]:
    """All displays, by name."""
    return [
        {
            "name": row.name,
            "community": row.community,
            "language": row.language,
            "revoked": row.revoked is not None,
        }
        for row in connection.execute(select(display).order_by(display.c.name))
    ]
