"""Changes of governance are told to the pages as new totals."""

import contextlib
from collections.abc import Iterator

from sqlalchemy import Connection

from layers.governance import figures
from layers.web import Services
from store.engine import writing


@contextlib.contextmanager
def changing(given: Services, community: str) -> Iterator[Connection]:
    """A transaction; after its commit the pages are told of the new totals."""
    engine = given.databases.of(community)
    with writing(engine) as connection:
        yield connection
    with engine.connect() as connection:
        given.tell({community: {"governance": figures.records(connection, community, None, None)}})
