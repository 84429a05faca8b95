"""What a request asks beside its address: how many, in which order, what of each, and what stands below."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from cockpit.sensorthings.filters import Expression, parsed
from cockpit.sensorthings.model import SETS, Entity
from layers.problem import Problem
from layers.web import MAX_LIMIT

DEFAULT_TOP = 100
MOST_SKIPPED = 10_000
DEEPEST = 4
MOST_EXPANDED = 16
NAMES = ("$top", "$skip", "$count", "$orderby", "$select", "$expand", "$filter", "$skiptoken", "lang")
FROM_WHERE = ("$top", "$skip", "$skiptoken")
ORDER = re.compile(r"(?P<name>[\w@.]+)(?:\s+(?P<way>asc|desc))?", re.IGNORECASE)
EXPANDED = re.compile(r"(?P<path>[A-Za-z/]+)(?:\((?P<options>.*)\))?", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is asked of one set.

    ``order`` is a property, and whether the greatest comes first; ``said`` is what was asked for, as it was written,
    but for how many and from where on.
    """

    top: int = DEFAULT_TOP
    skip: int = 0
    count: bool = False
    order: tuple[str, bool] | None = None
    select: tuple[str, ...] | None = None
    expand: dict[str, "Options"] = field(default_factory=dict)
    filter: Expression | None = None
    token: str | None = None
    said: tuple[tuple[str, str], ...] = ()


def read(given: Iterable[tuple[str, str]], entity: Entity, depth: int = 0) -> Options:
    """What is asked of a set; 400 by what is wrong with it."""
    found = Options()
    named: set[str] = set()
    for name, said in given:
        if name not in NAMES or (depth and name in ("lang", "$skiptoken")):
            raise Problem(400, "bad parameter", f"{name[:40]!r} is no parameter here; there are: {', '.join(NAMES)}")
        if name in named:
            raise Problem(400, "bad parameter", f"{name[:40]!r} is given more than once")
        named.add(name)
        found = _with(found, name, said, entity, depth)
        if name not in FROM_WHERE:
            found = replace(found, said=(*found.said, (name, said)))
    return found


def _with(known: Options, name: str, said: str, entity: Entity, depth: int) -> Options:
    match name:
        case "$top":
            return replace(known, top=min(_number(name, said), MAX_LIMIT))
        case "$skip":
            skip = _number(name, said)
            if skip > MOST_SKIPPED:
                raise Problem(400, "bad parameter", f"$skip: at most {MOST_SKIPPED}; @iot.nextLink leads further")
            return replace(known, skip=skip)
        case "$count":
            if said not in ("true", "false"):
                raise Problem(400, "bad parameter", f"$count {said[:40]!r} is not one of true, false")
            return replace(known, count=said == "true")
        case "$orderby":
            return replace(known, order=_order(said, entity))
        case "$select":
            return replace(known, select=tuple(one.strip() for one in said.split(",")))
        case "$expand":
            return replace(known, expand=_expanded(said, entity, depth))
        case "$filter":
            return replace(known, filter=parsed(said))
        case "$skiptoken":
            return replace(known, token=said)
    return known


def _number(name: str, said: str) -> int:
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        raise Problem(400, "bad parameter", f"{name}: {said[:40]!r} is no whole number")
    return int(said)


def _order(said: str, entity: Entity) -> tuple[str, bool]:
    found = ORDER.fullmatch(said.strip())
    name = "" if found is None else found["name"].replace("@iot.id", "id")
    if found is None or name not in entity.ordered:
        known = ", ".join(entity.ordered)
        raise Problem(400, "bad parameter", f"$orderby {said[:40]!r} is not one of {known}, asc or desc")
    return name, (found["way"] or "").lower() == "desc"


def _expanded(said: str, entity: Entity, depth: int) -> dict[str, Options]:
    if depth >= DEEPEST:
        raise Problem(400, "bad parameter", f"$expand: at most {DEEPEST} deep")
    found: dict[str, Options] = {}
    parts = list(_split(said, ","))
    if len(parts) > MOST_EXPANDED:
        raise Problem(400, "bad parameter", f"$expand: at most {MOST_EXPANDED} at once")
    for part in parts:
        match = EXPANDED.fullmatch(part.strip())
        if match is None:
            raise Problem(400, "bad parameter", f"$expand {part[:40]!r} cannot be read")
        first, _, rest = match["path"].partition("/")
        if first not in entity.links:
            raise Problem(400, "bad parameter", f"$expand {first[:40]!r} is not one of {', '.join(entity.links)}")
        below = SETS[entity.links[first].to]
        own = match["options"]
        if rest:
            new = Options(expand=_expanded(rest if own is None else f"{rest}({own})", below, depth + 1))
        else:
            new = read(_pairs(own or ""), below, depth + 1)
        found[first] = _merged(found[first], new) if first in found else new
    return found


def _merged(one: Options, other: Options) -> Options:
    """Two ways of expanding the same: ``Thing,Thing/Locations``."""
    both = {name: _merged(one.expand[name], other.expand[name]) for name in one.expand.keys() & other.expand.keys()}
    kept = one if other == Options(expand=other.expand) else other
    return replace(kept, expand=one.expand | other.expand | both)


def _pairs(said: str) -> Iterator[tuple[str, str]]:
    for part in _split(said, ";"):
        name, _, value = part.partition("=")
        yield name.strip(), value


def _split(said: str, mark: str) -> Iterator[str]:
    """The parts between marks that stand in no brackets and no text."""
    depth, begin, is_text = 0, 0, False
    for at, letter in enumerate(said):
        if letter == "'":
            is_text = not is_text
        elif not is_text:
            depth += {"(": 1, ")": -1}.get(letter, 0)
            if letter == mark and depth == 0:
                yield said[begin:at]
                begin = at + 1
    if said[begin:]:
        yield said[begin:]
