"""What somebody chose for themselves: the theme of pages, and which notices they want."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from cockpit.errors import BadSetting
from cockpit.people.tables import app_user
from cockpit.serving.theme import THEMES
from layers.declare import notice_kinds
from store.instant import now


class Choices(NamedTuple):
    """``theme`` and ``language``: None where nobody chose; ``unwanted`` are kinds of notices."""

    language: str | None = None
    theme: str | None = None
    unwanted: frozenset[str] = frozenset()
    is_first_hour_away: bool = False


def of(connection: Connection, name: str) -> Choices:
    """What somebody chose."""
    columns = app_user.c.language, app_user.c.theme, app_user.c.unwanted, app_user.c.first_hour_away
    row = connection.execute(select(*columns).where(app_user.c.name == name)).one_or_none()
    if row is None:
        return Choices()
    return Choices(row.language, row.theme, frozenset((row.unwanted or "").split()), row.first_hour_away is not None)


def keep_theme(connection: Connection, name: str, theme: str) -> None:
    """Remember a theme for every browser that somebody signs in with.

    Raises
    ------
    BadSetting
        If there is no such theme.
    """
    if theme not in THEMES:
        raise BadSetting(f"theme {theme!r} is not one of {', '.join(THEMES)}")
    _keep(connection, name, theme=theme)


def keep_unwanted(connection: Connection, name: str, kinds: Collection[str]) -> None:
    """Let the bell be silent for some kinds of notices; what is given to somebody by name is told all the same.

    Raises
    ------
    BadSetting
        If one is no kind.
    """
    for kind in kinds:
        if kind not in notice_kinds():
            raise BadSetting(f"kind {kind!r} is not one of {', '.join(notice_kinds())}")
    _keep(connection, name, unwanted=" ".join(sorted(kinds)) or None)


def keep_first_hour(connection: Connection, name: str, is_away: bool) -> None:
    """Put the checklist of the first hour away for somebody, or bring it back."""
    _keep(connection, name, first_hour_away=now() if is_away else None)


def _keep(connection: Connection, name: str, **values: Any) -> None:
    connection.execute(update(app_user).where(app_user.c.name == name).values(values))
