"""The theme that an address asks for by ``theme``; the sign-in also by that of the page it leads on to, ``next``.

Without one it is what somebody chose in this browser, which a sign-in sets to what is kept with the account.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from urllib.parse import parse_qs, urlsplit

THEMES = ("dark", "light")
DEFAULT = THEMES[0]
"""That of whoever asked for none and chose none."""
_chosen: ContextVar[str] = ContextVar("chosen_theme", default=DEFAULT)


def chosen() -> str:
    """The theme that who asks chose for pages whose address names none."""
    return _chosen.get()


@contextlib.contextmanager
def choosing(theme: str | None) -> Iterator[None]:
    """Have the pages that are laid out in the block in a theme where their address names none."""
    before = _chosen.set(theme if theme in THEMES else DEFAULT)
    try:
        yield
    finally:
        _chosen.reset(before)


def theme_of(query: str) -> str:
    """The theme that a query asks for, or the page of its ``next``; what is none counts as none."""
    asked = parse_qs(query)
    then = parse_qs(urlsplit(asked.get("next", [""])[0]).query)
    found = [one for one in (*asked.get("theme", ()), *then.get("theme", ())) if one in THEMES]
    return found[0] if found else chosen()
