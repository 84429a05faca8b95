"""The path of a request: from a set to an entity, along its links, to a property."""

import re
from typing import NamedTuple

from layers.problem import Problem

PART = re.compile(r"(?P<name>[$A-Za-z@.]+)(?:\((?P<key>'(?:[^']|'')*'|-?\d{1,18})\))?")
PARTS = re.compile(r"(?:[^/']|'(?:[^']|'')*')+")
MOST_PARTS = 8


class Part(NamedTuple):
    """A name in a path, and the key behind it, where there is one."""

    name: str
    key: str | int | None


def parts(path: str) -> list[Part]:
    """The parts of a path; 404 where one cannot be read."""
    found = []
    for said in PARTS.findall(path):
        match = PART.fullmatch(said)
        if match is None:
            raise Problem(404, "not found", f"{said[:80]!r} is no part of an address here")
        found.append(Part(match["name"], _key(match["key"])))
    if len(found) > MOST_PARTS:
        raise Problem(404, "not found", f"an address has at most {MOST_PARTS} parts here")
    return found


def _key(said: str | None) -> str | int | None:
    if said is None:
        return None
    return said[1:-1].replace("''", "'") if said.startswith("'") else int(said)
