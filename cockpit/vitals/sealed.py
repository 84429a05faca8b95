"""The keys of what is sealed: which are here, and which something would need."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine

from cockpit.vitals.rules import Value
from store import seal_keys
from store.language import Word

NO_KEY = Word("密钥文件不在", "the key's file is not there")


def figures(engines: Sequence[Engine], path: Path) -> dict[str, tuple[Value, Word | None]]:
    """``seal.row`` -> what it is; the file is read anew, since the next start will read it."""
    missing: set[str] = set()
    given_up: set[str] = set()
    here: Sequence[str] = ()
    for engine in engines:
        with engine.connect() as connection:
            found = seal_keys.keys(connection, path)
        here = found.here
        missing.update(found.missing)
        given_up.update(found.given_up)
    return {
        "seal.missing": (len(missing), None),
        "seal.given_up": (len(given_up), None),
        "seal.here": (", ".join(here) or None, NO_KEY),
    }
