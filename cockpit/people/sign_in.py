"""Signing in: by a password, or vouched for by a provider. No password is hashed while a transaction is open."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select

from cockpit.errors import BadSetting
from cockpit.names import check_name
from cockpit.one_at_a_time import OneAtATime
from cockpit.people import attempts, devices, passwords, sessions
from cockpit.people.attempts import Origin
from cockpit.people.credentials import REVISION
from cockpit.people.sessions import Seen
from cockpit.people.tables import app_user, app_user_identity
from store import audit, revision
from store.engine import writing
from store.instant import now

MAX_ACCOUNT = 255
"""Characters of an issuer or a subject (OpenID Connect Core 1.0, section 2)."""

_turns = OneAtATime()


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A name and a password, and where they come from; ``device`` is what the browser's cookie says."""

    name: str
    password: str
    source: str
    device: str | None = None
    agent: str | None = None


@dataclass(frozen=True)
class Welcome:
    """Who was let in: the secrets of the session and of the device."""

    session: str
    device: str


@dataclass(frozen=True)
class Refusal:
    """Nobody was let in; ``wait_s`` says how long no further try will be looked at."""

    wait_s: int


def sign_in(engine: Engine, attempt: Attempt) -> Welcome | Refusal:
    """Let somebody in by a password, or refuse without saying what was wrong."""
    place = (attempts.key_of(attempt.name), attempt.device or attempt.source)
    with _turns.turn(place) as is_alone:
        # Many tries at once must not all be the first.
        return _looked_at(engine, attempt) if is_alone else Refusal(1)


def _looked_at(engine: Engine, attempt: Attempt) -> Welcome | Refusal:
    name = attempt.name if attempt.name.isprintable() else ""
    with engine.connect() as connection:
        origin = Origin(attempt.source, devices.known_to(connection, attempt.device, name))
        wait = attempts.wait_s(connection, name, origin)
        kept = connection.scalar(select(app_user.c.password_hash).where(app_user.c.name == name))
    if wait > 0:
        return Refusal(wait)
    is_good = passwords.matches(kept, attempt.password)
    with writing(engine) as connection:
        user = connection.execute(select(app_user).where(app_user.c.name == name)).one_or_none()
        # What was compared must be what still counts.
        if user is None or not is_good or user.disabled is not None or user.password_hash != kept:
            return Refusal(attempts.fail(connection, name, origin, is_known=user is not None))
        attempts.forget(connection, name, origin)
        audit.record(connection, f"user:{name}", "session.start", name)
        secret = sessions.open_session(connection, user.id, Seen(attempt.agent, attempt.source))
        return Welcome(secret, devices.keep(connection, attempt.device, user.id))


def start_vouched(connection: Connection, name: str, issuer: str, subject: str, seen: Seen | None = None) -> str | None:
    """The secret of a new session of somebody whom a provider vouches for; None where no such user may sign in.

    The first time the name counts, and the account, issuer and subject, is bound to the user; from then on the
    account alone counts, whatever name it goes by, and no other one may take the name.

    Raises
    ------
    BadSetting
        If the name or the account cannot be a user's.
    """
    check_name("user", name)
    if not (0 < len(subject) <= MAX_ACCOUNT and subject.isprintable() and len(issuer) <= MAX_ACCOUNT):
        raise BadSetting(f"the account's subject has 1 to {MAX_ACCOUNT} printable characters")
    revision.bump(connection, REVISION)  # whoever else changes people waits here
    found = connection.execute(
        select(app_user)
        .join(app_user_identity, app_user_identity.c.user_id == app_user.c.id)
        .where(app_user_identity.c.issuer == issuer, app_user_identity.c.subject == subject)
    ).one_or_none()
    told = {"issuer": issuer, "subject": subject}
    user = found or _bound(connection, name, issuer, subject)
    if user is None or user.disabled is not None:
        audit.record(connection, f"user:{name}", "session.refused", name, told)
        return None
    audit.record(connection, f"user:{user.name}", "session.start", user.name, told)
    return sessions.open_session(connection, user.id, seen)


def _bound(connection: Connection, name: str, issuer: str, subject: str) -> Row[Any] | None:
    """The user of that name, to whom the account belongs from now on; None where there is none to be had."""
    user = connection.execute(select(app_user).where(app_user.c.name == name)).one_or_none()
    if user is None or user.disabled is not None:
        return None
    taken = app_user_identity.c.issuer == issuer, app_user_identity.c.user_id == user.id
    if connection.scalar(select(app_user_identity.c.subject).where(*taken)) is not None:
        return None
    row = {"issuer": issuer, "subject": subject, "user_id": user.id, "bound": now()}
    connection.execute(insert(app_user_identity).values(row))
    audit.record(connection, f"user:{name}", "identity.bind", name, {"issuer": issuer, "subject": subject})
    return user
