"""The theme that an address asks for by ``theme``; the sign-in also by that of the page it leads on to, ``next``."""

from urllib.parse import parse_qs, urlsplit

THEMES = ("dark", "light")
"""The first is that of whoever asks for none."""


def theme_of(query: str) -> str:
    """The theme that a query asks for, or the page of its ``next``; what is none counts as none."""
    asked = parse_qs(query)
    then = parse_qs(urlsplit(asked.get("next", [""])[0]).query)
    found = [one for one in (*asked.get("theme", ()), *then.get("theme", ())) if one in THEMES]
    return found[0] if found else THEMES[0]
