"""Bearer tokens of the HTTP API: shown once, kept as a hash, held to a role within communities and to an end."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from cockpit.errors import BadSetting
from cockpit.people import secrets
from cockpit.people.credentials import REVISION, Credential, Identity
from cockpit.people.users import check_place
from cockpit.tables import api_token, api_token_community
from layers.roles import WRITING_ROLES, Actor
from store import audit, revision
from store.engine import writing
from store.instant import DAY, Instant, format_rfc3339, now

PREFIX = "cck_"
DAYS = 365
MOST_DAYS = 3650


def add(engine: Engine, name: str, role: str, communities: Sequence[str], days: int, actor: str) -> str:
    """Make a token and return it, the only time that it is known.

    Raises
    ------
    BadSetting
        If the role or a community is unknown, the days are too many, or the name is taken.
    """
    check_place(role, communities)
    if not 0 < len(name) <= 80 or not name.isprintable():
        raise BadSetting("--name must have 1 to 80 printable characters")
    if not 1 <= days <= MOST_DAYS:
        raise BadSetting(f"--days {days} is not from 1 to {MOST_DAYS}")
    token, moment = PREFIX + secrets.new(), now()
    told = {"role": role, "communities": sorted(set(communities)), "days": days}
    row = {"name": name, "role": role, "token_hash": secrets.hashed(token), "created": moment}
    row["expires"] = moment + days * DAY
    try:
        with writing(engine) as connection:
            number = connection.execute(insert(api_token).values(row).returning(api_token.c.id)).scalar_one()
            places = [{"token_id": number, "community": code} for code in sorted(set(communities))]
            connection.execute(insert(api_token_community), places)
            audit.record(connection, actor, "token.add", name, told)
    except IntegrityError:
        raise BadSetting(f"a token named {name!r} exists already; cockpit token revoke takes it away") from None
    return token


def revoke(connection: Connection, name: str, actor: str) -> None:
    """Take a token away: it works no more from the commit on.

    Raises
    ------
    BadSetting
        If there is none of that name.
    """
    number = connection.scalar(select(api_token.c.id).where(api_token.c.name == name))
    if number is None:
        raise BadSetting(f"no token named {name!r}")
    connection.execute(delete(api_token_community).where(api_token_community.c.token_id == number))
    connection.execute(delete(api_token).where(api_token.c.id == number))
    revision.bump(connection, REVISION)
    audit.record(connection, actor, "token.revoke", name)


def known(connection: Connection) -> list[dict[str, Any]]:
    """All tokens by name, those that have run out too; times in RFC 3339, null where it was never used."""
    places: dict[int, list[str]] = {}
    for row in connection.execute(select(api_token_community).order_by(api_token_community.c.community)):
        places.setdefault(row.token_id, []).append(row.community)
    return [
        {
            "name": row.name,
            "role": row.role,
            "communities": places.get(row.id, []),
            "expires": format_rfc3339(row.expires),
            "last_used": None if row.last_used is None else format_rfc3339(row.last_used),
        }
        for row in connection.execute(select(api_token).order_by(api_token.c.name))
    ]


def find(connection: Connection, token: str) -> Identity | None:
    """The holder of a token; None where it is unknown, revoked, or has run out."""
    hashed = secrets.hashed(token)
    query = select(api_token).where(api_token.c.token_hash == hashed, api_token.c.expires > now())
    found = connection.execute(query).one_or_none()
    if found is None or found.role not in WRITING_ROLES:
        return None
    places = connection.scalars(
        select(api_token_community.c.community).where(api_token_community.c.token_id == found.id)
    )
    actor = Actor(found.name, found.role, "token", frozenset(places))
    return Identity(actor, Credential("token", hashed), found.last_used)


def ends(connection: Connection, hashes: Sequence[str]) -> dict[str, Instant | None]:
    """Those of these tokens that are good, and until when."""
    query = select(api_token.c.token_hash, api_token.c.expires).where(
        api_token.c.token_hash.in_(hashes), api_token.c.expires > now()
    )
    return {row.token_hash: row.expires for row in connection.execute(query)}


def note_use(connection: Connection, used: Mapping[str, Instant]) -> None:
    """When tokens, by their hashes, were last used."""
    for hashed, moment in used.items():
        connection.execute(update(api_token).where(api_token.c.token_hash == hashed).values(last_used=moment))
