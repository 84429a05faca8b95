"""Further communities from a folder of the operator's: each sub-folder with ``community.toml`` is one.

What lies there is a stranger's. It is read once, at the start, below bounds; a name that leads out of the community's
folder is not followed; what is wrong is told in one line, with the file, the key or feature, and why.
"""

import math
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geo import communities, drawn
from geo.communities import FILE, INDICATORS, REGISTERS, Community, Further
from geo.drawn import Layer
from geo.errors import BadCommunity
from geo.survey_faults import INHERITED, rules
from store import budgets
from store.engine import SHARED
from store.why import first_line

CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
RESERVED = (
    frozenset(
        {"account", "audit", "backups", "base", "communities", "demonstration", "displays", "first-hour", "health"}
        | {"invitation", "metrics", "session", "users", "work"}
        | {SHARED}
    )
    | INHERITED
)
"""What stands in the place of a community's code in addresses or folders of ours, or would not be found by scripts."""
NEEDED = "areas"
MOST_TABLES = 100
WIDEST_DEG = 1.0
"""Some hundred kilometres: more is no community's ground."""
FARTHEST_NORTH_DEG = 85.0
"""Beyond it maps in Mercator's projection, as ours, show nothing."""


def read(folder: Path) -> list[Further]:
    """The communities of a folder, by their codes.

    Raises
    ------
    BadCommunity
        If the folder cannot be read, or one of them is none.
    """
    root = _inside(folder, folder, repr(str(folder)))
    # A name that begins with a dot is a tool's: what keeps folders in step has its own beside them.
    names = [name for name in _names(root, repr(str(folder))) if not name.startswith(".")]
    folders = {name: _inside(root, root / name, repr(name)) for name in names}
    found = [name for name in names if _is_there(folders[name], FILE, repr(name))]
    most = budgets.current().communities
    if len(found) > most:
        raise BadCommunity(f"{str(folder)!r}: {len(found)} communities; at most {most}")
    return [_community_of(name, folders[name]) for name in found]


def content(folder: Path, name: str) -> bytes:
    """The bytes of a file below the folder of a community, as ``areas.geojson``.

    Raises
    ------
    BadCommunity
        If it leads out of the folder, is no plain file, is larger than the budget ``community_file_bytes``, or cannot
        be read; with the folder's name and the file's.
    """
    what = repr(f"{folder.name}/{name}")
    real = _inside(folder.resolve(), folder / name, what)
    most = budgets.current().community_file_bytes
    try:
        # Not to wait for who writes into a pipe, and not to follow what was put there a moment ago.
        handle = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise BadCommunity(f"{what}: no plain file")
            found = file.read(most + 1)
    except OSError as error:
        raise BadCommunity(f"{what}: {error.strerror}") from None
    if len(found) > most:
        raise BadCommunity(f"{what}: larger than {most} bytes")
    return found


def _inside(root: Path, path: Path, what: str) -> Path:
    """Where a path leads to, which must lie in ``root``."""
    try:
        real = path.resolve(strict=True)
        is_inside = real.is_relative_to(root.resolve(strict=True))
    except (OSError, RuntimeError) as error:
        # Python says a ring of links by another error than the system does.
        reason = error.strerror if isinstance(error, OSError) else "links in a ring"
        raise BadCommunity(f"{what}: {reason}") from None
    if not is_inside:
        raise BadCommunity(f"{what}: leads out of the folder")
    return real


