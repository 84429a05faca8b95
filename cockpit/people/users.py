"""Users: added by an admin, invited by a link that works once, held to a role within communities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from cockpit.errors import BadSetting
from cockpit.names import check_name
from cockpit.people import passwords, secrets
from cockpit.people.tables import app_user, app_user_community, invitation, user_session
from geo.communities import communities as known_communities
from layers.roles import EVERYWHERE, WRITING_ROLES
from store import audit
from store.instant import HOUR, Instant, now

INVITED_HOURS = 24


class NoInvitation(Exception):
    """A link that was used, has expired, or never was."""


@dataclass(frozen=True)
class User:
    """A user as lists show one; ``invited`` until a password was chosen."""

    id: int
    name: str
    role: str
    communities: frozenset[str]
    created: Instant
    disabled: Instant | None
    invited: bool


def add(connection: Connection, name: str, role: str, communities: Sequence[str], actor: str) -> int:
    """Add a user, who has no password yet.

    Raises
    ------
    BadSetting
        If the name, the role or a community will not do, or the name is taken.
    """
    check_name("user", name)
    _check(role, communities)
    try:
        with connection.begin_nested():
            row = {"name": name, "role": role, "created": now()}
            number: int = connection.execute(insert(app_user).values(row).returning(app_user.c.id)).scalar_one()
    except IntegrityError:
        raise BadSetting(f"a user named {name!r} exists already") from None
    _place(connection, number, communities)
    audit.record(connection, actor, "user.add", name, {"role": role, "communities": sorted(communities)})
    return number


def _check(role: str, communities: Sequence[str]) -> None:
    if role not in WRITING_ROLES:
        raise BadSetting(f"role {role!r} is not one of {', '.join(WRITING_ROLES)}")
    if not communities:
        raise BadSetting("at least one community, or * for all")
    for code in communities:
        if code != EVERYWHERE and code not in known_communities():
            raise BadSetting(f"community {code!r} is not one of {', '.join(known_communities())}, *")


def _place(connection: Connection, number: int, communities: Sequence[str]) -> None:
    connection.execute(delete(app_user_community).where(app_user_community.c.user_id == number))
    rows = [{"user_id": number, "community": code} for code in sorted(set(communities))]
    connection.execute(insert(app_user_community), rows)


def change(
    connection: Connection, name: str, role: str, communities: Sequence[str], is_disabled: bool, actor: str
) -> None:
    """Give a user another role or place, or shut one out; the sessions end at once.

    Raises
    ------
    BadSetting
        If there is no such user, or it is the last admin who would be left without the role.
    """
    user = named(connection, name)
    _check(role, communities)
    admins = _found(connection, app_user.c.role == "admin", app_user.c.disabled.is_(None))
    if [one.name for one in admins] == [name] and (role != "admin" or is_disabled):
        raise BadSetting(f"{name!r} is the last admin; make another one first")
    stamp = now() if is_disabled else None
    connection.execute(update(app_user).where(app_user.c.id == user.id).values(role=role, disabled=stamp))
    _place(connection, user.id, communities)
    end_sessions(connection, user.id)
    told = {"role": role, "communities": sorted(communities), "disabled": is_disabled}
    audit.record(connection, actor, "user.change", name, told)


def everybody(connection: Connection) -> list[User]:
    """All users, by name."""
    return _found(connection)


def _found(connection: Connection, *where: ColumnElement[bool]) -> list[User]:
    places: dict[int, set[str]] = {}
    of_these = select(app_user.c.id).where(*where)
    for row in connection.execute(select(app_user_community).where(app_user_community.c.user_id.in_(of_these))):
        places.setdefault(row.user_id, set()).add(row.community)
    return [
        User(
            id=row.id,
            name=row.name,
            role=row.role,
            communities=frozenset(places.get(row.id, ())),
            created=row.created,
            disabled=row.disabled,
            invited=row.password_hash is None,
        )
        for row in connection.execute(select(app_user).where(*where).order_by(app_user.c.name))
    ]


def named(connection: Connection, name: str) -> User:
    """One user.

    Raises
    ------
    BadSetting
        If there is none of that name.
    """
    found = _found(connection, app_user.c.name == name)
    if not found:
        raise BadSetting(f"no user named {name!r}")
    return found[0]


def invite(connection: Connection, number: int | None) -> str:
    """A secret for a link that lets somebody choose a password, once; earlier ones work no more."""
    secret = secrets.new()
    same = invitation.c.user_id.is_(None) if number is None else invitation.c.user_id == number
    connection.execute(delete(invitation).where(same))
    row = {"token_hash": secrets.hashed(secret), "user_id": number, "expires": now() + INVITED_HOURS * HOUR}
    connection.execute(insert(invitation).values(row))
    return secret


def invite_first(connection: Connection) -> str | None:
    """A secret for the first admin; None where there is a user already."""
    return None if any_yet(connection) else invite(connection, None)


def any_yet(connection: Connection) -> bool:
    """Whether there is a user at all."""
    return bool(connection.scalar(select(func.count()).select_from(app_user)))


def accept(connection: Connection, secret: str, password: str, name: str | None) -> str:
    """Take an invitation up; returns the user's name. ``name`` is that of the first admin.

    Raises
    ------
    NoInvitation
        If the link is not good any more.
    BadSetting
        If the password or the name will not do.
    """
    found = connection.execute(
        select(invitation).where(invitation.c.token_hash == secrets.hashed(secret), invitation.c.used.is_(None))
    ).one_or_none()
    if found is None or found.expires < now():
        raise NoInvitation
    number = found.user_id
    if number is None:
        if any_yet(connection):
            raise NoInvitation
        number = add(connection, name or "", "admin", [EVERYWHERE], "invitation")
    taken = update(invitation).where(invitation.c.token_hash == found.token_hash).values(used=now())
    connection.execute(taken)
    [user] = _found(connection, app_user.c.id == number)
    set_password(connection, user, password, "invitation")
    return user.name


def set_password(connection: Connection, user: User, password: str, actor: str) -> None:
    """Give a user a new password; the sessions end.

    Raises
    ------
    WeakPassword
        If it will not do.
    """
    kept = passwords.hash_new(password, user.name)
    connection.execute(update(app_user).where(app_user.c.id == user.id).values(password_hash=kept))
    end_sessions(connection, user.id)
    audit.record(connection, actor, "user.password", user.name)


def end_sessions(connection: Connection, number: int) -> int:
    """End all sessions of a user; returns how many there were."""
    open_ones = (user_session.c.user_id == number) & user_session.c.ended.is_(None)
    return connection.execute(update(user_session).where(open_ones).values(ended=now())).rowcount


def told(user: User) -> dict[str, Any]:
    """A user as lists say one."""
    return {
        "name": user.name,
        "role": user.role,
        "communities": sorted(user.communities),
        "invited": user.invited,
        "disabled": user.disabled is not None,
    }
