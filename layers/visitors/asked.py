"""What the routes of the visitors check and do alike: the site that is named, a reason that is given, who is told."""

from layers.problem import Problem
from layers.texts import words
from layers.visitors import queries
from layers.web import Given


def check_site(community: str, site: str) -> None:
    """Refuse a site whose people nobody counts: 404."""
    known = [place.code for place in queries.counted_sites(community)]
    if site not in known:
        raise Problem(404, "not found", f"no site {site!r}; there are: {', '.join(known)}")


def said(name: str, text: str) -> str:
    """A reason as it is kept; 400 where nothing is said."""
    if not words(text) or "\0" in text:
        raise Problem(400, "bad request", f"{name}: a text is needed that says why, without a NUL character")
    return words(text)


def tell(given: Given, community: str, site: str) -> None:
    """Bring the site to all screens."""
    with given.databases.of(community).connect() as connection:
        given.tell({community: {"visitors": dict(queries.records(connection, community, {site}))}})
