"""Signing in and out. A session is a random secret in a cookie, kept as a hash, so that it can be ended at any time."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from cockpit.people import passwords, secrets
from cockpit.people.tables import app_user, app_user_community, display, sign_in_failure, user_session
from layers.roles import Actor
from store import audit
from store.engine import upsert
from store.instant import DAY, HOUR, MINUTE, SECOND, now

IDLE = 12 * HOUR
"""A session that nobody used for so long has ended: longer than a shift, shorter than a day."""
LONGEST = 30 * DAY
SEEN_EVERY = 5 * MINUTE
FREE_FAILURES = 3
MAX_WAIT_S = 300


@dataclass(frozen=True)
class Refusal:
    """Nobody was let in; ``wait_s`` says how long no further try will be looked at."""

    wait_s: int


def sign_in(connection: Connection, name: str, password: str) -> str | Refusal:
    """The secret of a new session, or a refusal that does not say what was wrong.

    Each failure beyond the third doubles the time in which no try is looked at, up to five minutes
    (NIST SP 800-63B-4, section 3.2.2): a guesser is stopped, and nobody can lock another out for good.
    """
    key = name.casefold()[:80]
    failed = connection.execute(select(sign_in_failure).where(sign_in_failure.c.name == key)).one_or_none()
    wait_s = _wait_s(failed.failures, failed.last) if failed else 0
    if wait_s > 0:
        return Refusal(wait_s)
    user = connection.execute(select(app_user).where(app_user.c.name == name)).one_or_none()
    good = passwords.matches(user.password_hash if user else None, password)
    if user is None or not good or user.disabled is not None:
        return _fail(connection, key, failed.failures if failed else 0)
    connection.execute(delete(sign_in_failure).where(sign_in_failure.c.name == key))
    audit.record(connection, f"user:{name}", "session.start", name)
    return _open(connection, user.id)


def start_vouched(connection: Connection, name: str, issuer: str, subject: str) -> str | None:
    """The secret of a new session of somebody whom a provider vouches for; None where no such user may sign in."""
    query = select(app_user.c.id).where(app_user.c.name == name, app_user.c.disabled.is_(None))
    number = connection.scalar(query)
    told = {"issuer": issuer, "subject": subject}
    audit.record(connection, f"user:{name[:80]}", "session.refused" if number is None else "session.start", name, told)
    return None if number is None else _open(connection, number)


def start(connection: Connection, name: str) -> str:
    """The secret of a new session of somebody who has just proved who it is."""
    number = connection.scalar(select(app_user.c.id).where(app_user.c.name == name))
    audit.record(connection, f"user:{name}", "session.start", name)
    return _open(connection, int(number or 0))


def _open(connection: Connection, number: int) -> str:
    secret, moment = secrets.new(), now()
    row = {"token_hash": secrets.hashed(secret), "user_id": number, "created": moment, "last_seen": moment}
    connection.execute(insert(user_session).values(row))
    connection.execute(delete(user_session).where(user_session.c.created < moment - LONGEST))
    return secret


def _fail(connection: Connection, key: str, before: int) -> Refusal:
    moment, failures = now(), before + 1
    row = {"name": key, "failures": failures, "last": moment}
    statement = upsert(connection, sign_in_failure).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=row))
    connection.execute(delete(sign_in_failure).where(sign_in_failure.c.last < moment - DAY))
    audit.record(connection, "nobody", "session.refused", key)
    return Refusal(max(0, _wait_s(failures, moment)))


def _wait_s(failures: int, last: int) -> int:
    if failures < FREE_FAILURES:
        return 0
    wait = min(2 ** (failures - FREE_FAILURES), MAX_WAIT_S)
    return int(-(-(last + wait * SECOND - now()) // SECOND))


def find(connection: Connection, secret: str) -> tuple[Actor, bool] | None:
    """Whose session it is, and whether it is time to note that it is used; None where it is not good any more."""
    moment = now()
    query = (
        select(app_user.c.id, app_user.c.name, app_user.c.role, user_session.c.last_seen)
        .join(user_session, user_session.c.user_id == app_user.c.id)
        .where(
            user_session.c.token_hash == secrets.hashed(secret),
            user_session.c.ended.is_(None),
            user_session.c.last_seen > moment - IDLE,
            user_session.c.created > moment - LONGEST,
            app_user.c.disabled.is_(None),
        )
    )
    found = connection.execute(query).one_or_none()
    if found is None:
        return None
    places = connection.scalars(select(app_user_community.c.community).where(app_user_community.c.user_id == found.id))
    actor = Actor(found.name, found.role, "user", frozenset(places))
    return actor, found.last_seen < moment - SEEN_EVERY


def note_use(connection: Connection, secret: str) -> None:
    """A session was used just now."""
    mine = user_session.c.token_hash == secrets.hashed(secret)
    connection.execute(update(user_session).where(mine).values(last_seen=now()))


def end(connection: Connection, secret: str, actor: str) -> None:
    """End one session."""
    mine = user_session.c.token_hash == secrets.hashed(secret)
    connection.execute(update(user_session).where(mine).values(ended=now()))
    audit.record(connection, actor, "session.end", actor)


def find_display(connection: Connection, secret: str) -> Actor | None:
    """The display that a link belongs to; it may look at its community's wall."""
    query = select(display.c.name, display.c.community)
    found = connection.execute(
        query.where(display.c.token_hash == secrets.hashed(secret), display.c.revoked.is_(None))
    ).one_or_none()
    return Actor(found.name, "wall", "display", frozenset({found.community})) if found else None
