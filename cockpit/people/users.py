"""Users: added by an admin, invited by a link that works once, held to a role within communities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from cockpit.errors import BadSetting
from cockpit.names import check_name
from cockpit.people import devices, secrets
from cockpit.people.credentials import REVISION
from cockpit.people.tables import app_user, app_user_community, app_user_identity, invitation, user_session
from geo.communities import communities as known_communities
from layers.roles import EVERYWHERE, WRITING_ROLES
from store import audit, revision
from store.instant import HOUR, Instant, now
from store.language import marked, say

INVITED_HOURS = 24


WHY_NOT = {
    "used": marked("链接已经用过：口令已设好，请直接登录；忘了口令，请管理员再发一个链接"),
    "expired": marked("链接已经过期（{hours} 小时内有效）：请管理员再发一个"),
    "unknown": marked("没有这个链接：请核对是否抄全；已另发新链接的，旧的作废"),
}


class NoInvitation(Exception):
    """A link that was used, has expired, or is unknown, as one that a newer took the place of; its text says which."""

    def __init__(self, why: Literal["used", "expired", "unknown"]) -> None:
        super().__init__(why)
        self.why = why

    def __str__(self) -> str:
        return say(WHY_NOT[self.why], hours=INVITED_HOURS)


@dataclass(frozen=True)
class User:
    """A user as lists show one; ``invited`` until a password was chosen, ``accounts`` are issuers that vouch."""

    id: int
    name: str
    role: str
    communities: frozenset[str]
    created: Instant
    disabled: Instant | None
    invited: bool
    accounts: tuple[str, ...] = ()

    @property
    def is_top(self) -> bool:
        """Whether this is an admin of everywhere who is not shut out."""
        return self.role == "admin" and EVERYWHERE in self.communities and self.disabled is None

    @property
    def can_sign_in(self) -> bool:
        """Whether there is a way in already: a password, or an account that vouches."""
        return not self.invited or bool(self.accounts)


def add(connection: Connection, name: str, role: str, communities: Sequence[str], actor: str) -> int:
    """Add a user, who has no password yet.

    Raises
    ------
    BadSetting
        If the name, the role or a community will not do, or the name is taken.
    """
    check_name("user", name)
    check_place(role, communities)
    try:
        with connection.begin_nested():
            row = {"name": name, "role": role, "created": now()}
            number: int = connection.execute(insert(app_user).values(row).returning(app_user.c.id)).scalar_one()
    except IntegrityError:
        raise BadSetting(f"a user named {name!r} exists already") from None
    _place(connection, number, communities)
    audit.record(connection, actor, "user.add", name, {"role": role, "communities": sorted(communities)})
    return number


def check_place(role: str, communities: Sequence[str]) -> None:
    """Let a role in communities through.

    Raises
    ------
    BadSetting
        If there is no such role, or a community is unknown, or none is given.
    """
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
    check_place(role, communities)
    # Whoever else changes people waits here, so that two cannot each leave the other as the last.
    revision.bump(connection, REVISION)
    user = named(connection, name)
    stays_top = role == "admin" and EVERYWHERE in communities and not is_disabled
    if user.is_top and not stays_top and not _other_tops(connection, user):
        raise BadSetting(f"{name!r} is the last admin of all communities; make another one first")
    stamp = now() if is_disabled else None
    connection.execute(update(app_user).where(app_user.c.id == user.id).values(role=role, disabled=stamp))
    _place(connection, user.id, communities)
    end_sessions(connection, user.id)
    told = {"role": role, "communities": sorted(communities), "disabled": is_disabled}
    audit.record(connection, actor, "user.change", name, told)


def _other_tops(connection: Connection, user: User) -> list[User]:
    """Admins of everywhere beside one; those who never signed in do not stand in for one who can."""
    others = _found(connection, app_user.c.role == "admin", app_user.c.id != user.id)
    return [one for one in others if one.is_top and (one.can_sign_in or not user.can_sign_in)]


def keep_language(connection: Connection, name: str, language: str) -> None:
    """Remember the language that somebody chose, for every browser that they sign in with."""
    connection.execute(update(app_user).where(app_user.c.name == name).values(language=language))


def everybody(connection: Connection) -> list[User]:
    """All users, by name."""
    return _found(connection)


def _found(connection: Connection, *where: ColumnElement[bool]) -> list[User]:
    places: dict[int, set[str]] = {}
    of_these = select(app_user.c.id).where(*where)
    for row in connection.execute(select(app_user_community).where(app_user_community.c.user_id.in_(of_these))):
        places.setdefault(row.user_id, set()).add(row.community)
    accounts: dict[int, list[str]] = {}
    for row in connection.execute(select(app_user_identity).where(app_user_identity.c.user_id.in_(of_these))):
        accounts.setdefault(row.user_id, []).append(row.issuer)
    return [
        User(
            id=row.id,
            name=row.name,
            role=row.role,
            communities=frozenset(places.get(row.id, ())),
            created=row.created,
            disabled=row.disabled,
            invited=row.password_hash is None,
            accounts=tuple(sorted(accounts.get(row.id, ()))),
        )
        for row in connection.execute(select(app_user).where(*where).order_by(app_user.c.name))
    ]


def staff(connection: Connection, community: str) -> frozenset[str]:
    """Names of whom something can be given to in a community: its active accounts, stewards and above."""
    here = {community, EVERYWHERE}
    active = _found(connection, app_user.c.disabled.is_(None), app_user.c.role.in_(WRITING_ROLES))
    return frozenset(one.name for one in active if one.communities & here)


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
    """A secret for the first admin; None where there is one already."""
    return None if has_admin(connection) else invite(connection, None)


def has_admin(connection: Connection) -> bool:
    """Whether somebody may let others in: an admin of everywhere who is not shut out."""
    admins = _found(connection, app_user.c.disabled.is_(None), app_user.c.role == "admin")
    return any(EVERYWHERE in one.communities for one in admins)


def is_for_first_admin(connection: Connection, secret: str) -> bool:
    """Whether an invitation is that of the first admin.

    Raises
    ------
    NoInvitation
        If the link is not good any more.
    """
    is_for_first = _open_invitation(connection, secret).user_id is None
    if is_for_first and has_admin(connection):
        raise NoInvitation("used")
    return is_for_first


def invited(connection: Connection, secret: str, name: str | None) -> str:
    """The name of whom an invitation is for; ``name`` where it is that of the first admin.

    Raises
    ------
    NoInvitation
        If the link is not good any more.
    BadSetting
        If the name will not do.
    """
    number = _open_invitation(connection, secret).user_id
    if number is not None:
        [user] = _found(connection, app_user.c.id == number)
        return user.name
    if has_admin(connection):
        raise NoInvitation("used")
    check_name("user", name or "")
    return name or ""


def accept(connection: Connection, secret: str, kept: str, name: str | None) -> str:
    """Take an invitation up with the hash of a password; returns the user's name. ``name`` as for `invited`.

    Raises
    ------
    NoInvitation
        If the link is not good any more.
    BadSetting
        If the name will not do.
    """
    # Whoever else takes it up in the same moment waits here, and then finds it used.
    revision.bump(connection, REVISION)
    found = _open_invitation(connection, secret)
    number = found.user_id
    if number is None:
        if has_admin(connection):
            raise NoInvitation("used")
        number = add(connection, name or "", "admin", [EVERYWHERE], "invitation")
    taken = update(invitation).where(invitation.c.token_hash == found.token_hash).values(used=now())
    connection.execute(taken)
    [user] = _found(connection, app_user.c.id == number)
    set_password(connection, user, kept, "invitation")
    return user.name


def _open_invitation(connection: Connection, secret: str) -> Row[Any]:
    mine = select(invitation).where(invitation.c.token_hash == secrets.hashed(secret))
    found = connection.execute(mine).one_or_none()
    if found is None:
        raise NoInvitation("unknown")
    if found.used is not None:
        raise NoInvitation("used")
    if found.expires < now():
        raise NoInvitation("expired")
    return found


def set_password(connection: Connection, user: User, kept: str, actor: str) -> None:
    """Give a user a new password by its hash (`passwords.hash_new`); sessions end, devices are unknown again."""
    connection.execute(update(app_user).where(app_user.c.id == user.id).values(password_hash=kept))
    end_sessions(connection, user.id)
    devices.forget(connection, user.id)
    audit.record(connection, actor, "user.password", user.name)


def unbind(connection: Connection, name: str, actor: str) -> int:
    """Let the accounts that vouch for a user do so no more; the sessions end. Returns how many there were.

    Raises
    ------
    BadSetting
        If there is no such user, or none vouches.
    """
    user = named(connection, name)
    mine = app_user_identity.c.user_id == user.id
    rows = connection.execute(select(app_user_identity).where(mine)).all()
    if not rows:
        raise BadSetting(f"no account of another provider is bound to {name!r}")
    connection.execute(delete(app_user_identity).where(mine))
    end_sessions(connection, user.id)
    told = {"accounts": [{"issuer": row.issuer, "subject": row.subject} for row in rows]}
    audit.record(connection, actor, "identity.unbind", name, told)
    return len(rows)


def end_sessions(connection: Connection, number: int) -> int:
    """End all sessions of a user; returns how many there were."""
    revision.bump(connection, REVISION)
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
        "accounts": list(user.accounts),
    }
