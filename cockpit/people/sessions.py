"""Sessions: a random secret in a cookie, kept as a hash, so that it can be ended at any time."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from cockpit.people import secrets
from cockpit.people.credentials import REVISION, Credential, Identity
from cockpit.people.tables import app_user, app_user_community, user_session
from layers.roles import Actor
from store import audit, revision
from store.instant import HOUR, Instant, now
from store.retention import period_of

IDLE = 12 * HOUR
"""A session that nobody used for so long has ended: longer than a shift, shorter than a day."""
LONGEST = period_of("user_session")
SHOWN = 16
"""Digits of a session's hash by which its owner names it."""


class Seen(NamedTuple):
    """By what a session's owner knows it again: the browser's own word, and the address that it came from."""

    agent: str | None
    source: str | None


class Open(NamedTuple):
    """A session that is good, as its owner sees it."""

    id: str
    began: Instant
    used: Instant
    agent: str | None
    source: str | None
    is_this: bool


def start(connection: Connection, name: str, seen: Seen | None = None) -> str:
    """The secret of a new session of somebody who has just proved who it is."""
    number = connection.scalar(select(app_user.c.id).where(app_user.c.name == name))
    audit.record(connection, f"user:{name}", "session.start", name)
    return open_session(connection, int(number or 0), seen)


def open_session(connection: Connection, number: int, seen: Seen | None = None) -> str:
    """The secret of a new session of the user with this number."""
    secret, moment = secrets.new(), now()
    row = {"token_hash": secrets.hashed(secret), "user_id": number, "created": moment, "last_seen": moment}
    row |= {"agent": seen.agent, "source": seen.source} if seen else {}
    connection.execute(insert(user_session).values(row))
    connection.execute(delete(user_session).where(user_session.c.created < moment - LONGEST))
    return secret


def _good(moment: Instant) -> tuple[object, ...]:
    """What holds of a session that is good."""
    return (
        user_session.c.ended.is_(None),
        user_session.c.last_seen > moment - IDLE,
        user_session.c.created > moment - LONGEST,
        app_user.c.disabled.is_(None),
    )


def find(connection: Connection, secret: str) -> Identity | None:
    """Whose session it is; None where it is not good any more."""
    hashed = secrets.hashed(secret)
    query = (
        select(app_user.c.id, app_user.c.name, app_user.c.role, user_session.c.last_seen)
        .join(user_session, user_session.c.user_id == app_user.c.id)
        .where(user_session.c.token_hash == hashed, *_good(now()))  # type: ignore[arg-type]
    )
    found = connection.execute(query).one_or_none()
    if found is None:
        return None
    places = connection.scalars(select(app_user_community.c.community).where(app_user_community.c.user_id == found.id))
    actor = Actor(found.name, found.role, "user", frozenset(places))
    return Identity(actor, Credential("session", hashed), found.last_seen)


def ends(connection: Connection, hashes: Sequence[str]) -> dict[str, Instant | None]:
    """Those of these sessions that are good, and until when if nobody uses them."""
    session = user_session.c
    query = (
        select(session.token_hash, session.last_seen, session.created)
        .join(app_user, session.user_id == app_user.c.id)
        .where(session.token_hash.in_(hashes), *_good(now()))  # type: ignore[arg-type]
    )
    return {row.token_hash: min(row.last_seen + IDLE, row.created + LONGEST) for row in connection.execute(query)}


def note_use(connection: Connection, used: Mapping[str, Instant]) -> None:
    """When sessions, by their hashes, were last used."""
    for hashed, moment in used.items():
        mine = user_session.c.token_hash == hashed
        connection.execute(update(user_session).where(mine).values(last_seen=moment))


def end(connection: Connection, secret: str, actor: str) -> None:
    """End one session."""
    mine = user_session.c.token_hash == secrets.hashed(secret)
    connection.execute(update(user_session).where(mine).values(ended=now()))
    revision.bump(connection, REVISION)
    audit.record(connection, actor, "session.end", actor)


def of_user(connection: Connection, name: str, secret: str | None) -> list[Open]:
    """The sessions of a user that are good, the last used first; ``secret`` is that of the one who asks."""
    session = user_session.c
    query = select(user_session).join(app_user, session.user_id == app_user.c.id)
    found = connection.execute(query.where(app_user.c.name == name, *_good(now())).order_by(session.last_seen.desc()))  # type: ignore[arg-type]
    own = secrets.hashed(secret) if secret else None
    return [
        Open(row.token_hash[:SHOWN], row.created, row.last_seen, row.agent, row.source, row.token_hash == own)
        for row in found
    ]


def end_of_user(connection: Connection, name: str, which: str | None, secret: str | None) -> int:
    """End the session of a user that goes by an id, or all but that of the one who asks (None); returns how many."""
    session = user_session.c
    mine = session.user_id == select(app_user.c.id).where(app_user.c.name == name).scalar_subquery()
    others = session.token_hash != secrets.hashed(secret or "")
    meant = session.token_hash.startswith(which, autoescape=True) if which else others
    ending = update(user_session).where(mine, meant, session.ended.is_(None)).values(ended=now())
    ended = connection.execute(ending).rowcount
    revision.bump(connection, REVISION)
    audit.record(connection, f"user:{name}", "session.end", name, {"ended": ended})
    return ended
