"""Browsers that a user has signed in with before: they do not wait for what strangers try."""

from sqlalchemy import Connection, delete, select

from cockpit.people import secrets
from cockpit.people.tables import app_user, known_device
from store.engine import upsert
from store.instant import now
from store.retention import period_of

KEPT = period_of("known_device")
"""As long as a browser keeps the cookie (RFC 6265bis, section 5.5)."""


def known_to(connection: Connection, secret: str | None, name: str) -> str | None:
    """The hash of a device where this user has signed in with it before."""
    if not secret:
        return None
    hashed = secrets.hashed(secret)
    query = (
        select(known_device.c.token_hash)
        .join(app_user, app_user.c.id == known_device.c.user_id)
        .where(
            known_device.c.token_hash == hashed,
            known_device.c.last_seen > now() - KEPT,
            app_user.c.name == name,
        )
    )
    return connection.scalar(query)


def keep(connection: Connection, secret: str | None, number: int) -> str:
    """Remember the device for the user; returns its secret: the one that it has, where that is one of ours."""
    moment = now()
    is_ours = secret is not None and connection.scalar(
        select(known_device.c.token_hash).where(known_device.c.token_hash == secrets.hashed(secret)).limit(1)
    )
    kept = secret if secret is not None and is_ours else secrets.new()
    row = {"token_hash": secrets.hashed(kept), "user_id": number, "last_seen": moment}
    statement = upsert(connection, known_device).values(row)
    changed = {"last_seen": moment}
    connection.execute(statement.on_conflict_do_update(index_elements=["token_hash", "user_id"], set_=changed))
    connection.execute(delete(known_device).where(known_device.c.last_seen <= moment - KEPT))
    return kept


def forget(connection: Connection, number: int) -> None:
    """A new password: each of the user's devices is one like any other until it is used again."""
    connection.execute(delete(known_device).where(known_device.c.user_id == number))
