"""Sessions: a random secret in a cookie, kept as a hash, so that it can be ended at any time."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, insert, select, update

from cockpit.people import secrets
from cockpit.people.credentials import REVISION, Credential, Identity
from cockpit.people.tables import app_user, app_user_community, user_session
from layers.roles import Actor
from store import audit, revision
from store.instant import DAY, HOUR, Instant, now

IDLE = 12 * HOUR
"""A session that nobody used for so long has ended: longer than a shift, shorter than a day."""
LONGEST = 30 * DAY


def start(connection: Connection, name: str) -> str:
    """The secret of a new session of somebody who has just proved who it is."""
    number = connection.scalar(select(app_user.c.id).where(app_user.c.name == name))
    audit.record(connection, f"user:{name}", "session.start", name)
    return open_session(connection, int(number or 0))


def open_session(connection: Connection, number: int) -> str:
    """The secret of a new session of the user with this number."""
    secret, moment = secrets.new(), now()
    row = {"token_hash": secrets.hashed(secret), "user_id": number, "created": moment, "last_seen": moment}
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