def _names(folder: Path, what: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        raise BadCommunity(f"{what}: {error.strerror}") from None


def _is_there(folder: Path, name: str, what: str) -> bool:
    """Whether a folder has such a name, be it a link that leads nowhere."""
    try:
        os.lstat(folder / name)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise BadCommunity(f"{what}: {error.strerror}") from None
    return True


def _community_of(name: str, folder: Path) -> Further:
    # By the name that it has here: a link within the folder may lead to one of another name.
    community = _described(name, content(folder, FILE))
    _check_names(name, folder)
    layers: dict[str, Layer] = {}
    for layer in rules():
        file = f"{layer}.geojson"
        if layer != NEEDED and not _is_there(folder, file, repr(name)):
            continue
        try:
            layers[layer] = drawn.checked(content(folder, file), layer, community, layers)
        except drawn.BadLayer as error:
            raise BadCommunity(f"{f'{name}/{file}'!r}: {error}") from None
        if layer == NEEDED and not layers[layer].codes:
            raise BadCommunity(f"{f'{name}/{file}'!r}: has no feature")
    drawn_there = {layer: one.geojson for layer, one in layers.items()}
    return Further(
        community=community,
        folder=folder,
        layers=drawn_there,
        registers=_tables(name, folder, REGISTERS),
        indicators=_tables(name, folder, INDICATORS),
    )


def _check_names(name: str, folder: Path) -> None:
    """Refuse a layer that is none: its name may be written wrongly."""
    for one in _names(folder, repr(name)):
        stem, ending = os.path.splitext(one)
        if ending.lower() == ".geojson" and (ending != ".geojson" or stem not in rules()):
            known = ", ".join(f"{layer}.geojson" for layer in rules())
            raise BadCommunity(f"{f'{name}/{one}'!r}: no layer of the ground; there are: {known}")


def _tables(name: str, folder: Path, kind: str) -> dict[str, bytes]:
    if not _is_there(folder, kind, repr(name)):
        return {}
    what = repr(f"{name}/{kind}")
    found = [one for one in _names(_inside(folder, folder / kind, what), what) if one.endswith(".toml")]
    if len(found) > MOST_TABLES:
        raise BadCommunity(f"{what}: {len(found)} files; at most {MOST_TABLES}")
    return {one: content(folder, f"{kind}/{one}") for one in found}


def _described(name: str, text: bytes) -> Community:
    what = repr(f"{name}/{FILE}")
    if not CODE.fullmatch(name):
        raise BadCommunity(f"{what}: the folder's name, its code, is not of the form {CODE.pattern}")
    if name in communities.shipped():
        raise BadCommunity(f"{what}: the code {name!r} ships already")
    if name in RESERVED:
        raise BadCommunity(f"{what}: the code {name!r} is taken by addresses, folders or scripts of ours")
    try:
        row = tomllib.loads(text.decode("utf-8"))
        found = communities.of_row(name, row)
    except UnicodeDecodeError as bad:
        raise BadCommunity(f"{what}: not UTF-8: byte {bad.start}") from None
    except tomllib.TOMLDecodeError as bad:
        raise BadCommunity(f"{what}: not TOML: {first_line(bad)}") from None
    except RecursionError:
        raise BadCommunity(f"{what}: nested too deeply") from None
    except (ValueError, OverflowError) as bad:
        raise BadCommunity(f"{what}: {first_line(bad)}") from None
    wrong = _wrong_text(row) or _wrong_place(found)
    if wrong is not None:
        raise BadCommunity(f"{what}: {wrong}")
    return found


def _wrong_text(row: Mapping[str, Any], within: str = "") -> str | None:
    for key, value in row.items():
        tables = value if isinstance(value, list) else [value]
        for table in tables:
            wrong = _wrong_text(table, f"{key}.") if isinstance(table, dict) else None
            if wrong is not None:
                return wrong
        if isinstance(value, str) and not value.isprintable():
            return f"{within}{key}: {value[:40]!r} has characters that are not printed"
    return None


def _wrong_place(found: Community) -> str | None:
    west, south, east, north = found.bounds
    told = f"bounds: {list(found.bounds)}"
    if not all(map(math.isfinite, (*found.bounds, *found.centre))):
        return f"{told}: a number that is none"
    if not (-180 <= west < east <= 180 and -FARTHEST_NORTH_DEG <= south < north <= FARTHEST_NORTH_DEG):
        return f"{told}: expected west, south, east, north in degrees, west below east and south below north"
    if east - west > WIDEST_DEG or north - south > WIDEST_DEG:
        return f"{told}: more than {WIDEST_DEG:g} degree across"
    if not (west <= found.centre[0] <= east and south <= found.centre[1] <= north):
        return f"centre: {list(found.centre)}: lies outside the bounds"
    return None
