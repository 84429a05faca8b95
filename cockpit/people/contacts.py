"""Real names and phones of staff: sealed in the database, told to managers of their community and to themselves."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select, update

from cockpit.errors import BadSetting
from cockpit.people import users
from cockpit.people.tables import app_user
from store import audit
from store.language import say
from store.seal import Seal, SealError

MAX_NAME = 40
PHONE = re.compile(r"\+?[0-9][0-9 ()-]{2,28}[0-9]")


@dataclass(frozen=True)
class Contact:
    """How somebody is called and reached; None is not said."""

    real_name: str | None = None
    phone: str | None = None
    locked: Mapping[str, str] = field(default_factory=dict)
    """What is kept and no key here opens: its field, and what is said in its place."""


def checked(real_name: str | None, phone: str | None) -> Contact:
    """A contact as somebody typed it; what is empty is not said.

    Raises
    ------
    BadSetting
        If the name cannot be shown, or the phone is no number.
    """
    name, number = (real_name or "").strip(), (phone or "").strip()
    if len(name) > MAX_NAME or not name.isprintable():
        raise BadSetting(say("姓名须为 1 至 {n} 个可见字符", n=MAX_NAME))
    if number and not PHONE.fullmatch(number):
        raise BadSetting(say("电话只写数字，可加 + 、空格、括号和短横，例如 138 0000 0000"))
    return Contact(name or None, number or None)


def keep(
    connection: Connection, seal: Seal, name: str, contact: Contact, actor: str, *, erases_locked: bool = False
) -> None:
    """Keep how somebody is called and reached, in the place of what was kept; the trail is told that, not what.

    What no key here opens stays where nothing is given for it: who sends a form back as it was shown has not seen it.
    ``erases_locked``: it goes all the same.

    Raises
    ------
    BadSetting
        If there is no such user.
    """
    user = users.named(connection, name)
    kept = connection.execute(select(app_user.c.real_name, app_user.c.phone).where(app_user.c.id == user.id)).one()
    locked = set() if erases_locked else _contact(seal, kept).locked.keys()
    given = {"real_name": contact.real_name, "phone": contact.phone}
    row = {part: _sealed(seal, text) for part, text in given.items() if text is not None or part not in locked}
    if row:
        connection.execute(update(app_user).where(app_user.c.id == user.id).values(row))
    audit.record(connection, actor, "user.contact", name, {part: given[part] is not None for part in row})


def of_all(connection: Connection, seal: Seal) -> dict[str, Contact]:
    """Every user's, by the name to sign in with."""
    rows = connection.execute(select(app_user.c.name, app_user.c.real_name, app_user.c.phone))
    return {row.name: _contact(seal, row) for row in rows}


def _sealed(seal: Seal, text: str | None) -> bytes | None:
    return None if text is None else seal.seal(text)


def _contact(seal: Seal, kept: Any) -> Contact:
    opened: dict[str, str] = {}
    locked: dict[str, str] = {}
    for part in ("real_name", "phone"):
        sealed = getattr(kept, part)
        try:
            if sealed is not None:
                opened[part] = seal.open(sealed)
        except SealError:
            locked[part] = seal.locked
    return Contact(**opened, locked=locked)
